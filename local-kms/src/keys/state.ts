import type { KeyState } from "@aws-sdk/client-kms";
import type { KeyRecord, Material } from "./record.js";

/**
 * The state of a key at a moment. Deletion outranks everything, a missing material outranks Enabled and Disabled.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 */
export function keyState(record: KeyRecord, now: number): KeyState {
  if (record.deletion)
    return record.deletion.startedAt === undefined ? "PendingReplicaDeletion" : "PendingDeletion";
  if (record.creatingUntil !== undefined && now < record.creatingUntil) return "Creating";
  if (!hasAllMaterial(record, now)) return "PendingImport";
  if (!record.enabled) return "Disabled";
  return record.updatingUntil !== undefined && now < record.updatingUntil ? "Updating" : "Enabled";
}

/** Imported, not deleted and not past its ValidTo. */
export function isPresent(material: Material, now: number): boolean {
  return material.bytes !== undefined && (material.validTo === undefined || now < material.validTo);
}

/** A key with several materials needs all of them; one that waits for a rotation does not count. */
export function hasAllMaterial(record: KeyRecord, now: number): boolean {
  const bound = record.materials.filter(isPermanent);
  return bound.length > 0 && bound.every((material) => isPresent(material, now));
}

/** A material is permanently associated with its key from its rotation on; until then it can be taken back. */
export const isPermanent = (material: Material) => material.currentFrom !== undefined;

/** What a key encrypts with; undefined before its first import. */
export const currentMaterial = (record: KeyRecord, now: number) =>
  record.materials.findLast(({ currentFrom }) => currentFrom !== undefined && currentFrom <= now);
