import type {
  ExpirationModelType,
  KeyMaterialState,
  KeySpec,
  KeyUsageType,
  MultiRegionKeyType,
  OriginType,
  Tag,
} from "@aws-sdk/client-kms";
import type { Place } from "./arn.js";

/**
 * What is stored of one KMS key in one Region. Times are milliseconds since 1970. Records are never changed in place:
 * an operation stores a new one. The key state is not stored but follows from this and the clock (state.ts).
 */
export interface KeyRecord extends Place {
  readonly id: string;
  readonly spec: KeySpec;
  readonly usage: KeyUsageType;
  readonly origin: OriginType;
  readonly description: string;
  readonly createdAt: number;
  /** What EnableKey and DisableKey set. */
  readonly enabled: boolean;
  readonly policy: string;
  readonly tags: readonly Tag[];
  /** Absent on a single-Region key. The related keys are the records of the same account and id in other Regions. */
  readonly multiRegion?: MultiRegionKeyType;
  /** A replica is Creating until then. */
  readonly creatingUntil?: number;
  readonly deletion?: Deletion;
  readonly materials: readonly Material[];
}

/** One key material that the key is bound to for good, present or not. */
export interface Material {
  /** A hash of key id and material (crypto/materialId.ts). */
  readonly id: string;
  readonly state: KeyMaterialState;
  /** Base64. Absent before a replica's own import, and after the material was deleted or expired. */
  readonly bytes?: string;
  readonly importedAt?: number;
  readonly expirationModel?: ExpirationModelType;
  readonly validTo?: number;
  readonly description?: string;
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

const DAY = 24 * 60 * 60 * 1000;

/** When the key is really deleted; undefined while no waiting period runs. */
export function deletionDate(record: KeyRecord): number | undefined {
  const startedAt = record.deletion?.startedAt;
  return startedAt === undefined ? undefined : startedAt + record.deletion!.windowDays * DAY;
}
