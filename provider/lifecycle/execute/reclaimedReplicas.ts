/**
 * Replicas of removed KeyReplicas that are pending deletion. A replica in this state cannot import material. A rotation on demand
 * cancels the deletion and schedules it again afterwards. AWS accepts no tag for a KMS key that is pending deletion. A tag of the primary
 * says before which deletions a rotation cancels. So an interrupted rotation is finished by the next update.
 * Source: "Key states of AWS KMS keys" in the developer guide.
 */

import type { Kms } from "../../kms/client/client";
import type { KeyState } from "../../kms/keyState";
import { LONGEST_WINDOW_DAYS, tagList } from "../../kms/kmsKeys";
import { undefinedIfDenied, warnIfDenied } from "../../kms/optional";
import { reclaimTag, tagsOf } from "../../kms/taggedKeys";
import { observeAlias } from "../drift/observe";
import type { RegionalDistribution } from "../regionalDistribution";

/** A replica in another Region than the primary. */
interface Replica {
  keyId: string;
  region: string;
  version: number;
}

/** Says that the deletion of a replica is cancelled for a rotation, before it is. */
export async function markReclaimed(
  regional: RegionalDistribution,
  { keyId, region, version }: Replica,
): Promise<void> {
  const Tags = tagList({ [reclaimTag(region)]: regional.owner.distribution });
  regional.reclaimed.add(region);
  await regional.kms.call("TagResource", { KeyId: keyId, Tags }, regional.context(version));
}

/** The deletion is scheduled again. */
export async function unmarkReclaimed(
  regional: RegionalDistribution,
  { keyId, region, version }: Replica,
): Promise<void> {
  const TagKeys = [reclaimTag(region)];
  regional.reclaimed.delete(region);
  await undefinedIfDenied(() =>
    regional.kms.call("UntagResource", { KeyId: keyId, TagKeys }, regional.context(version)),
  );
}

/** Names the replicas whose deletion is cancelled, to a user who may give up after the rotation has failed. */
export function sayReclaimed(regional: RegionalDistribution, keyId: string): void {
  for (const region of regional.reclaimed)
    regional.run.say(
      `the deletion of KMS key ${keyId} in ${region} was cancelled for a rotation, which failed; the next update finishes it, and schedules the deletion again. To schedule it without the rotation: ${regional.deletionCommand({ keyId }, LONGEST_WINDOW_DAYS, region)}`,
    );
}

/**
 * Whether the deletion of a replica is scheduled, or was scheduled until a rotation cancelled it and then failed: that leaves it Disabled, or
 * without its material if that had expired. A KeyReplica that
 * manages a replica has the alias there; one that is removed deletes it first.
 */
export async function wasPendingDeletion(
  regional: RegionalDistribution,
  there: Kms,
  keyId: string,
  state: KeyState,
): Promise<boolean> {
  if (state !== "Disabled" && state !== "PendingImport") return state === "PendingDeletion";
  const loses = "a replica whose deletion a failed rotation cancelled stays Disabled";
  const tags = await warnIfDenied(regional.kms, loses, () => tagsOf(regional.kms, keyId));
  if (tags?.[reclaimTag(there.region)] !== regional.owner.distribution) return false;
  return (await observeAlias(there, regional.aliasName, loses)) === "";
}
