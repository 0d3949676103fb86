import type {
  DeleteImportedKeyMaterialRequest,
  DeleteImportedKeyMaterialResponse,
} from "@aws-sdk/client-kms";
import { notFound } from "../../api/errors.js";
import { keyArn } from "../../keys/arn.js";
import type { KeyRecord, Material } from "../../keys/record.js";
import { withoutMaterial } from "../../keys/rotation.js";
import { specOf } from "../../keys/specs.js";
import { currentMaterial, isPermanent } from "../../keys/state.js";
import { putKey } from "../../store/change.js";
import type { Call } from "../call.js";
import { importableKey } from "./import.js";

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteImportedKeyMaterial.html
 * Without KeyMaterialId the current material. The key stays bound to it: only the same can come back. Material that
 * waits for its rotation is taken back in every Region where the primary loses it, and only there where a replica does.
 */
export async function deleteImportedKeyMaterial(
  call: Call,
  input: DeleteImportedKeyMaterialRequest,
): Promise<DeleteImportedKeyMaterialResponse> {
  const key = importableKey(call, input.KeyId!);
  const material = materialToDelete(key, call.now, input.KeyMaterialId);
  if (material) await call.store.commit(deleted(call, key, material).map(putKey));
  return { KeyId: keyArn(key), KeyMaterialId: specOf(key).type === "symmetric" ? material?.id : undefined };
}

function materialToDelete(key: KeyRecord, now: number, id: string | undefined): Material | undefined {
  if (id === undefined) return currentMaterial(key, now);
  const material = key.materials.find((other) => other.id === id);
  if (!material) throw notFound(`Key material ${id} is not found.`);
  return material;
}

function deleted(call: Call, key: KeyRecord, material: Material): KeyRecord[] {
  if (!isPermanent(material) && key.multiRegion !== "REPLICA")
    return withoutMaterial(call.store.relatedKeys(key), material.id);
  const gone = { ...material, bytes: undefined, validTo: undefined, expirationModel: undefined };
  return [{ ...key, materials: key.materials.map((other) => (other === material ? gone : other)) }];
}
