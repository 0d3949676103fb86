import { isKeymgmtError } from "../errors";
import type { CallContext, Kms } from "./client/client";
import { eventually } from "./eventually";
import { describeKmsKey } from "./kmsKeys";

/** "You can perform on-demand key rotation a maximum of 25 times per KMS key" (RotateKeyOnDemand's reference); not adjustable. */
export const MOST_ON_DEMAND_ROTATIONS = 25;

/** A rotation is asynchronous; AWS names no time for it. */
const ROTATION_SECONDS = 10 * 60;

/**
 * Has the KMS key use a material that was imported as new into it, and into each of its replicas, and waits until AWS
 * shows it as the current one. A KMS key has one such material at the most, so asking twice cannot rotate twice.
 * Needs kms:RotateKeyOnDemand and kms:DescribeKey.
 */
export async function rotateOnDemand(
  kms: Kms,
  keyId: string,
  keyMaterialId: string,
  context: CallContext,
): Promise<void> {
  let asked = false;
  await eventually(
    `KMS key ${keyId} to be rotated in ${kms.region}`,
    async () => {
      if ((await describeKmsKey(kms, keyId, context)).keyMaterialId === keyMaterialId) return true;
      if (!asked) asked = await ask(kms, keyId, context);
      return false;
    },
    { result: (rotated) => !rotated },
    ROTATION_SECONDS,
  );
}

/** Whether the rotation is under way; false where AWS does not yet see every import of the new material. */
async function ask(kms: Kms, keyId: string, context: CallContext): Promise<boolean> {
  try {
    await kms.call("RotateKeyOnDemand", { KeyId: keyId }, context);
    return true;
  } catch (error) {
    if (isKeymgmtError(error, "Conflict")) return true; // in progress: an earlier answer was lost
    if (isKeymgmtError(error) && error.context.nothingToRotate) return false;
    throw error;
  }
}
