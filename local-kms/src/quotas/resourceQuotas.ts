import { limitExceeded } from "../api/errors.js";
import { keyArn, type Place } from "../keys/arn.js";
import type { KeyRecord } from "../keys/record.js";
import type { Call } from "../operations/call.js";

/**
 * Resource quotas, in the words that AWS answers with. Counted are the keys of a Region in every state.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
 */
export function requireRoomForKey(call: Call, place: Place): void {
  const { keys: most } = call.kms.settings.resourceQuotas;
  const usage = call.kms.store.countKeys(place);
  if (usage >= most) {
    throw limitExceeded(
      `Key quota for this account in this region is ${most} but the current usage is ${usage}.`,
    );
  }
}

export function requireRoomForAlias(call: Call, target: KeyRecord): void {
  const { aliasesPerKey: most } = call.kms.settings.resourceQuotas;
  const usage = call.kms.store.aliasesOf(call).filter((alias) => alias.targetKeyId === target.id).length;
  if (usage >= most) {
    throw limitExceeded(
      `Aliases per key quota for this account in this region is ${most}, current usage is ${usage}.`,
    );
  }
}

export function requireRoomForGrant(call: Call, usage: number): void {
  const { grantsPerKey: most } = call.kms.settings.resourceQuotas;
  if (usage >= most) {
    throw limitExceeded(
      `Grants per key quota for this account in this region is ${most}, current usage is ${usage}.`,
    );
  }
}

export function requireRoomForRotation(call: Call, key: KeyRecord, usage: number): void {
  if (usage < call.kms.settings.resourceQuotas.onDemandRotationsPerKey) return;
  throw limitExceeded(
    "The on-demand rotations limit has been reached for the given keyId. " +
      `No more on-demand rotations can be performed for this key: ${keyArn(key)}`,
  );
}
