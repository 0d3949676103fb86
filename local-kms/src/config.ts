import type { ConsistencyConfig } from "./consistency/config.js";
import type { PoolSizes } from "./crypto/importKeyPool.js";
import type { Fault } from "./faults/faults.js";
import type { Intercept } from "./faults/interception.js";
import { type Iam, type IamConfig, readIam } from "./iam/config.js";
import type { QuotasConfig } from "./quotas/config.js";
import type { SeedKey } from "./seedKey.js";

/** Every setting of a local KMS: the same from a program and, all but the functions, from a JSON or YAML file. */
export interface LocalKmsConfig {
  /** "aws" turns on all that is off unless asked for: credentials, IAM, quotas, eventual consistency, delays. Other settings change it. */
  profile?: "aws";
  /**
   * ISO 8601 time at which the clock begins, where the state is new; with a data folder it goes on from where it was.
   * Without it the clock is the machine's.
   */
  startTime?: string;
  /** KMS keys that are there at the start, where the state is new. */
  keys?: SeedKey[];
  /** How long a new replica stays Creating. */
  replicaCreatingMillis?: number;
  /** How long the old and the new primary are Updating after UpdatePrimaryRegion. */
  primaryUpdatingMillis?: number;
  /** How long an on-demand rotation is in progress. */
  onDemandRotationMillis?: number;
  /** How long a change of tags, and the tags of a new key, take to count in `aws:ResourceTag`: AWS says up to 5 minutes. */
  tagsCountAfterMillis?: number;
  /** Request quotas, exceeded with ThrottlingException. None by default. */
  quotas?: QuotasConfig;
  /** AWS's resource quotas, exceeded with LimitExceededException: smaller ones for tests. */
  resourceQuotas?: Partial<ResourceQuotas>;
  /** Eventual consistency. By default every read sees every write. */
  consistency?: ConsistencyConfig;
  /** Requests that fail. `kill` only for the command: it ends the process. */
  faults?: Fault[];
  /** Serves the control endpoint, `/_local-kms/…`, on the same port. */
  control?: boolean;
  importKeyPool?: Partial<ImportKeyPoolSettings>;
  /** Who may call, with which credentials and permissions. Without it every caller is their account's root user. */
  iam?: IamConfig;
  /** The clock that expiry, deletion and import tokens follow; the machine's by default. */
  now?: () => Date;
  /** Sees every KMS request before it is carried out and may make it fail. */
  intercept?: Intercept;
}

/** Source of the defaults: https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */
export interface ResourceQuotas {
  /** Customer managed keys in an account and Region, in every state; 100,000. */
  keys: number;
  /** 50. */
  aliasesPerKey: number;
  /** 50,000. */
  grantsPerKey: number;
  /** 25: https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html. It was recorded as 10 in 2025. */
  onDemandRotationsPerKey: number;
}

/** How many RSA pairs are kept ready for GetParametersForImport, by WrappingKeySpec. */
export interface ImportKeyPoolSettings extends PoolSizes {
  /** Gives one pair of each WrappingKeySpec out again and again, which AWS never does: for benchmarks. The sizes have no effect then. */
  reuse: boolean;
}

/** What handlers need of a configuration, defaults filled in. */
export interface Settings {
  replicaCreatingMillis: number;
  primaryUpdatingMillis: number;
  onDemandRotationMillis: number;
  tagsCountAfterMillis: number;
  importKeyPool: ImportKeyPoolSettings;
  resourceQuotas: ResourceQuotas;
  iam: Iam;
}

export const RESOURCE_QUOTAS: ResourceQuotas = {
  keys: 100_000,
  aliasesPerKey: 50,
  grantsPerKey: 50_000,
  onDemandRotationsPerKey: 25,
};
/** How long what takes its time on AWS takes here. */
export const USUAL_MILLIS = 200;
const POOL: ImportKeyPoolSettings = { RSA_2048: 8, RSA_3072: 2, RSA_4096: 4, reuse: false };

/** Throws a sentence where the configuration is wrong: it may come from a file. */
export async function checkConfig(config: LocalKmsConfig): Promise<void> {
  const declared = withoutFunctions(config);
  // Loaded only where there is something to check: a server without settings starts without it.
  if (Object.keys(declared).length > 0) {
    const { check } = await import("./config/check.js");
    const { CONFIG_SCHEMA } = await import("./config/schema.js");
    check(CONFIG_SCHEMA, declared);
  }
}

/** Of a configuration that was checked. */
export function settingsOf(config: LocalKmsConfig): Settings {
  return {
    replicaCreatingMillis: config.replicaCreatingMillis ?? USUAL_MILLIS,
    primaryUpdatingMillis: config.primaryUpdatingMillis ?? USUAL_MILLIS,
    onDemandRotationMillis: config.onDemandRotationMillis ?? USUAL_MILLIS,
    tagsCountAfterMillis: config.tagsCountAfterMillis ?? 0,
    importKeyPool: { ...POOL, ...config.importKeyPool },
    resourceQuotas: { ...RESOURCE_QUOTAS, ...config.resourceQuotas },
    iam: readIam(config.iam),
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
