import type { KeymgmtError } from "../../errors";
import { type Say, sayOnce } from "../../say";
import { type FoundCredentials, findCredentials } from "../credentials/credentials";
import { connectionIdentity, type KmsConnection } from "../endpoints/connection";
import { kmsReach, refuseOtherHosts } from "../endpoints/endpoint";
import { DEFAULT_TIME_LIMITS, type TimeLimits } from "../endpoints/http";
import { awsError } from "../errors/awsErrors";
import { Limiter } from "./limiter";
import type { KmsInput, KmsOperation, KmsOutput } from "./operations";
import { quotaUses } from "./quotas";
import { DEFAULT_RETRY_LIMITS, isRepeatable, type RetryLimits, withRetries } from "./retry";
import { SdkKms } from "./sdkKms";
import { isUnreachable, refuseLeftOut, withUnreachableAdvice } from "./unreachable";

export type { KmsConnection } from "../endpoints/connection";
export type { KmsInput, KmsOperation, KmsOutput } from "./operations";

/** Which key a call is for: only used to say so when it fails. */
export interface CallContext {
  key?: string;
  version?: number;
}

/** AWS KMS in one Region of one account. */
export interface Kms {
  readonly region: string;
  /** Where a function that is given this client says a line. */
  readonly say: Say;
  /** Makes one call: paced by the account's quotas, repeated where that is safe. Throws KeymgmtError only. */
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

/** More than AWS ever takes for a read, and little enough to be waited for in each Region that is down. */
const READING = { attempts: 2, connectMs: 3_000, requestMs: 5_000 };

/** The connections of a run: their clients, their credentials and the quotas they share. */
export class KmsConnections {
  readonly time: TimeLimits;
  readonly say: Say;
  readonly #limiter: Limiter;
  readonly #retry: RetryLimits;
  readonly #credentials: Map<string, Promise<FoundCredentials>> = new Map();
  readonly #opened = new Map<string, Kms>();
  /** For reading: who did not answer once, and how that showed. Nobody is asked twice. */
  readonly #silent: Map<string, KeymgmtError> | undefined;
  #reading: KmsConnections | undefined;

  /** @param of for reading: whose credentials and quotas these share */
  constructor(
    { limiter = new Limiter(), retry, time, say = sayOnce() }: KmsSettings = {},
    of?: KmsConnections,
  ) {
    this.say = say;
    this.time = { ...DEFAULT_TIME_LIMITS, ...time };
    this.#limiter = limiter;
    this.#retry = { ...DEFAULT_RETRY_LIMITS, ...retry };
    if (!of) return;
    this.#credentials = of.#credentials;
    this.#silent = new Map();
  }

  /** The same for what only reads, as a refresh: who does not answer is given up within seconds, once, and not asked again. */
  get reading(): KmsConnections {
    const { connectMs, requestMs } = this.time;
    const time = {
      connectMs: Math.min(connectMs, READING.connectMs),
      requestMs: Math.min(requestMs, READING.requestMs),
    };
    const retry = { ...this.#retry, attempts: READING.attempts };
    this.#reading ??= new KmsConnections({ limiter: this.#limiter, say: this.say, retry, time }, this);
    return this.#reading;
  }

  /**
   * KMS as `connection` says, in `region`. Sends nothing, and loads no AWS SDK, before the first call. Throws where the program leaves
   * the Region out.
   */
  open(connection: KmsConnection, region = connection.keyCollection): Kms {
    refuseLeftOut(connection, region);
    const id = JSON.stringify([connectionIdentity(connection), region]);
    const kms = this.#opened.get(id) ?? this.#make(connection, region);
    this.#opened.set(id, kms);
    return kms;
  }

  /** A connection's credentials: found once, refreshed as they expire. A search that failed is made again. */
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
    const call = async <Op extends KmsOperation>(
      operation: Op,
      input: KmsInput<Op>,
      context: CallContext = {},
    ): Promise<KmsOutput<Op>> => {
      const attempts = { lost: 0 };
      const asked = [JSON.stringify([endpoint, region]), connectionIdentity(connection)] as const;
      for (const one of asked) {
        const silent = this.#silent?.get(one);
        if (silent) throw silent;
      }
      try {
        const uses = quotaUses(operation, region, "ReplicaRegion" in input ? input.ReplicaRegion : undefined);
        const allowance = this.#limiter.buckets(JSON.stringify([owner, endpoint]), uses, connection.quotas);
        const send = () => sdk.send(operation, input);
        return await withRetries(operation, allowance, send, this.#retry, attempts);
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
        const silent = withUnreachableAdvice(failed, connection);
        // An error that came as it is was that of the credentials.
        this.#silent?.set(failed === error ? asked[1] : asked[0], silent);
        throw silent;
      }
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
