/** KMS keys of a key that AWS has and the state does not: a removed distribution's, a renamed one's, an interrupted run's. */
import { isMultiRegionKeyId } from "../awskms/arn";
import { describeKmsKey } from "../awskms/kmsKeys";
import { ifPermitted, permitted } from "../awskms/optional";
import { PENDING_CLAIM, TAG, type TaggedKey } from "../awskms/taggedKeys";
import { KeymgmtError } from "../errors";
import { LOST_WITHOUT_LISTING, mayReturn } from "./naming";
import { oursAmong, ownershipOf } from "./ownership";
import type { Place } from "./place";
import { type Candidate, isLeaving, type Known, type Unrecorded } from "./plan/known";
import type { OutcomeOf } from "./plan/steps";

/** By version. Those of this distribution come first, then those that no distribution uses any more. */
export async function find(place: Place, known: Known): Promise<OutcomeOf<"find">> {
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
  const ours = oursAmong(tagged, place.owner).filter(
    (key) =>
      !recorded.has(key.keyId) &&
      !known.excluded.includes(key.keyId) &&
      isMultiRegionKeyId(key.keyId) === place.isMultiRegion &&
      !run.declared.isHeldByAnother(place.owner.distribution, key.keyId),
  );
  const found: Record<number, Candidate> = {};
  const names = ours.length > 0 ? await namesTagged(place, tagged) : [];
  for (const key of ours) {
    const version = versionTagged(key);
    if (version === undefined || version > place.owner.key.keyVersion) continue;
    if (known.records[version] || known.candidates[version]) continue;
    const candidate = await candidateOf(place, version, key, names);
    if (candidate && isBetter(candidate, found[version])) found[version] = candidate;
  }
  return { candidates: found, isPermitted: true };
}

/** Without the tags nobody can tell whether the alias, which is there, is this distribution's: a killed run may have made it. */
async function refuseIfInUse({ run, kms, owner, aliasName }: Place, recorded: Set<string>): Promise<void> {
  const aliases = (await permitted(() => run.listings.aliases(kms))) ?? [];
  const held = aliases.filter(({ name, keyId }) => name === aliasName && !recorded.has(keyId ?? ""));
  if (held.length > 0) throw mayReturn(kms, owner, held);
}

/**
 * A key that is adopted from another stack may have KMS keys there that neither the state nor the backup knew of: an update was
 * interrupted. Another stack's are not taken without the program's word, and no second one is made for their versions.
 */
function refuseOthers(place: Place, known: Known, tagged: TaggedKey[]): void {
  const { owner, adopt, run } = place;
  if (!adopt) return;
  for (const key of tagged) {
    const version = versionTagged(key);
    const isSame = key.tags[TAG.distribution] === owner.distribution && key.tags[TAG.key] === owner.key.name;
    const isMissing =
      version !== undefined &&
      version >= owner.key.minEnabledVersion &&
      version <= owner.key.keyVersion &&
      !known.records[version] &&
      !known.candidates[version] &&
      !run.declared.isMaterialMade(owner.key.id, version);
    if (isSame && isMissing && ownershipOf(key.tags, owner) !== "ours")
      throw new KeymgmtError(
        "Conflict",
        `Expected \`adopt\` to name the KMS key of each version of key "${owner.key.name}"; ${key.keyArn} is tagged as version ${version} of ${owner.distribution} and is not among them. Nothing was changed. Name it too: \`adopt: { versions: { ${version}: "${key.keyId}" } }\`.`,
        { ...place.context(version), region: place.region, keyId: key.keyArn },
      );
  }
}

/** The version that a KMS key is tagged as. Release 0.1.0 wrote "2 of orders-1700000000" while it proved one. */
function versionTagged({ tags }: TaggedKey): number | undefined {
  const [, version] = /^(\d+)( of .*)?$/.exec(tags[TAG.version] ?? "") ?? [];
  return version === undefined ? undefined : Number(version);
}

/** The distribution that a KMS key had, and the one that is proving it. */
function distributionsTagged({ tags }: TaggedKey): { had: string; provedBy?: string } {
  const { [TAG.distribution]: distribution = "", [PENDING_CLAIM]: provedBy } = tags;
  const [, former] = / of (.*)$/.exec(tags[TAG.version] ?? "") ?? [];
  return former === undefined ? { had: distribution, provedBy } : { had: former, provedBy: distribution };
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
    record: { keyId, keyArn, state, kcv: place.kcv(version) },
    ...(!isOwn && { former: had }),
    ...(isClaimed && { isClaimed }),
    wasLeaving: isUnused || isClaimed,
  };
}

/** Whether no distribution uses it: it waits for its deletion; or a killed run has cancelled that, and no alias is there. */
async function isGivenUp(
  { kms, run }: Place,
  { keyId }: TaggedKey,
  state: string,
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
  return tagged.flatMap((key) => {
    const version = versionTagged(key);
    const isOwn =
      version !== undefined &&
      ownershipOf(key.tags, owner) === "ours" &&
      place.distributions.includes(key.tags[TAG.distribution] ?? "") &&
      !recorded.has(key.keyId);
    return isOwn ? [{ version, keyId: key.keyId }] : [];
  });
}
