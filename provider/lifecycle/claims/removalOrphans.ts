/**
 * Orphans of a distribution that is removed: an update was killed after it had created them. Without permission to list KMS keys they
 * are left to `keymgmt sweep`.
 */

import { ifRootKeyAvailable } from "../../keys/claimSecret";
import { undefinedIfDenied } from "../../kms/optional";
import { CLAIM, TAG } from "../../kms/taggedKeys";
import type { Known, Unrecorded } from "../plan/known";
import type { RegionalDistribution } from "../regionalDistribution";
import { ownershipOf } from "./ownership";
import { copyOf, isProved } from "./proof";
import { versionInTags } from "./tagValues";

export async function findRemovalOrphans(
  regional: RegionalDistribution,
  { records }: Known,
): Promise<Unrecorded[]> {
  const { run, kms, owner } = regional;
  const tagged = (await undefinedIfDenied(() => run.listings.taggedKeys(kms))) ?? [];
  const recorded = Object.values(records);
  const own = tagged.filter(
    ({ keyId, tags }) =>
      ownershipOf(tags, owner) === "ours" &&
      regional.distributions.includes(tags[TAG.distribution] ?? "") &&
      !recorded.some((record) => record.keyId === keyId),
  );
  const asked = own.map(async (key): Promise<Unrecorded[]> => {
    const version = versionInTags(key);
    if (version === undefined) return [];
    const { [CLAIM]: claim, [TAG.distribution]: distribution } = key.tags;
    // If the state has this claim for another KMS key, it was copied from the tags of that one.
    const isCopied =
      recorded.some((record) => record.claim === claim) || copyOf(claim, key.keyId, tagged) !== undefined;
    const isRight =
      !isCopied &&
      (await ifRootKeyAvailable(() => isProved(regional, version, claim, distribution!))) === true;
    return [{ version, keyId: key.keyId, isProved: isRight }];
  });
  return (await Promise.all(asked)).flat();
}
