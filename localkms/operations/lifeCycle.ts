import type {
  CancelKeyDeletionResponse,
  DeleteImportedKeyMaterialRequest,
  DeleteImportedKeyMaterialResponse,
  KeyMetadata,
  ScheduleKeyDeletionRequest,
  ScheduleKeyDeletionResponse,
} from "@aws-sdk/client-kms";
import { KmsError, unsupported, validation } from "../api/errors.js";
import { keyArn } from "../keys/arn.js";
import { type Deletion, deletionDate, type KeyRecord } from "../keys/record.js";
import { findKey, requireState, usableKey } from "../keys/resolve.js";
import { currentMaterial, keyState } from "../keys/state.js";
import { putKey } from "../store/change.js";
import type { Call } from "./call.js";

type KeyOnly = Pick<KeyMetadata, "KeyId">;

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html */
export const enableKey = (call: Call, input: KeyOnly) => setEnabled(call, input, true);

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html */
export const disableKey = (call: Call, input: KeyOnly) => setEnabled(call, input, false);

async function setEnabled(call: Call, input: KeyOnly, enabled: boolean): Promise<void> {
  await put(call, { ...usableKey(call, input.KeyId!, "keys"), enabled });
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
 * A primary with replicas waits for them (PendingReplicaDeletion): its waiting period has no end yet.
 */
export async function scheduleKeyDeletion(
  call: Call,
  input: ScheduleKeyDeletionRequest,
): Promise<ScheduleKeyDeletionResponse> {
  const windowDays = input.PendingWindowInDays ?? 30;
  if (windowDays < 7 || windowDays > 30)
    throw validation("PendingWindowInDays must be between 7 and 30, inclusive");
  const key = usableKey(call, input.KeyId!, "keys");
  const hasReplicas = key.multiRegion === "PRIMARY" && call.store.relatedKeys(key).length > 1;
  const deletion: Deletion = hasReplicas ? { windowDays } : { windowDays, startedAt: call.now };
  const scheduled = { ...key, deletion };
  await put(call, scheduled);
  const date = deletionDate(scheduled);
  return {
    KeyId: keyArn(key),
    DeletionDate: date === undefined ? undefined : new Date(date),
    KeyState: keyState(scheduled, call.now),
    PendingWindowInDays: windowDays,
  };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html: the key is Disabled then. */
export async function cancelKeyDeletion(call: Call, input: KeyOnly): Promise<CancelKeyDeletionResponse> {
  const key = usableKey(call, input.KeyId!, "keys");
  await put(call, { ...key, deletion: undefined, enabled: false });
  return { KeyId: keyArn(key) };
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteImportedKeyMaterial.html
 * Without KeyMaterialId the current material. The key stays bound to it: only the same can come back.
 */
export async function deleteImportedKeyMaterial(
  call: Call,
  input: DeleteImportedKeyMaterialRequest,
): Promise<DeleteImportedKeyMaterialResponse> {
  const key = findKey(call, input.KeyId!, "keys");
  if (key.origin !== "EXTERNAL")
    throw unsupported(`${keyArn(key)} origin is ${key.origin} which is not valid for this operation.`);
  requireState(call, key);
  const id = input.KeyMaterialId ?? currentMaterial(key)?.id;
  if (input.KeyMaterialId && !key.materials.some((material) => material.id === id)) {
    throw new KmsError("NotFoundException", `Key material ${id} is not found.`);
  }
  const materials = key.materials.map((material) =>
    material.id === id
      ? { ...material, bytes: undefined, validTo: undefined, expirationModel: undefined }
      : material,
  );
  await put(call, { ...key, materials });
  return { KeyId: keyArn(key), KeyMaterialId: id };
}

const put = (call: Call, key: KeyRecord) => call.store.commit([putKey(key)]);
