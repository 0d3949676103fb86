/** One orphan as a candidate for a version: whether it may be recovered, and which of several goes first. */

import { isPendingDeletion, type KeyState } from "../../kms/keyState";
import { describeKmsKey } from "../../kms/kmsKeys";
import { undefinedIfDenied, warnIfDenied } from "../../kms/optional";
import { CLAIM, type TaggedKey } from "../../kms/taggedKeys";
import type { Candidate } from "../plan/known";
import type { RegionalDistribution } from "../regionalDistribution";
import { distributionsInTags } from "./tagValues";

export const hasMaterial = ({ record }: Candidate) => record.state !== "PendingImport";

/**
 * Undefined where a distribution uses the KMS key, or AWS has deleted it.
 *
 * @param names distribution names that the tags of the distribution's KMS keys may have
 */
export async function candidateOf(
  regional: RegionalDistribution,
  version: number,
  key: TaggedKey,
  names: string[],
): Promise<Candidate | undefined> {
  const { kms } = regional;
  const { keyId, keyArn } = key;
  const seen = await warnIfDenied(kms, "material is imported again into a KMS key of an earlier run", () =>
    describeKmsKey(kms, keyId, regional.context(version)),
  );
  // Without kms:DescribeKey the state is assumed to be PendingImport. It may be PendingDeletion; the import then fails and shows that.
  const state = seen?.state ?? "PendingImport";
  if (state === "Deleted") return undefined;
  const { distribution: current, claimant } = distributionsInTags(key);
  const isClaimPending = claimant !== undefined && names.includes(claimant);
  const isOwn = names.includes(current);
  const isUnused = await isAbandoned(regional, key, state, seen !== undefined);
  if (!isOwn && !isClaimPending && !isUnused) return undefined;
  return {
    // A claim for another distribution is not valid for this one, which makes a new claim.
    record: { keyId, keyArn, state, kcv: regional.kcv(version), ...(isOwn && { claim: key.tags[CLAIM] }) },
    ...(!isOwn && { former: current }),
    ...(isClaimPending && { isClaimPending }),
    wasPendingDeletion: isUnused || isClaimPending,
  };
}

/** Whether no distribution uses the KMS key: its deletion is scheduled, or a killed run has cancelled the deletion and no alias points to it. */
async function isAbandoned(
  { kms, run }: RegionalDistribution,
  { keyId }: TaggedKey,
  state: KeyState,
  isSeen: boolean,
): Promise<boolean> {
  if (!isSeen || state === "Enabled") return false;
  if (isPendingDeletion(state)) return true;
  const aliases = await undefinedIfDenied(() => run.listings.aliases(kms));
  return aliases !== undefined && !aliases.some((alias) => alias.keyId === keyId);
}

/** A KMS key of this distribution is better than one of another, and one in use is better than one whose deletion is scheduled. */
export function isBetter(one: Candidate, other: Candidate | undefined): boolean {
  return other === undefined || rank(one) < rank(other);
}

function rank({ former, isClaimPending, record }: Candidate): number {
  return (former === undefined ? 0 : isClaimPending ? 2 : 4) + (isPendingDeletion(record.state) ? 1 : 0);
}
