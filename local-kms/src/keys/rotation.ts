import { randomBytes } from "node:crypto";
import type { KeyMaterialState, RotationType } from "@aws-sdk/client-kms";
import { materialIdOf } from "../crypto/materialId.js";
import { type AutomaticRotation, DAY, type KeyRecord, type Material } from "./record.js";
import { currentMaterial, isPermanent, isPresent } from "./state.js";

/** Of related keys the one that rotation is asked of, and that holds what they share; a single-Region key is its own. */
export const primaryOf = (related: readonly KeyRecord[]): KeyRecord =>
  related.find((key) => key.multiRegion === "PRIMARY") ?? related[0]!;

/** Imported for a rotation that nobody has asked for yet. A key has at most one. */
export const waitingMaterial = (key: KeyRecord) => key.materials.find((material) => !isPermanent(material));

/** What an on-demand rotation that is in progress makes the current material. */
export const rotatingMaterial = (key: KeyRecord, now: number) =>
  key.materials.find(({ currentFrom }) => currentFrom !== undefined && currentFrom > now);

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_RotationsListEntry.html
 * A material that waits is PENDING_ROTATION once every related key has it.
 */
export function materialState(
  related: readonly KeyRecord[],
  key: KeyRecord,
  { id, currentFrom }: Material,
  now: number,
): KeyMaterialState {
  if (currentFrom !== undefined && currentFrom <= now)
    return id === currentMaterial(key, now)?.id ? "CURRENT" : "NON_CURRENT";
  if (currentFrom !== undefined || related.every((other) => hasMaterial(other, id, now)))
    return "PENDING_ROTATION";
  return "PENDING_MULTI_REGION_IMPORT_AND_ROTATION";
}

const hasMaterial = (key: KeyRecord, id: string, now: number) =>
  key.materials.some((material) => material.id === id && isPresent(material, now));

/** The schedule from a moment on: of EnableKeyRotation, or of the last rotation. */
export const nextRotation = (periodDays: number, from: number): AutomaticRotation => ({
  periodDays,
  nextAt: from + periodDays * DAY,
});

/** Material that KMS made itself, for keys of origin AWS_KMS. */
export function ownMaterial(
  keyId: string,
  bytes: Buffer,
  currentFrom: number,
  rotation?: Material["rotation"],
): Material {
  return {
    id: materialIdOf(keyId, bytes),
    currentFrom,
    rotation,
    bytes: bytes.toString("base64"),
    importedAt: rotation?.startedAt ?? currentFrom,
  };
}

/** Related keys of origin AWS_KMS with new material, the same in all of them. */
export function withNewMaterial(
  related: readonly KeyRecord[],
  type: RotationType,
  startedAt: number,
  currentFrom: number,
): KeyRecord[] {
  const material = ownMaterial(related[0]!.id, randomBytes(32), currentFrom, { type, startedAt });
  return related.map((key) => ({ ...key, materials: ordered([...key.materials, material]) }));
}

/** Related keys of origin EXTERNAL whose waiting material is on its way to be the current one. */
export function withWaitingMaterial(
  related: readonly KeyRecord[],
  startedAt: number,
  currentFrom: number,
): KeyRecord[] {
  const rotation = { type: "ON_DEMAND", startedAt } as const;
  return related.map((key) => ({
    ...key,
    materials: key.materials.map((material) =>
      isPermanent(material) ? material : { ...material, currentFrom, rotation },
    ),
  }));
}

/** Related keys that were never told of a material: it was taken back before its rotation. */
export const withoutMaterial = (related: readonly KeyRecord[], id: string): KeyRecord[] =>
  related.map((key) => ({ ...key, materials: key.materials.filter((material) => material.id !== id) }));

const ordered = (materials: Material[]) =>
  materials.sort((a, b) => (a.currentFrom ?? Infinity) - (b.currentFrom ?? Infinity));
