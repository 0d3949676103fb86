import type {
  CancelKeyDeletionResponse,
  KeyMetadata,
  ScheduleKeyDeletionRequest,
  ScheduleKeyDeletionResponse,
} from "@aws-sdk/client-kms";
import { validation } from "../../api/errors.js";
import { keyArn } from "../../keys/arn.js";
import { type Deletion, deletionDate, type KeyRecord } from "../../keys/record.js";
import { usableKey } from "../../keys/resolve.js";
import { keyState } from "../../keys/state.js";
import { putKey } from "../../store/change.js";
import type { Call } from "../call.js";

type KeyOnly = Pick<KeyMetadata, "KeyId">;

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html
 * An automatic rotation that was due while the key was disabled is made up for at once.
 */
export async function enableKey(call: Call, input: KeyOnly): Promise<void> {
  const key = usableKey(call, input.KeyId!, "keys");
  const { automaticRotation: schedule } = key;
  const nextAt = schedule && Math.max(schedule.nextAt, call.now);
  const automaticRotation = schedule && { ...schedule, nextAt: nextAt! };
  await put(call, { ...key, enabled: true, automaticRotation });
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html */
export async function disableKey(call: Call, input: KeyOnly): Promise<void> {
  await put(call, { ...usableKey(call, input.KeyId!, "keys"), enabled: false });
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
  if (windowDays < 7 || windowDays > 30) throw validation("PendingWindowInDays must be between 7 and 30");
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

const put = (call: Call, key: KeyRecord) => call.store.commit([putKey(key)]);
