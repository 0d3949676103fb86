import type {
  ExpirationModelType,
  GrantConstraints,
  GrantOperation,
  KeyUsageType,
  MultiRegionKeyType,
  OriginType,
  RotationType,
  Tag,
} from "@aws-sdk/client-kms";
import type { Place } from "./arn.js";
import type { BuiltSpec } from "./specs.js";

/**
 * What is stored of one KMS key in one Region. Times are milliseconds since 1970. Records are never changed in place:
 * an operation stores a new one. The key state is not stored but follows from this and the clock (state.ts).
 */
export interface KeyRecord extends Place {
  readonly id: string;
  readonly spec: BuiltSpec;
  readonly usage: KeyUsageType;
  readonly origin: OriginType;
  readonly description: string;
  readonly createdAt: number;
  /** What EnableKey and DisableKey set. */
  readonly enabled: boolean;
  readonly policy: string;
  readonly tags: readonly Tag[];
  /** What the tags were before, oldest first, while it still counts somewhere (keys/tags.ts). */
  readonly formerTags?: readonly { readonly tags: readonly Tag[]; readonly until: number }[];
  /** Absent on a single-Region key. The related keys are the records of the same account and id in other Regions. */
  readonly multiRegion?: MultiRegionKeyType;
  /** A replica is Creating until then. */
  readonly creatingUntil?: number;
  /** The old and the new primary are Updating until then. */
  readonly updatingUntil?: number;
  readonly deletion?: Deletion;
  /** Of a multi-Region key the primary holds it for all. Absent while automatic rotation is off. */
  readonly automaticRotation?: AutomaticRotation;
  /** Oldest first: in the order in which they become current. At most the last one waits for its rotation. */
  readonly materials: readonly Material[];
}

/** One key material of the key, present or not. Related keys have the same, each with its own import. */
export interface Material {
  /** A hash of key id and material (crypto/materialId.ts). */
  readonly id: string;
  /**
   * When it became the current material, or will, while an on-demand rotation is in progress. From then on the key is
   * bound to it for good. Absent while it only waits for a rotation.
   */
  readonly currentFrom?: number;
  /** The rotation that makes it current; absent on the first material. */
  readonly rotation?: { readonly type: RotationType; readonly startedAt: number };
  /** Base64. Absent before a replica's own import and after a deletion; of no use after `validTo`. */
  readonly bytes?: string;
  readonly importedAt?: number;
  readonly expirationModel?: ExpirationModelType;
  readonly validTo?: number;
  readonly description?: string;
}

export interface AutomaticRotation {
  readonly periodDays: number;
  readonly nextAt: number;
}

export interface Deletion {
  readonly windowDays: number;
  /** When the waiting period began. Absent while a primary still waits for its replicas to be gone. */
  readonly startedAt?: number;
}

export interface AliasRecord extends Place {
  readonly name: string;
  readonly targetKeyId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A grant on a key. It lives as long as its key, or until it is retired or revoked. */
export interface GrantRecord extends Place {
  /** The key's id; account and Region are the key's too. */
  readonly keyId: string;
  readonly id: string;
  readonly name?: string;
  readonly createdAt: number;
  /** ARN of the account in which it was created. */
  readonly issuingAccount: string;
  readonly granteePrincipal?: string;
  readonly granteeServicePrincipal?: string;
  readonly retiringPrincipal?: string;
  readonly retiringServicePrincipal?: string;
  readonly operations: readonly GrantOperation[];
  readonly constraints?: GrantConstraints;
}

export const DAY = 24 * 60 * 60 * 1000;

/** When the key is really deleted; undefined while no waiting period runs. */
export function deletionDate(record: KeyRecord): number | undefined {
  const startedAt = record.deletion?.startedAt;
  return startedAt === undefined ? undefined : startedAt + record.deletion!.windowDays * DAY;
}
