import { isKeymgmtError, type KeymgmtError } from "../../errors";
import { type Say, sayOnce } from "../../say";
import { type FoundCredentials, findCredentials } from "../credentials/credentials";
import { connectionIdentity, type KmsConnection } from "../endpoints/connection";
import { kmsReach, refuseOtherHosts } from "../endpoints/endpoint";
import { DEFAULT_TIME_LIMITS, type TimeLimits } from "../endpoints/http";
import { awsError } from "../errors/awsErrors";
import { eventually } from "../eventually";
import { Limiter } from "./limiter";
import type { KmsInput, KmsOperation, KmsOutput } from "./operations";
import { OwnChanges } from "./ownChanges";
import { quotaUses } from "./quotas";
import { type Attempts, DEFAULT_RETRY_LIMITS, isRepeatable, type RetryLimits, withRetries } from "./retry";
import { SdkKms } from "./sdkKms";
import { AccountQuotas } from "./serviceQuotas";
import { isUnreachable, refuseLeftOut, withUnreachableAdvice } from "./unreachable";

export type { KmsConnection } from "../endpoints/connection";
export type { KmsInput, KmsOperation, KmsOutput } from "./operations";

/** Which key a call is for. It is used in error messages only. */
export interface CallContext {
  key?: string;
  version?: number;
}

/** AWS KMS in one Region of one account. */
export interface Kms {
  readonly region: string;
  /** Shows the user a line; for functions that get this client. */
  readonly say: Say;
  /** Makes one call: paced by the account's quotas, and repeated where that is safe. Throws KeymgmtError only. */
  call<Op extends KmsOperation>(
    operation: Op,
    input: KmsInput<Op>,
    context?: CallContext,
  ): Promise<KmsOutput<Op>>;
}

/** Settings that tests change. */
export interface KmsSettings {
  say?: Say;
  limiter?: Limiter;
  retry?: Partial<RetryLimits>;
  time?: Partial<TimeLimits>;
}

/** Limits for reading. AWS never takes this long for a read, and a Region that is down delays the run by seconds only. */
const READING = { attempts: 2, connectMs: 3_000, requestMs: 5_000 };

const readingTime = ({ connectMs, requestMs }: TimeLimits): TimeLimits => ({
  connectMs: Math.min(connectMs, READING.connectMs),
  requestMs: Math.min(requestMs, READING.requestMs),
});

/** How long a refusal by a state that is over is not believed. */
const OUTDATED_SECONDS = 30;

/** The connections of a run: their clients, credentials and shared quotas. */
export class KmsConnections {
  readonly time: TimeLimits;
  readonly say: Say;
  readonly #limiter: Limiter;
  readonly #retry: RetryLimits;
  readonly #credentials: Map<string, Promise<FoundCredentials>> = new Map();
  readonly #opened = new Map<string, Kms>();
  readonly #quotas: AccountQuotas;
  /** For reading: the error of each endpoint or source of credentials that did not answer. Each is called only once. */
  readonly #unreachable: Map<string, KeymgmtError> | undefined;
  #reading: KmsConnections | undefined;

  /** @param of for reading: the connections whose credentials these share */
  constructor(
    { limiter = new Limiter(), retry, time, say = sayOnce() }: KmsSettings = {},
    of?: KmsConnections,
  ) {
    this.say = say;
    this.time = { ...DEFAULT_TIME_LIMITS, ...time };
    this.#limiter = limiter;
    this.#retry = { ...DEFAULT_RETRY_LIMITS, ...retry };
    this.#quotas = of
      ? of.#quotas
      : new AccountQuotas((one) => this.credentials(one), readingTime(this.time), say);
    if (!of) return;
    this.#credentials = of.#credentials;
    this.#unreachable = new Map();
  }

