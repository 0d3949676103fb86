import type {
  ListKeyRotationsRequest,
  ListKeyRotationsResponse,
  RotationsListEntry,
} from "@aws-sdk/client-kms";
import { unsupported } from "../../api/errors.js";
import { keyArn } from "../../keys/arn.js";
import type { KeyRecord, Material } from "../../keys/record.js";
import { usableKey } from "../../keys/resolve.js";
import { materialState } from "../../keys/rotation.js";
import { isPresent } from "../../keys/state.js";
import type { Call } from "../call.js";
import { page } from "../paging.js";

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html
 * The materials that completed rotations brought; with ALL_KEY_MATERIAL also the first one, and imported material that
 * waits for its rotation.
 */
export function listKeyRotations(call: Call, input: ListKeyRotationsRequest): ListKeyRotationsResponse {
  const key = usableKey(call, input.KeyId!, "keys");
  const rotatable = key.spec === "SYMMETRIC_DEFAULT";
  if (!rotatable && input.IncludeKeyMaterial !== undefined)
    throw unsupported(
      "IncludeKeyMaterial is only for KMS keys that support automatic or on-demand rotation.",
    );
  const all = input.IncludeKeyMaterial === "ALL_KEY_MATERIAL";
  const listed = key.materials
    .map((material, i) => ({ material, place: String(i).padStart(4, "0") }))
    .filter(({ material }) => (all ? isListed(key, material, call.now) : isRotated(material, call.now)));
  const limits = { usual: 100, most: 1000 };
  const { items, ...rest } = page(call, rotatable ? listed : [], (item) => item.place, input, limits);
  return { Rotations: items.map(({ material }) => entryOf(call, key, material)), ...rest };
}

const isCompleted = ({ currentFrom }: Material, now: number) =>
  currentFrom !== undefined && currentFrom <= now;
const isRotated = (material: Material, now: number) =>
  material.rotation !== undefined && isCompleted(material, now);

/** Material that KMS makes itself is not there before its rotation is through. */
const isListed = (key: KeyRecord, material: Material, now: number) =>
  key.origin === "EXTERNAL" || isCompleted(material, now);

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_RotationsListEntry.html */
function entryOf(call: Call, key: KeyRecord, material: Material): RotationsListEntry {
  const entry: RotationsListEntry = {
    KeyId: keyArn(key),
    KeyMaterialId: material.id,
    KeyMaterialState: materialState(call.store.relatedKeys(key), key, material, call.now),
  };
  if (key.origin === "EXTERNAL") Object.assign(entry, importedMembers(material, call.now));
  if (isRotated(material, call.now)) {
    entry.RotationDate = new Date(material.currentFrom!);
    entry.RotationType = material.rotation!.type;
  }
  return entry;
}

function importedMembers(material: Material, now: number): Partial<RotationsListEntry> {
  const { description: KeyMaterialDescription, expirationModel: ExpirationModel, validTo } = material;
  if (!isPresent(material, now)) return { KeyMaterialDescription, ImportState: "PENDING_IMPORT" };
  const ValidTo = validTo === undefined ? undefined : new Date(validTo);
  return { KeyMaterialDescription, ImportState: "IMPORTED", ExpirationModel, ValidTo };
}
