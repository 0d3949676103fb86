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
  return record.enabled ? "Enabled" : "Disabled";
}

/** Imported, not deleted and not past its ValidTo. */
export function isPresent(material: Material, now: number): boolean {
  return material.bytes !== undefined && (material.validTo === undefined || now < material.validTo);
}

/** A key with several materials needs all of them; one that was only prepared for a rotation does not count. */
function hasAllMaterial(record: KeyRecord, now: number): boolean {
  const bound = record.materials.filter(isPermanent);
  return bound.length > 0 && bound.every((material) => isPresent(material, now));
}

export const isPermanent = (material: Material) =>
  material.state === "CURRENT" || material.state === "NON_CURRENT";

export const currentMaterial = (record: KeyRecord) => record.materials.find((m) => m.state === "CURRENT");
