/**
 * Where orphans (KMS keys that AWS has and the state does not) may be a version's and cannot be used: nothing is made beside them
 * while data may be encrypted under them, or the program is told that they are left alone.
 */

import { isPendingDeletion } from "../../kms/keyState";
import { TAG, type TaggedKey } from "../../kms/taggedKeys";
import { desiredVersions, type Known } from "../plan/known";
import type { RegionalDistribution } from "../regionalDistribution";
import { latestOf, lookAtLost } from "./lostKeys";
import { mayBeOurs, oursAmong, ownershipOf, ownerTags } from "./ownership";
import type { Doubtful } from "./proof";
import {
  doubtfulListed,
  newerVersions,
  notAdopted,
  notProved,
  ownerNotVisible,
  tagsMissing,
} from "./refusals";
import { distributionsInTags, versionInTags } from "./tagValues";

/** Without the tags nobody can tell whether an alias that exists is this distribution's: a killed run may have made it. */
export async function refuseIfInUse(regional: RegionalDistribution, recorded: Set<string>): Promise<void> {
  const { run, kms, owner, aliasName } = regional;
  const target = await run.listings.aliasTarget(kms, aliasName);
  if (target === undefined || recorded.has(target)) return;
  throw ownerNotVisible({ key: owner.key.name, stack: owner.stack, region: kms.region }, [aliasName]);
}

/**
 * A key that is adopted from another stack may have KMS keys there that neither the state nor the backup knew of: an update was
 * interrupted. Another stack's are not taken unless the program names them, and no others are made for their versions.
 */
export function refuseOthers(regional: RegionalDistribution, known: Known, tagged: TaggedKey[]): void {
  const { owner, adopt, run } = regional;
  if (!adopt) return;
  for (const key of tagged) {
    const version = versionInTags(key);
    const isSame = key.tags[TAG.distribution] === owner.distribution && key.tags[TAG.key] === owner.key.name;
    const isMissing =
      version !== undefined &&
      version >= owner.key.minEnabledVersion &&
      version <= owner.key.keyVersion &&
      !known.records[version] &&
      !known.candidates[version] &&
      !run.created.hasMaterial(owner.key.id, version);
    if (isSame && isMissing && ownershipOf(key.tags, owner) !== "ours")
      throw notAdopted(owner.key.name, owner.distribution, version, key, {
        ...regional.context(version),
        region: regional.region,
      });
  }
}

/**
 * KMS keys of this distribution have versions that the key does not have: the key has left the state and was made anew, or was
 * restored from an older backup.
 */
export async function refuseNewer(
  regional: RegionalDistribution,
  keys: TaggedKey[],
  names: string[],
): Promise<void> {
  const { owner, run, kms, aliasName, region } = regional;
  const { name: key, keyVersion: latest } = owner.key;
  const own = oursAmong(keys, owner).filter((one) => names.includes(distributionsInTags(one).distribution));
  const isNewer = (one: TaggedKey) => (versionInTags(one) ?? 0) > latest;
  if (!own.some(isNewer)) return;
  const lost = await lookAtLost(run, owner.kms, own);
  const latestLost = latestOf(lost, await run.listings.aliasTarget(kms, aliasName));
  if (!latestLost || !lost.some(isNewer)) return;
  const of = { key, latest, distribution: owner.distribution, aliasName, region };
  throw newerVersions(of, lost, latestLost, regional.context());
}

/**
 * Somebody may have removed tags from the KMS key of a version that has none in the state. Nobody can tell whose it is then, and no
 * other is made in its place.
 *
 * @param names that the distribution's KMS keys may be tagged with
 * @param missing versions for which another would be made
 * @param isUnused whether no state has known a KMS key of the version
 */
