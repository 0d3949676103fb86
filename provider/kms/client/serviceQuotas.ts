import type { ServiceQuota } from "@aws-sdk/client-service-quotas";
import { isKeymgmtError } from "../../errors";
import type { Say } from "../../say";
import { clientServiceQuotas } from "../awsSdk";
import type { FoundCredentials } from "../credentials/credentials";
import { connectionIdentity, type KmsConnection } from "../endpoints/connection";
import { refuseOtherHosts, serviceQuotasReach } from "../endpoints/endpoint";
import { httpOptions, type TimeLimits } from "../endpoints/http";
import { awsError } from "../errors/awsErrors";
import type { Quotas, QuotasByRegion } from "./limiter";
import { DEFAULT_QUOTAS, type QuotaUse } from "./quotas";

/** The quotas that pace the calls of a connection. */
export class AccountQuotas {
  readonly #read = new Map<string, Promise<Quotas>>();

  constructor(
    private readonly credentials: (connection: KmsConnection) => Promise<FoundCredentials>,
    private readonly time: TimeLimits,
    private readonly say: Say,
  ) {}

  /** What the program says, or with "aws" what Service Quotas says in each of the Regions. It is asked once in a Region. */
  async of(connection: KmsConnection, uses: QuotaUse[]): Promise<QuotasByRegion> {
    const { quotas } = connection;
    if (typeof quotas !== "string") return () => quotas;
    const read = new Map<string, Quotas>();
    for (const { region } of uses) {
      const id = JSON.stringify([connectionIdentity(connection), region]);
      const asked = this.#read.get(id) ?? this.#orDefaults(connection, region);
      this.#read.set(id, asked);
      read.set(region, await asked);
    }
    return (region) => read.get(region);
  }

  /** AWS's default quotas, which are none here, where Service Quotas does not tell. */
  async #orDefaults(connection: KmsConnection, region: string): Promise<Quotas> {
    try {
      return quotasIn(await listQuotas(connection, region, await this.credentials(connection), this.time));
    } catch (thrown) {
      if (!isKeymgmtError(thrown)) throw thrown;
      const why =
        thrown.code === "AccessDenied"
          ? `no permission servicequotas:ListServiceQuotas in ${region}`
          : `the quotas in ${region} are not known (${thrown.message})`;
      this.say(`${why}: AWS's default quotas are assumed there`);
      return {};
    }
  }
}

/** Throws KeymgmtError. https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html: it leaves out quotas that only have a default value. */
export async function listQuotas(
  connection: KmsConnection,
  region: string,
  { source, provider }: FoundCredentials,
  time: TimeLimits,
): Promise<ServiceQuota[]> {
  const reach = serviceQuotasReach(connection, region);
  const { paginateListServiceQuotas, ServiceQuotasClient } = clientServiceQuotas();
  const client = new ServiceQuotasClient({
    ...reach,
    credentials: provider,
    maxAttempts: 2,
    requestHandler: httpOptions(time, { keepAlive: true, refuse: refuseOtherHosts(connection, region) }),
  });
  try {
    const quotas: ServiceQuota[] = [];
    for await (const { Quotas = [] } of paginateListServiceQuotas({ client }, { ServiceCode: "kms" }))
      quotas.push(...Quotas);
    return quotas;
  } catch (thrown) {
    throw awsError(thrown, {
      service: "servicequotas",
      operation: "ListServiceQuotas",
      region,
      endpoint: reach.endpoint,
      credentialSource: source,
      repeatable: true,
    });
  } finally {
    client.destroy();
  }
}

const SECONDS: Readonly<Record<string, number>> = { SECOND: 1, MINUTE: 60, HOUR: 3600 };

/** Requests a second by operation. Names of quotas: https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html */
function quotasIn(quotas: ServiceQuota[]): Quotas {
  const perSecond = new Map<string, number>();
  for (const {
    QuotaName = "",
    Value = 0,
    Period: { PeriodUnit = "SECOND", PeriodValue = 1 } = {},
  } of quotas) {
    const seconds = PeriodValue * (SECONDS[PeriodUnit] ?? Number.NaN);
    if (Value / seconds > 0) perSecond.set(QuotaName, Value / seconds);
  }
  const found = Object.keys(DEFAULT_QUOTAS).flatMap((operation) => {
    const quota = perSecond.get(`${SHARED[operation] ?? operation} request rate`);
    return quota === undefined ? [] : [[operation, quota]];
  });
  return Object.fromEntries(found);
}

/** Operations that share a quota, which has a name of its own. */
const SHARED: Readonly<Record<string, string>> = {
  Decrypt: "Cryptographic operations (symmetric)",
  GenerateDataKey: "Cryptographic operations (symmetric)",
};
