import type { PoolSizes } from "./crypto/importKeyPool.js";
import type { Place } from "./keys/arn.js";

export interface LocalKmsConfig {
  /** How long a new replica stays Creating. */
  replicaCreatingMillis?: number;
  /** How many RSA pairs are kept ready for GetParametersForImport, by WrappingKeySpec. */
  importKeyPool?: Partial<PoolSizes>;
  /** The clock that expiry, deletion and import tokens follow; the machine's by default. */
  now?: () => Date;
  /** Sees every KMS request before it is carried out and may make it fail. */
  intercept?: Intercept;
}

export interface InterceptedRequest extends Place {
  operation: string;
  /** The request's JSON body. */
  input: unknown;
}

/** What becomes of a request: an error in place of the answer, or a connection that closes without one. */
export type Interception = InterceptionTime &
  (
    | {
        /** AWS's name of the error; `status` is AWS's for that name unless given. */
        error: { name: string; message?: string; status?: number };
      }
    | { drop: true }
  );

interface InterceptionTime {
  /** Whether the request still takes effect ("after"); by default it does not. */
  when?: "before" | "after";
}

export type Intercept = (request: InterceptedRequest) => Interception | undefined;

export interface Settings {
  replicaCreatingMillis: number;
  importKeyPool: PoolSizes;
  now: () => Date;
  intercept: Intercept;
}

const NAMES = ["replicaCreatingMillis", "importKeyPool", "now", "intercept"];
const POOL = { RSA_2048: 8, RSA_3072: 2, RSA_4096: 4 };

/** The settings of a configuration, defaults filled in. Throws a sentence where it is wrong: it may come from a file. */
export function readConfig(config: LocalKmsConfig = {}): Settings {
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new Error("Expected the config to be an object");
  for (const name of Object.keys(config)) {
    if (!NAMES.includes(name))
      throw new Error(`Unknown setting \`${name}\` in the config; known are ${NAMES.join(", ")}`);
  }
  const replicaCreatingMillis = count("replicaCreatingMillis", config.replicaCreatingMillis ?? 200);
  for (const [spec, size] of Object.entries(config.importKeyPool ?? {})) {
    if (!Object.hasOwn(POOL, spec)) throw new Error(`Unknown key spec \`${spec}\` in \`importKeyPool\``);
    count(`importKeyPool.${spec}`, size);
  }
  return {
    replicaCreatingMillis,
    importKeyPool: { ...POOL, ...config.importKeyPool },
    now: config.now ?? (() => new Date()),
    intercept: config.intercept ?? (() => undefined),
  };
}

function count(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw new Error(`Expected \`${name}\` to be a whole number from 0 on, got \`${JSON.stringify(value)}\``);
}
