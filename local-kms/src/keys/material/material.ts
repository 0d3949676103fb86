import type { ImportKeyMaterialRequest } from "@aws-sdk/client-kms";
import { invalidState, KmsError, unsupported, validation } from "../../api/errors.js";
import { materialIdOf } from "../../crypto/materialId.js";
import { keyArn } from "../arn.js";
import type { KeyRecord, Material } from "../record.js";
import { rotatingMaterial, waitingMaterial } from "../rotation.js";
import { keyState } from "../state.js";

/** What an import makes of a key, and the material that came. */
export interface Bound {
  readonly key: KeyRecord;
  readonly material: Material;
  /** Whether the key had never heard of it. */
  readonly isNew: boolean;
}

/**
 * Binds unwrapped bytes to a key. The first import decides which material it is, for good; a later one brings the same
 * again, also after deletion or expiry, or, as NEW_KEY_MATERIAL, what the next rotation makes the current material.
 */
export function bindMaterial(
  key: KeyRecord,
  now: number,
  bytes: Buffer,
  input: Partial<ImportKeyMaterialRequest>,
): Bound {
  const id = materialIdOf(key.id, bytes);
  const isFirst = key.materials.length === 0;
  const isNew = (input.ImportType ?? (isFirst ? "NEW_KEY_MATERIAL" : "")) === "NEW_KEY_MATERIAL";
  const known = key.materials.find((material) => material.id === id);
  if (isNew) checkNew(key, id, known, now, input);
  else checkExisting(known, input);
  const material: Material = {
    ...known,
    id,
    ...(isFirst ? { currentFrom: now } : {}),
    bytes: bytes.toString("base64"),
    importedAt: now,
    expirationModel: input.ExpirationModel ?? "KEY_MATERIAL_EXPIRES",
    validTo: input.ValidTo?.getTime(),
    description: input.KeyMaterialDescription ?? known?.description,
  };
  const materials = known
    ? key.materials.map((other) => (other === known ? material : other))
    : [...key.materials, material];
  // "When this operation is successful, the state of the KMS key changes to Enabled", also of one that was disabled.
  const enabled = key.enabled || keyState(key, now) === "PendingImport";
  return { key: { ...key, materials, enabled }, material, isNew };
}

/**
 * "A KMS key can have at most one key material in PENDING_ROTATION state at any time":
 * https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-import-key-material.html
 */
function checkNew(
  key: KeyRecord,
  id: string,
  known: Material | undefined,
  now: number,
  input: Partial<ImportKeyMaterialRequest>,
): void {
  if (input.KeyMaterialId !== undefined)
    throw validation("KeyMaterialId cannot be set if the ImportType is NEW_KEY_MATERIAL");
  if (key.multiRegion === "REPLICA")
    throw unsupported("NEW_KEY_MATERIAL must be imported into the multi-Region primary key");
  if (known) throw incorrect("The key material is already associated with this KMS key");
  const pending = waitingMaterial(key) ?? rotatingMaterial(key, now);
  if (pending) {
    throw invalidState(
      `New key material (id: ${id}) cannot be imported into KMS key ${keyArn(key)}, ` +
        `because another key material (id: ${pending.id}) is pending rotation.`,
    );
  }
}

function checkExisting(known: Material | undefined, input: Partial<ImportKeyMaterialRequest>): void {
  if (!known || (input.KeyMaterialId !== undefined && input.KeyMaterialId !== known.id)) {
    throw incorrect("The key material is not the same that was previously imported into this KMS key");
  }
}

/** What a related key knows of a material before its own import: AWS never copies imported material. */
export const awaited = ({ id, currentFrom, rotation }: Material): Material => ({ id, currentFrom, rotation });

const incorrect = (message: string) => new KmsError("IncorrectKeyMaterialException", message);
