/** One orphan as a candidate for a version: whether it may be recovered, and which of several goes first. */

import { isPendingDeletion, type KeyState } from "../../kms/keyState";
import { describeKmsKey } from "../../kms/kmsKeys";
import { ifPermitted, permitted } from "../../kms/optional";
import { CLAIM, type TaggedKey } from "../../kms/taggedKeys";
import type { Candidate } from "../plan/known";
import type { RegionalDistribution } from "../regionalDistribution";
import { distributionsInTags } from "./tagValues";

export const hasMaterial = ({ record }: Candidate) => record.state !== "PendingImport";

/** Undefined where a distribution uses it, or AWS has deleted it. @param names that the distribution's KMS keys may be tagged with */
export async function candidateOf(
  regional: RegionalDistribution,
  version: number,
  key: TaggedKey,
  names: string[],
): Promise<Candidate | undefined> {
  const { kms } = regional;
  const { keyId, keyArn } = key;
  const seen = await ifPermitted(kms, "a KMS key of an earlier run is imported into again", () =>
    describeKmsKey(kms, keyId, regional.context(version)),
  );
  // Without kms:DescribeKey it is assumed to be PendingImport. It may be PendingDeletion; then the import says so.
  const state = seen?.state ?? "PendingImport";
  if (state === "Deleted") return undefined;
  const { distribution: current, claimant } = distributionsInTags(key);
  const isClaimPending = claimant !== undefined && names.includes(claimant);
  const isOwn = names.includes(current);
  const isUnused = await isGivenUp(regional, key, state, seen !== undefined);
  if (!isOwn && !isClaimPending && !isUnused) return undefined;
  return {
    // A claim that names another distribution must be made anew.
    record: { keyId, keyArn, state, kcv: regional.kcv(version), ...(isOwn && { claim: key.tags[CLAIM] }) },
    ...(!isOwn && { former: current }),
    ...(isClaimPending && { isClaimPending }),
    wasPendingDeletion: isUnused || isClaimPending,
  };
}

/** Whether no distribution uses it: its deletion is scheduled; or a killed run has cancelled that, and no alias points to it. */
async function isGivenUp(
  { kms, run }: RegionalDistribution,
  { keyId }: TaggedKey,
  state: KeyState,
  isSeen: boolean,
): Promise<boolean> {
  if (!isSeen || state === "Enabled") return false;
  if (isPendingDeletion(state)) return true;
  const aliases = await permitted(() => run.listings.aliases(kms));
  return aliases !== undefined && !aliases.some((alias) => alias.keyId === keyId);
}

/** The distribution's own come before others', and those in use before those whose deletion is scheduled. */
export function isBetter(one: Candidate, other: Candidate | undefined): boolean {
  return other === undefined || rank(one) < rank(other);
}

function rank({ former, isClaimPending, record }: Candidate): number {
  return (former === undefined ? 0 : isClaimPending ? 2 : 4) + (isPendingDeletion(record.state) ? 1 : 0);
}
