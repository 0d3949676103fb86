/** Orphans: KMS keys of a key that AWS has and the state does not. A removed distribution leaves them, a renamed one, a killed run. */

import { isMultiRegionKeyId } from "../../kms/arn";
import { ifPermitted, permitted } from "../../kms/optional";
import { CLAIM, type TaggedKey } from "../../kms/taggedKeys";
import { versionsOf } from "../../state/records";
import { type Candidate, type Desired, desiredVersions, type Known } from "../plan/known";
import type { OutcomeOf } from "../plan/steps";
import type { Place } from "../regionalDistribution";
import { candidateOf, hasMaterial, isBetter } from "./candidates";
import { LOST_WITHOUT_LISTING } from "./formerDistributions";
import { leaveDoubtful, refuseIfInUse, refuseNewer, refuseOthers, refuseUntagged } from "./orphanGuards";
import { oursAmong } from "./ownership";
import { type Doubtful, doubtOf, isProved } from "./proof";
import { distributionsInTags, versionInTags } from "./tagValues";

/** Candidates by version. Those of this distribution come first, then those that no distribution uses any more. */
export async function findOrphans(
  place: Place,
  known: Known,
  desired: Desired,
): Promise<OutcomeOf<"findOrphans">> {
  const { run, kms } = place;
  const recorded = new Set(Object.values(known.records).map(({ keyId }) => keyId));
  const listing = () => run.listings.taggedKeys(kms);
  const tagged = await permitted(listing);
  if (!tagged) {
    await refuseIfInUse(place, recorded);
    await ifPermitted(kms, LOST_WITHOUT_LISTING, listing); // says it
    return { candidates: {}, isPermitted: false };
  }
  refuseOthers(place, known, tagged);
  const isFree = ({ keyId }: TaggedKey) =>
    !recorded.has(keyId) &&
    !known.excluded.includes(keyId) &&
    isMultiRegionKeyId(keyId) === place.isMultiRegion &&
    !run.declared.isHeldByAnother(place.owner.distribution, keyId);
  const free = tagged.filter(isFree);
  const names = free.length > 0 ? await namesTagged(place, tagged) : [];
  const { found, doubtful } = await candidatesAmong(
    place,
    known,
    oursAmong(tagged, place.owner).filter(isFree),
    names,
    tagged,
  );
  await refuseNewer(place, desired.isNew ? free : await newerProved(place, free), names);
  const missing = desiredVersions(desired).filter(
    (version) =>
      !desired.fresh.includes(version) &&
      !found[version] &&
      !known.records[version] &&
      !known.candidates[version],
  );
  const isUnused = (version: number) => !desired.isNew && version > (versionsOf(known.records).at(-1) ?? 0);
  await refuseUntagged(place, names, missing, free, isUnused);
  const inDoubt = doubtful.filter(({ version }) => missing.includes(version));
  await leaveDoubtful(place, inDoubt, isUnused, desired.strategy === "on-demand");
  return { candidates: found, isPermitted: true };
}

/** Of each version the best KMS key that proves to be this key's, and those that do not prove it. */
async function candidatesAmong(
  place: Place,
  known: Known,
  keys: TaggedKey[],
  names: string[],
  tagged: TaggedKey[],
): Promise<{ found: Record<number, Candidate>; doubtful: Doubtful[] }> {
  const found: Record<number, Candidate> = {};
  const doubtful: Doubtful[] = [];
  for (const key of keys) {
    const version = versionInTags(key);
    if (version === undefined || version > place.owner.key.keyVersion) continue;
    if (known.records[version] || known.candidates[version]) continue;
    const candidate = await candidateOf(place, version, key, names);
    if (!candidate) continue;
    const isNext = isBetter(candidate, found[version]);
    if (!isNext && (hasMaterial(found[version]!) || !hasMaterial(candidate))) continue;
    const { had } = distributionsInTags(key);
    const doubt = await doubtOf(place, version, key, had, tagged);
    if (doubt !== undefined) doubtful.push({ version, key, state: candidate.record.state, doubt });
    else if (isNext) found[version] = candidate;
  }
  doubtful.push(...withMovedClaims(found, doubtful, tagged));
  return { found, doubtful };
}

/**
 * Removes from the candidates those that are proved and have no material, where another one of the version has some and is not
 * proved: whoever may tag both may have moved the claim from that one.
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
 * KMS keys of versions that the key does not have, made with its keyring: it was restored from an older backup. In an update what
 * is in use is in the state, so those that anybody may have tagged do not count.
 */
async function newerProved(place: Place, keys: TaggedKey[]): Promise<TaggedKey[]> {
  const proved: TaggedKey[] = [];
  for (const key of keys) {
    const version = versionInTags(key) ?? 0;
    if (version <= place.owner.key.keyVersion) continue;
    if (await isProved(place, version, key.tags[CLAIM], distributionsInTags(key).had)) proved.push(key);
  }
  return proved;
}

/**
 * The names that the distribution's KMS keys may be tagged with. Where another stack had the requested alias, they have the
 * requested name, and the alias that was used instead points to one of them.
 */
async function namesTagged(place: Place, tagged: TaggedKey[]): Promise<string[]> {
  const { run, kms, owner, aliasName, distributions } = place;
  const target = await run.listings.aliasTarget(kms, aliasName);
  const inUse = oursAmong(tagged, owner).find(({ keyId }) => keyId === target);
  return inUse ? [...distributions, distributionsInTags(inUse).had] : distributions;
}
