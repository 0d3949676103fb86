/**
 * Orphans (KMS keys that AWS has and the state does not) that may belong to a version and cannot be used. If data may be encrypted under
 * them, the update is refused and no other KMS key is created. Otherwise the user is told that they are left alone.
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

/** Without the tags it is not known whether an existing alias is this distribution's. A killed run may have created it. */
export async function refuseIfInUse(regional: RegionalDistribution, recorded: Set<string>): Promise<void> {
  const { run, kms, owner, aliasName } = regional;
  const target = await run.listings.aliasTarget(kms, aliasName);
  if (target === undefined || recorded.has(target)) return;
  throw ownerNotVisible({ key: owner.key.name, stack: owner.stack, region: kms.region }, [aliasName]);
}

/**
 * A key that is adopted from another stack may have KMS keys that neither that stack's state nor the backup lists, because an update was
 * interrupted. KMS keys of another stack are used only if the program names them. Until then none is created for their versions.
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
 * The distribution has KMS keys of versions that the key does not have. So the key was created again after it had left the state, or was
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
 * A version without a KMS key in the state may have one in AWS whose tags somebody has removed. Its owner is not known then, and no other
 * KMS key is created in its place.
 *
 * @param names distribution names that the tags of the distribution's KMS keys may have
 * @param missing versions for which another KMS key would be created
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
    // The name of a distribution begins with the name of its key. So this stack did not write another key's name next to it.
    const isNamed = names.includes(there[TAG.distribution] ?? "");
    if (isNamed && there[TAG.key] !== owner.key.name) delete there[TAG.key];
    const lacking = Object.values(TAG).filter((name) => there[name] === undefined);
    const isOfOurs = mayBeOurs(there, owner) || ownershipOf(tags, owner) === "ours";
    const isOfThis = names.includes(tags[TAG.distribution] ?? owner.distribution);
    const isOfMissing = version === undefined ? missing.length > 0 : missing.includes(version);
    if (lacking.length === 0 || !isOfOurs || !isOfThis || !isOfMissing) continue;
    // If no finished update has used the version, it is left alone, because anybody may have created it.
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
 * KMS keys that may belong to a version and do not prove it are left alone. If data may be encrypted under the version, no other is
 * created before the program names the KMS key. A version that no finished update has used gets another one.
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
  // As for a lost key (distributionName.ts): if the program allows the key's deletion, KMS keys that are pending deletion are left to it.
  const isDeletable = run.created.hasKey(owner.key.id) && owner.key.deletionAllowed === true;
  const isFree = ({ version, key, state }: Doubtful) =>
    key.keyId !== target && (isUnused(version) || (isDeletable && isPendingDeletion(state)));
  if (doubtful.every(isFree)) {
    run.say(
      `left alone in ${region}, because nothing proves that it is of ${owner.distribution}; another KMS key is made: ${doubtfulListed(doubtful)}. \`keymgmt sweep\` lists it`,
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

/** The `adopt` input that names doubtful KMS keys. A KMS key that is rotated on demand holds all versions from its first on. */
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
