import type {
  DisableKeyRotationRequest,
  EnableKeyRotationRequest,
  GetKeyRotationStatusRequest,
  GetKeyRotationStatusResponse,
  RotateKeyOnDemandRequest,
  RotateKeyOnDemandResponse,
} from "@aws-sdk/client-kms";
import { invalidState, KmsError, unsupported } from "../../api/errors.js";
import { keyArn } from "../../keys/arn.js";
import { notPrimary, requireOrigin } from "../../keys/kind.js";
import type { AutomaticRotation, KeyRecord } from "../../keys/record.js";
import { usableKey } from "../../keys/resolve.js";
import {
  materialState,
  nextRotation,
  primaryOf,
  rotatingMaterial,
  waitingMaterial,
  withNewMaterial,
  withWaitingMaterial,
} from "../../keys/rotation.js";
import { specOf } from "../../keys/specs.js";
import { requireRoomForRotation } from "../../quotas/resourceQuotas.js";
import { putKey } from "../../store/change.js";
import type { Call } from "../call.js";

const USUAL_PERIOD_DAYS = 365;
const MINUTE = 60 * 1000;

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
 * Also changes the period. The first rotation is a period after this call, whatever was before:
 * https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html#rotate-keys-how-it-works
 */
export async function enableKeyRotation(call: Call, input: EnableKeyRotationRequest): Promise<void> {
  const key = automaticallyRotatableKey(call, input.KeyId!);
  await putSchedule(call, key, nextRotation(input.RotationPeriodInDays ?? USUAL_PERIOD_DAYS, call.now));
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html
 * An asymmetric key has no rotation, and AWS was recorded to answer that it is disabled now.
 */
export async function disableKeyRotation(call: Call, input: DisableKeyRotationRequest): Promise<void> {
  const key = usableKey(call, input.KeyId!, "keys");
  if (specOf(key).type !== "asymmetric") requireAutomatic(key);
  await putSchedule(call, key, undefined);
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html
 * Of keys that cannot be rotated, too: the status is false. So it is while a key is pending deletion.
 */
export function getKeyRotationStatus(
  call: Call,
  input: GetKeyRotationStatusRequest,
): GetKeyRotationStatusResponse {
  const key = usableKey(call, input.KeyId!, "keys");
  const { automaticRotation } = primaryOf(call.store.relatedKeys(key));
  const startedAt = rotatingMaterial(key, call.now)?.rotation?.startedAt;
  return {
    KeyId: keyArn(key),
    ...(automaticRotation && !key.deletion
      ? {
          KeyRotationEnabled: true,
          RotationPeriodInDays: automaticRotation.periodDays,
          NextRotationDate: new Date(automaticRotation.nextAt),
        }
      : { KeyRotationEnabled: false }),
    OnDemandRotationStartDate: startedAt === undefined ? undefined : new Date(startedAt),
  };
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html
 * Changes no schedule. The new material is used, in every Region at once, when the rotation is through.
 */
export async function rotateKeyOnDemand(
  call: Call,
  input: RotateKeyOnDemandRequest,
): Promise<RotateKeyOnDemandResponse> {
  const key = usableKey(call, input.KeyId!, "keys");
  requireSymmetric(key);
  requirePrimary(key);
  checkNoConflict(key, call.now);
  const done = key.materials.filter(({ rotation }) => rotation?.type === "ON_DEMAND");
  requireRoomForRotation(call, key, done.length);
  const related = call.store.relatedKeys(key);
  const currentFrom = call.now + call.kms.settings.onDemandRotationMillis;
  if (key.origin === "EXTERNAL") checkReady(key, related, call.now);
  const rotated =
    key.origin === "EXTERNAL"
      ? withWaitingMaterial(related, call.now, currentFrom)
      : withNewMaterial(related, "ON_DEMAND", call.now, currentFrom);
  await call.store.commit(rotated.map(putKey));
  return { KeyId: keyArn(key) };
}

const putSchedule = (call: Call, key: KeyRecord, automaticRotation: AutomaticRotation | undefined) =>
  call.store.commit([putKey({ ...key, automaticRotation })]);

function automaticallyRotatableKey(call: Call, keyId: string): KeyRecord {
  const key = usableKey(call, keyId, "keys");
  requireAutomatic(key);
  return key;
}

function requireAutomatic(key: KeyRecord): void {
  requireSymmetric(key);
  requireOrigin(key, "AWS_KMS");
  requirePrimary(key);
}

/** AWS sends no message with it. */
function requireSymmetric(key: KeyRecord): void {
  if (key.spec !== "SYMMETRIC_DEFAULT") throw unsupported("");
}

function requirePrimary(key: KeyRecord): void {
  if (key.multiRegion === "REPLICA") throw notPrimary(key);
}

/** AWS documents the conflict with an automatic rotation only; a second one on demand has to be refused with something. */
function checkNoConflict(key: KeyRecord, now: number): void {
  if (rotatingMaterial(key, now)) throw conflict(`An on-demand rotation of ${keyArn(key)} is in progress.`);
  if (key.automaticRotation && key.automaticRotation.nextAt - now <= 20 * MINUTE)
    throw conflict(`An automatic rotation of ${keyArn(key)} begins within the next 20 minutes.`);
}

const conflict = (message: string) => new KmsError("ConflictException", message);

function checkReady(key: KeyRecord, related: readonly KeyRecord[], now: number): void {
  const waiting = waitingMaterial(key);
  if (!waiting || materialState(related, key, waiting, now) !== "PENDING_ROTATION") {
    throw invalidState(`No available key material pending rotation for the key: ${keyArn(key)}.`);
  }
}
