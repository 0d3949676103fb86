/** Orphans: KMS keys of a key that AWS has and the state does not. Causes are a removed or renamed distribution, and a killed run. */

import { isMultiRegionKeyId } from "../../kms/arn";
import { undefinedIfDenied, warnIfDenied } from "../../kms/optional";
import { CLAIM, type TaggedKey } from "../../kms/taggedKeys";
import { versionsOf } from "../../state/records";
import { type Candidate, type Desired, desiredVersions, type Known } from "../plan/known";
import type { OutcomeOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";
import { candidateOf, hasMaterial, isBetter } from "./candidates";
import { LOST_WITHOUT_LISTING } from "./formerDistributions";
import { leaveDoubtful, refuseIfInUse, refuseNewer, refuseOthers, refuseUntagged } from "./orphanGuards";
import { oursAmong } from "./ownership";
import { type Doubtful, doubtOf, isProved } from "./proof";
import { distributionsInTags, versionInTags } from "./tagValues";

/** Candidates by version. KMS keys of this distribution come first, then those that no distribution uses. */
export async function findOrphans(
  regional: RegionalDistribution,
  known: Known,
  desired: Desired,
): Promise<OutcomeOf<"findOrphans">> {
  const { run, kms } = regional;
  const recorded = new Set(Object.values(known.records).map(({ keyId }) => keyId));
  const listing = () => run.listings.taggedKeys(kms);
  const tagged = await undefinedIfDenied(listing);
  if (!tagged) {
    await refuseIfInUse(regional, recorded);
    await warnIfDenied(kms, LOST_WITHOUT_LISTING, listing); // for the warning
    return { candidates: {}, isPermitted: false };
  }
  refuseOthers(regional, known, tagged);
  const isFree = ({ keyId }: TaggedKey) =>
    !recorded.has(keyId) &&
    !known.excluded.includes(keyId) &&
    isMultiRegionKeyId(keyId) === regional.isMultiRegion &&
    !run.declared.isHeldByAnother(regional.owner.distribution, keyId);
  const free = tagged.filter(isFree);
  const names = free.length > 0 ? await namesTagged(regional, tagged) : [];
  const { found, doubtful } = await candidatesAmong(
    regional,
    known,
    oursAmong(tagged, regional.owner).filter(isFree),
    names,
    tagged,
  );
  await refuseNewer(regional, desired.isNew ? free : await newerProved(regional, free), names);
  const missing = desiredVersions(desired).filter(
    (version) =>
      !desired.fresh.includes(version) &&
      !found[version] &&
      !known.records[version] &&
      !known.candidates[version],
  );
  const isUnused = (version: number) => !desired.isNew && version > (versionsOf(known.records).at(-1) ?? 0);
  await refuseUntagged(regional, names, missing, free, isUnused);
  const inDoubt = doubtful.filter(({ version }) => missing.includes(version));
  await leaveDoubtful(regional, inDoubt, isUnused, desired.strategy === "on-demand");
  return { candidates: found, isPermitted: true };
}

/** For each version the best KMS key that proves to be this key's, and all that do not prove it. */
async function candidatesAmong(
  regional: RegionalDistribution,
  known: Known,
  keys: TaggedKey[],
  names: string[],
  tagged: TaggedKey[],
): Promise<{ found: Record<number, Candidate>; doubtful: Doubtful[] }> {
  const found: Record<number, Candidate> = {};
  const doubtful: Doubtful[] = [];
  for (const key of keys) {
    const version = versionInTags(key);
    if (version === undefined || version > regional.owner.key.keyVersion) continue;
    if (known.records[version] || known.candidates[version]) continue;
    const candidate = await candidateOf(regional, version, key, names);
    if (!candidate) continue;
    const isNext = isBetter(candidate, found[version]);
    if (!isNext && (hasMaterial(found[version]!) || !hasMaterial(candidate))) continue;
    const { distribution } = distributionsInTags(key);
    const doubt = await doubtOf(regional, version, key, distribution, tagged);
    if (doubt !== undefined) doubtful.push({ version, key, state: candidate.record.state, doubt });
    else if (isNext) found[version] = candidate;
  }
  doubtful.push(...withMovedClaims(found, doubtful, tagged));
  return { found, doubtful };
}

/**
 * Removes a proved candidate that has no material if an unproved KMS key of the same version has material. Somebody who may tag both may
 * have moved the claim from that one.
 */
function withMovedClaims(
  found: Record<number, Candidate>,
  doubtful: Doubtful[],
  tagged: TaggedKey[],
): Doubtful[] {
  return Object.entries(found).flatMap(([each, candidate]) => {
    const version = Number(each);
    const other = doubtful.find((one) => one.version === version && one.state !== "PendingImport");
    const key = tagged.find(({ keyId }) => keyId === candidate.record.keyId);
    if (hasMaterial(candidate) || !other || !key) return [];
    delete found[version];
    const doubt = `${other.key.keyArn} is tagged as the same version and may have had its claim`;
    return [{ version, key, state: candidate.record.state, doubt }];
  });
}

/**
 * KMS keys of versions that the key does not have, with claims of its keyring: the key was restored from an older backup. In an update
 * every KMS key in use is in the state, so KMS keys without a valid claim are ignored: anybody may have tagged them.
 */
async function newerProved(regional: RegionalDistribution, keys: TaggedKey[]): Promise<TaggedKey[]> {
  const proved: TaggedKey[] = [];
  for (const key of keys) {
    const version = versionInTags(key) ?? 0;
    if (version <= regional.owner.key.keyVersion) continue;
    if (await isProved(regional, version, key.tags[CLAIM], distributionsInTags(key).distribution))
      proved.push(key);
  }
  return proved;
}

/**
 * The distribution names that the tags of the distribution's KMS keys may have. If another stack had the requested alias, the tags have
 * the requested name, and the alias that was used instead points to one of the KMS keys.
 */
async function namesTagged(regional: RegionalDistribution, tagged: TaggedKey[]): Promise<string[]> {
  const { run, kms, owner, aliasName, distributions } = regional;
  const target = await run.listings.aliasTarget(kms, aliasName);
  const inUse = oursAmong(tagged, owner).find(({ keyId }) => keyId === target);
  return inUse ? [...distributions, distributionsInTags(inUse).distribution] : distributions;
}
