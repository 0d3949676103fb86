import { isKeymgmtError } from "../errors";
import type { CallContext, Kms } from "./client/client";
import { eventually } from "./eventually";
import { describeKmsKey } from "./kmsKeys";

/** "You can perform on-demand key rotation a maximum of 25 times per KMS key" (RotateKeyOnDemand's reference); not adjustable. */
export const MOST_ON_DEMAND_ROTATIONS = 25;

/** The longest wait for a rotation, which is asynchronous. AWS documents no time for it. */
const ROTATION_SECONDS = 10 * 60;

/**
 * Rotates a KMS key to new material, which was imported into it and into each of its replicas. Waits until AWS shows that material as
 * the current one. A KMS key has at most one pending material, so a second request cannot rotate twice. Needs kms:RotateKeyOnDemand
 * and kms:DescribeKey.
 */
export async function rotateOnDemand(
  kms: Kms,
  keyId: string,
  keyMaterialId: string,
  context: CallContext,
): Promise<void> {
  let isRequested = false;
  await eventually(
    `KMS key ${keyId} to be rotated in ${kms.region}`,
    async () => {
      if ((await describeKmsKey(kms, keyId, context)).keyMaterialId === keyMaterialId) return true;
      if (!isRequested) isRequested = await requestRotation(kms, keyId, context);
      return false;
    },
    { result: (rotated) => !rotated },
    ROTATION_SECONDS,
  );
}

/** Whether the rotation has started. False where AWS does not yet see every import of the new material. */
async function requestRotation(kms: Kms, keyId: string, context: CallContext): Promise<boolean> {
  try {
    await kms.call("RotateKeyOnDemand", { KeyId: keyId }, context);
    return true;
  } catch (error) {
    if (isKeymgmtError(error, "Conflict")) return true; // in progress: an earlier response was lost
    if (isKeymgmtError(error) && error.context.nothingToRotate) return false;
    throw error;
  }
}
