/** KMS keys of a key that AWS has and the state does not: a removed distribution's, a renamed one's, an interrupted run's. */

import { ifOpen } from "../../keys/claimSecret";
import { isMultiRegionKeyId } from "../../kms/arn";
import type { KeyState } from "../../kms/keyState";
import { isLeaving } from "../../kms/keyState";
import { describeKmsKey } from "../../kms/kmsKeys";
import { ifPermitted, permitted } from "../../kms/optional";
import { CLAIM, TAG, type TaggedKey } from "../../kms/taggedKeys";
import { versionsOf } from "../../state/records";
import { type Candidate, type Known, type Unrecorded, type Wanted, wantedVersions } from "../plan/known";
import type { OutcomeOf } from "../plan/steps";
import type { Place } from "../regionalDistribution";
import { LOST_WITHOUT_LISTING } from "./distributionName";
import { leaveDoubtful, refuseIfInUse, refuseNewer, refuseOthers, refuseUntagged } from "./findRefusals";
import { oursAmong, ownershipOf } from "./ownership";
import { copyOf, type Doubtful, doubtOf, isProved } from "./proof";
import { distributionsTagged, versionTagged } from "./tagValues";

/** By version. Those of this distribution come first, then those that no distribution uses any more. */
export async function find(place: Place, known: Known, wanted: Wanted): Promise<OutcomeOf<"find">> {
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
  const found: Record<number, Candidate> = {};
  const doubtful: Doubtful[] = [];
  const free = tagged.filter(isFree);
  const names = free.length > 0 ? await namesTagged(place, tagged) : [];
  for (const key of oursAmong(tagged, place.owner).filter(isFree)) {
    const version = versionTagged(key);
    if (version === undefined || version > place.owner.key.keyVersion) continue;
    if (known.records[version] || known.candidates[version]) continue;
    const candidate = await candidateOf(place, version, key, names);
    if (!candidate) continue;
    const isNext = isBetter(candidate, found[version]);
    if (!isNext && (hasMaterial(found[version]!) || !hasMaterial(candidate))) continue;
    const { had } = distributionsTagged(key);
    const doubt = await doubtOf(place, version, key, had, tagged);
    if (doubt !== undefined) doubtful.push({ version, key, state: candidate.record.state, doubt });
    else if (isNext) found[version] = candidate;
  }
  doubtful.push(...withMovedClaims(found, doubtful, tagged));
  await refuseNewer(place, wanted.isNew ? free : await newerProved(place, free), names);
  const missing = wantedVersions(wanted).filter(
    (version) =>
      !wanted.fresh.includes(version) &&
      !found[version] &&
      !known.records[version] &&
      !known.candidates[version],
  );
  const isUnused = (version: number) => !wanted.isNew && version > (versionsOf(known.records).at(-1) ?? 0);
  await refuseUntagged(place, names, missing, free, isUnused);
  await leaveDoubtful(
    place,
    doubtful.filter(({ version }) => missing.includes(version)),
    isUnused,
    wanted.strategy === "on-demand",
  );
  return { candidates: found, isPermitted: true };
}

const hasMaterial = ({ record }: Candidate) => record.state !== "PendingImport";

/**
 * Takes those away that are proved and have no material where another one of the version has some and is not proved: who may tag
 * both may have moved the claim from that one.
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
    const version = versionTagged(key) ?? 0;
    if (version <= place.owner.key.keyVersion) continue;
    if (await isProved(place, version, key.tags[CLAIM], distributionsTagged(key).had)) proved.push(key);
  }
  return proved;
}

/**
 * The names that the distribution's KMS keys may be tagged with. Where another stack had the alias that was asked for, they have
 * that name, and the alias that was taken instead points to one of them.
 */
async function namesTagged({ run, kms, owner, aliasName, distributions }: Place, tagged: TaggedKey[]) {
  const aliases = (await permitted(() => run.listings.aliases(kms))) ?? [];
  const target = aliases.find(({ name }) => name === aliasName)?.keyId;
  const inUse = oursAmong(tagged, owner).find(({ keyId }) => keyId === target);
  return inUse ? [...distributions, distributionsTagged(inUse).had] : distributions;
}

async function candidateOf(
  place: Place,
  version: number,
  key: TaggedKey,
  names: string[],
): Promise<Candidate | undefined> {
  const { kms } = place;
  const { keyId, keyArn } = key;
  const seen = await ifPermitted(kms, "a KMS key of an earlier run is imported into again", () =>
    describeKmsKey(kms, keyId, place.context(version)),
  );
  // Without kms:DescribeKey it is assumed to be PendingImport. It may be PendingDeletion; then the import says so.
  const state = seen?.state ?? "PendingImport";
  if (state === "Deleted") return undefined;
  const { had, provedBy } = distributionsTagged(key);
  const isClaimed = provedBy !== undefined && names.includes(provedBy);
  const isOwn = names.includes(had);
  const isUnused = await isGivenUp(place, key, state, seen !== undefined);
  if (!isOwn && !isClaimed && !isUnused) return undefined;
  return {
    // With another distribution's name the claim is to be made anew.
    record: { keyId, keyArn, state, kcv: place.kcv(version), ...(isOwn && { claim: key.tags[CLAIM] }) },
    ...(!isOwn && { former: had }),
    ...(isClaimed && { isClaimed }),
    wasLeaving: isUnused || isClaimed,
  };
}

/** Whether no distribution uses it: it waits for its deletion; or a killed run has cancelled that, and no alias is there. */
async function isGivenUp(
  { kms, run }: Place,
  { keyId }: TaggedKey,
  state: KeyState,
  isSeen: boolean,
): Promise<boolean> {
  if (!isSeen || state === "Enabled") return false;
  if (isLeaving(state)) return true;
  const aliases = await permitted(() => run.listings.aliases(kms));
  return aliases !== undefined && !aliases.some((alias) => alias.keyId === keyId);
}

/** Of the distribution itself before others', and in use before on its way to deletion. */
function isBetter(one: Candidate, other: Candidate | undefined): boolean {
  return other === undefined || rank(one) < rank(other);
}

function rank({ former, isClaimed, record }: Candidate): number {
  return (former === undefined ? 0 : isClaimed ? 2 : 4) + (isLeaving(record.state) ? 1 : 0);
}

/**
 * KMS keys of a distribution that goes, which the state does not know: an update was killed after it had made them. Without the
 * permissions to list they are left to `keymgmt sweep`.
 */
export async function findUnrecorded(place: Place, { records }: Known): Promise<Unrecorded[]> {
  const { run, kms, owner } = place;
  const tagged = (await permitted(() => run.listings.taggedKeys(kms))) ?? [];
  const recorded = new Set(Object.values(records).map(({ keyId }) => keyId));
  const own = tagged.filter(
    ({ keyId, tags }) =>
      ownershipOf(tags, owner) === "ours" &&
      place.distributions.includes(tags[TAG.distribution] ?? "") &&
      !recorded.has(keyId),
  );
  const asked = own.map(async (key): Promise<Unrecorded[]> => {
    const version = versionTagged(key);
    if (version === undefined) return [];
    const { [CLAIM]: claim, [TAG.distribution]: distribution } = key.tags;
    // A claim that the state has of another KMS key was taken from that one's tags.
    const isCopied =
      Object.values(records).some((record) => record.claim === claim) ||
      copyOf(claim, key.keyId, tagged) !== undefined;
    const isRight =
      !isCopied && (await ifOpen(() => isProved(place, version, claim, distribution!))) === true;
    return [{ version, keyId: key.keyId, isProved: isRight }];
  });
  return (await Promise.all(asked)).flat();
}