  /** The same connections for work that only reads, such as a refresh. An endpoint that does not answer fails within seconds, once. */
  get reading(): KmsConnections {
    const time = readingTime(this.time);
    const retry = { ...this.#retry, attempts: READING.attempts };
    this.#reading ??= new KmsConnections({ limiter: this.#limiter, say: this.say, retry, time }, this);
    return this.#reading;
  }

  /**
   * KMS in `region`, reached as `connection` says. It sends nothing and loads no AWS SDK before the first call. Throws where
   * `unreachableRegions` leaves the Region out.
   */
  open(connection: KmsConnection, region = connection.keyCollection): Kms {
    refuseLeftOut(connection, region);
    const id = JSON.stringify([connectionIdentity(connection), region]);
    const kms = this.#opened.get(id) ?? this.#make(connection, region);
    this.#opened.set(id, kms);
    return kms;
  }

  /** One of `count` distributions that the program declares through a KmsProvider has come. It may import material. */
  countDistribution({ keyCollection, accountId }: Partial<KmsConnection>, count: number): void {
    if (keyCollection !== undefined) this.#limiter.countDistribution(keyCollection, `${accountId}`, count);
  }

  /** A connection's credentials. They are found once and refreshed before they expire. A failed search is repeated at the next call. */
  credentials(connection: KmsConnection): Promise<FoundCredentials> {
    const id = connectionIdentity(connection);
    const found = this.#credentials.get(id) ?? findCredentials(connection, this.time);
    this.#credentials.set(id, found);
    found.catch(() => this.#credentials.delete(id));
    return found;
  }

  #make(connection: KmsConnection, region: string): Kms {
    const owner = connection.accountId ?? connectionIdentity(connection);
    const reach = kmsReach(connection, region);
    const { endpoint } = reach;
    const sdk = new SdkKms(
      { ...reach, credentials: async () => (await this.credentials(connection)).provider() },
      this.time,
      refuseOtherHosts(connection, region),
    );
    const changes = new OwnChanges();
    const callOnce = async <Op extends KmsOperation>(
      operation: Op,
      input: KmsInput<Op>,
      context: CallContext,
      attempts: Attempts,
    ): Promise<KmsOutput<Op>> => {
      const called = [JSON.stringify([endpoint, region]), connectionIdentity(connection)] as const;
      for (const one of called) {
        const unreachable = this.#unreachable?.get(one);
        if (unreachable) throw unreachable;
      }
      try {
        const uses = quotaUses(operation, region, "ReplicaRegion" in input ? input.ReplicaRegion : undefined);
        const quotas = await this.#quotas.of(connection, uses);
        const allowance = this.#limiter.buckets(JSON.stringify([owner, endpoint]), uses, quotas);
        const send = (sent: () => void) => sdk.send(operation, input, sent);
        const answer = await withRetries(operation, allowance, send, this.#retry, attempts);
        changes.note(operation, input, answer);
        return answer;
      } catch (error) {
        const failed = awsError(error, {
          ...context,
          service: "kms",
          operation,
          region,
          endpoint,
          credentialSource: await this.#sourceOf(connection),
          repeatable: isRepeatable(operation),
          afterLostAnswer: attempts.lost > 0,
          keyId: keyNamedBy(input),
        });
        if (!isUnreachable(failed)) throw failed;
        const unreachable = withUnreachableAdvice(failed, connection);
        // awsError returns a KeymgmtError as it is. Such an error comes from the credentials here.
        this.#unreachable?.set(failed === error ? called[1] : called[0], unreachable);
        throw unreachable;
      }
    };
    const call: Kms["call"] = async (operation, input, context = {}) => {
      const attempts = { lost: 0 };
      const again = () => callOnce(operation, input, context, attempts);
      const isOutdated = (error: unknown) =>
        isKeymgmtError(error) && changes.isOutdated(operation, input, error);
      changes.begin(operation, input);
      return again().catch((error) => {
        if (!isOutdated(error)) throw error;
        return eventually("KMS to show the key as it is", again, { error: isOutdated }, OUTDATED_SECONDS);
      });
    };
    return { region, say: this.say, call };
  }

  async #sourceOf(connection: KmsConnection): Promise<string | undefined> {
    const found = await this.#credentials.get(connectionIdentity(connection))?.catch(() => undefined);
    return found?.source;
  }
}

function keyNamedBy(input: object): string | undefined {
  const { KeyId, TargetKeyId } = input as { KeyId?: string; TargetKeyId?: string };
  return KeyId ?? TargetKeyId;
}
