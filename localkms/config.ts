import { CONFIG_SCHEMA } from "./config/schema.js";
import type { PoolSizes } from "./crypto/importKeyPool.js";
import type { Place } from "./keys/arn.js";

/** Every setting of a local KMS: the same from a program and, all but the functions, from a JSON or YAML file. */
export interface LocalKmsConfig {
  /** How long a new replica stays Creating. */
  replicaCreatingMillis?: number;
  /** How long the old and the new primary are Updating after UpdatePrimaryRegion. */
  primaryUpdatingMillis?: number;
  /** How long an on-demand rotation is in progress. */
  onDemandRotationMillis?: number;
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

/** A configuration with its defaults filled in. */
export interface Settings {
  replicaCreatingMillis: number;
  primaryUpdatingMillis: number;
  onDemandRotationMillis: number;
  importKeyPool: PoolSizes;
  now: () => Date;
  intercept: Intercept;
}

const POOL = { RSA_2048: 8, RSA_3072: 2, RSA_4096: 4 };

/** Throws a sentence where the configuration is wrong: it may come from a file. */
export async function readConfig(config: LocalKmsConfig = {}): Promise<Settings> {
  const declared = withoutFunctions(config);
  // Loaded only where there is something to check: a server without settings starts without it.
  if (Object.keys(declared).length > 0) (await import("./config/check.js")).check(CONFIG_SCHEMA, declared);
  return {
    replicaCreatingMillis: config.replicaCreatingMillis ?? 200,
    primaryUpdatingMillis: config.primaryUpdatingMillis ?? 200,
    onDemandRotationMillis: config.onDemandRotationMillis ?? 200,
    importKeyPool: { ...POOL, ...config.importKeyPool },
    now: config.now ?? (() => new Date()),
    intercept: config.intercept ?? (() => undefined),
  };
}

/** What the schema can judge; a function that stands where none may is left in, and refused by it. */
function withoutFunctions(config: LocalKmsConfig): LocalKmsConfig {
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new Error("Expected the config to be an object of settings");
  const { now, intercept, ...declared } = config;
  return {
    ...declared,
    ...(now === undefined || typeof now === "function" ? {} : { now }),
    ...(intercept === undefined || typeof intercept === "function" ? {} : { intercept }),
  };
}
