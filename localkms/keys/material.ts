import type { ImportKeyMaterialRequest } from "@aws-sdk/client-kms";
import { KmsError, unsupported, validation } from "../api/errors.js";
import { materialIdOf } from "../crypto/materialId.js";
import type { KeyRecord, Material } from "./record.js";
import { keyState } from "./state.js";

const SYMMETRIC_BYTES = 32;

/** What an import makes of a key: its materials then, the one that came, and whether the key becomes Enabled by it. */
export interface Bound {
  materials: Material[];
  material: Material;
  enables: boolean;
}

/**
 * Binds unwrapped bytes to a key. The first import decides which material it is, for good; every later one, also
 * after deletion or expiry and in every replica, must bring the same.
 */
export function bindMaterial(
  key: KeyRecord,
  now: number,
  bytes: Buffer,
  input: ImportKeyMaterialRequest,
): Bound {
  if (bytes.length !== SYMMETRIC_BYTES)
    throw incorrect(`Key material of KeySpec ${key.spec} must be ${SYMMETRIC_BYTES * 8} bits`);
  const id = materialIdOf(key.id, bytes);
  const type =
    input.ImportType ?? (key.materials.length === 0 ? "NEW_KEY_MATERIAL" : "EXISTING_KEY_MATERIAL");
  if (type === "NEW_KEY_MATERIAL") checkNew(key, id, input);
  else checkExisting(key, id, input);
  const known = key.materials.find((material) => material.id === id);
  const material: Material = {
    id,
    state: known?.state ?? "CURRENT",
    bytes: bytes.toString("base64"),
    importedAt: now,
    expirationModel: input.ExpirationModel ?? "KEY_MATERIAL_EXPIRES",
    validTo: input.ValidTo?.getTime(),
    description: input.KeyMaterialDescription ?? known?.description,
  };
  const materials = known
    ? key.materials.map((other) => (other === known ? material : other))
    : [...key.materials, material];
  return { materials, material, enables: keyState(key, now) === "PendingImport" };
}

function checkNew(key: KeyRecord, id: string, input: ImportKeyMaterialRequest): void {
  if (input.KeyMaterialId !== undefined)
    throw validation("KeyMaterialId cannot be set if the ImportType is NEW_KEY_MATERIAL");
  if (key.multiRegion === "REPLICA")
    throw unsupported("NEW_KEY_MATERIAL must be imported into the multi-Region primary key");
  if (key.materials.some((material) => material.id === id)) {
    throw incorrect("The key material is already associated with this KMS key");
  }
  if (key.materials.length > 0) {
    throw unsupported("ImportKeyMaterial of a second NEW_KEY_MATERIAL is not built in this local KMS");
  }
}

function checkExisting(key: KeyRecord, id: string, input: ImportKeyMaterialRequest): void {
  const known = key.materials.some((material) => material.id === id);
  if (!known || (input.KeyMaterialId !== undefined && input.KeyMaterialId !== id)) {
    throw incorrect("The key material is not the same that was previously imported into this KMS key");
  }
}

const incorrect = (message: string) => new KmsError("IncorrectKeyMaterialException", message);