export async function refuseUntagged(
  regional: RegionalDistribution,
  names: string[],
  missing: number[],
  keys: TaggedKey[],
  isUnused: (version: number) => boolean,
): Promise<void> {
  const { owner, region, run, kms, aliasName } = regional;
  for (const key of keys) {
    const { keyId, keyArn, tags } = key;
    const version = versionInTags(key);
    const there = ownerTags(tags);
    // A distribution's name begins with its key's, so another key's name beside it was not written by this stack.
    const isNamed = names.includes(there[TAG.distribution] ?? "");
    if (isNamed && there[TAG.key] !== owner.key.name) delete there[TAG.key];
    const lacking = Object.values(TAG).filter((name) => there[name] === undefined);
    const isOfOurs = mayBeOurs(there, owner) || ownershipOf(tags, owner) === "ours";
    const isOfThis = names.includes(tags[TAG.distribution] ?? owner.distribution);
    const isOfMissing = version === undefined ? missing.length > 0 : missing.includes(version);
    if (lacking.length === 0 || !isOfOurs || !isOfThis || !isOfMissing) continue;
    // Of a version that no finished update has used it is left alone, as anybody may have made it.
    if (
      (version === undefined ? missing : [version]).every(isUnused) &&
      (await run.listings.aliasTarget(kms, aliasName)) !== keyId
    ) {
      run.say(
        `${keyArn} in ${region} has some tags of ${owner.distribution} and not ${lacking.join(", ")}; it is left alone, and another KMS key is made`,
      );
      continue;
    }
    const whole: Record<string, string> = {
      [TAG.stack]: owner.stack,
      [TAG.key]: owner.key.name,
      [TAG.distribution]: owner.distribution,
      [TAG.version]: missing.length === 1 ? String(missing[0]) : `<${missing.join(" or ")}>`,
    };
    const lacked = Object.fromEntries(lacking.map((name) => [name, whole[name]!]));
    const versions = missing.map((each) => regional.named(each)).join(" or ");
    throw tagsMissing(key, owner.distribution, versions, lacked, { ...regional.context(), region });
  }
}

/**
 * What may be a version's and does not prove it is left alone. Where data may be encrypted under the version, no other is made before
 * the program says which KMS key it is. A version that no finished update has used gets another.
 *
 * @param isUnused whether no state has known a KMS key of the version
 */
export async function leaveDoubtful(
  regional: RegionalDistribution,
  doubtful: Doubtful[],
  isUnused: (version: number) => boolean,
  isOnDemand: boolean,
): Promise<void> {
  if (doubtful.length === 0) return;
  const { run, kms, owner, region, aliasName } = regional;
  const target = await run.listings.aliasTarget(kms, aliasName);
  // As with a lost key (distributionName.ts): where the program lets its key be deleted, what waits for its deletion is given up.
  const isGivenUp = run.created.hasKey(owner.key.id) && owner.key.deletionAllowed === true;
  const isFree = ({ version, key, state }: Doubtful) =>
    key.keyId !== target && (isUnused(version) || (isGivenUp && isPendingDeletion(state)));
  if (doubtful.every(isFree)) {
    run.say(
      `left alone in ${region}, as nothing proves that it is of ${owner.distribution}, and another KMS key is made: ${doubtfulListed(doubtful)}. \`keymgmt sweep\` lists it`,
    );
    return;
  }
  const isInUse = doubtful.some(({ key }) => key.keyId === target);
  const adopt = {
    ...(isInUse && { aliasName }),
    ...adoptionOf(regional, doubtful, isOnDemand),
  };
  throw notProved(
    { key: owner.key.name, distribution: owner.distribution, region },
    doubtful,
    adopt,
    regional.context(),
  );
}

/** How the program names doubtful KMS keys. One that is rotated on demand holds every version since the first. */
function adoptionOf(regional: RegionalDistribution, doubtful: Doubtful[], isOnDemand: boolean) {
  const first = Math.min(...doubtful.map(({ version }) => version));
  const versions = desiredVersions({ minEnabled: 1, latest: regional.owner.key.keyVersion }).filter(
    (version) => (isOnDemand ? version >= first : doubtful.some((one) => one.version === version)),
  );
  const perVersion = (value: (version: number) => string) =>
    Object.fromEntries(versions.map((version) => [version, value(version)]));
  const idOf = (version: number) => {
    const of = doubtful.filter((one) => isOnDemand || one.version === version).map(({ key }) => key.keyId);
    return of.length === 1 ? of[0]! : `<${of.join(" or ")}>`;
  };
  return { versions: perVersion(idOf), kcvs: perVersion((version) => regional.kcv(version)) };
}
