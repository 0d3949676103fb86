/** KMS keys that AWS has and the state does not: why they are left alone, and what a person can do. */

import { KeymgmtError } from "../../errors";
import { isLeaving } from "../../kms/keyState";
import { permitted } from "../../kms/optional";
import { TAG, type TaggedKey, tagCommand } from "../../kms/taggedKeys";
import { type Known, wantedVersions } from "../plan/known";
import type { Place } from "../regionalDistribution";
import { latestOf, listed, lookAtLost, waysOn } from "./lostKeys";
import { mayReturn } from "./namingRefusals";
import { mayBeOurs, oursAmong, ownershipOf, ownerTags } from "./ownership";
import type { Doubtful } from "./proof";
import { distributionsTagged, versionTagged } from "./tagValues";

/** Without the tags nobody can tell whether the alias, which is there, is this distribution's: a killed run may have made it. */
export async function refuseIfInUse(
  { run, kms, owner, aliasName }: Place,
  recorded: Set<string>,
): Promise<void> {
  const aliases = (await permitted(() => run.listings.aliases(kms))) ?? [];
  const held = aliases.filter(({ name, keyId }) => name === aliasName && !recorded.has(keyId ?? ""));
  if (held.length > 0) throw mayReturn(kms, owner, held);
}

/**
 * A key that is adopted from another stack may have KMS keys there that neither the state nor the backup knew of: an update was
 * interrupted. Another stack's are not taken without the program's word, and no second one is made for their versions.
 */
export function refuseOthers(place: Place, known: Known, tagged: TaggedKey[]): void {
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

/**
 * KMS keys of this distribution that are of versions which the key does not have: it has left the state and was made anew, or is
 * restored from an older backup. Nothing is made beside them: what is in use would be lost.
 */
export async function refuseNewer(place: Place, keys: TaggedKey[], names: string[]): Promise<void> {
  const { owner, run, aliasName } = place;
  const own = oursAmong(keys, owner).filter((key) => names.includes(distributionsTagged(key).had));
  const isNewer = (key: TaggedKey) => (versionTagged(key) ?? 0) > owner.key.keyVersion;
  if (!own.some(isNewer)) return;
  const lost = await lookAtLost(run, owner.kms, own);
  const aliases = (await permitted(() => run.listings.aliases(place.kms))) ?? [];
  const target = aliases.find(({ name }) => name === aliasName)?.keyId;
  const latest = latestOf(lost, target);
  if (!latest || !lost.some(isNewer)) return;
  const adopt = `adopt: { aliasName: "${aliasName}", versions: { ${owner.key.keyVersion}: "${latest.keyId}" } }`;
  const others = lost.filter((one) => one !== latest);
  throw new KeymgmtError(
    "Conflict",
    `Expected the KMS keys of ${owner.distribution} in ${place.region} to be of versions that key "${owner.key.name}" has, 1 to ${owner.key.keyVersion}; there are ${listed(lost)}: the key has left the state and was made anew, or was restored from an older backup. They were left as they are, and nothing was made beside them. ${waysOn(owner.key.name, adopt, others)}`,
    { ...place.context(), region: place.region, keyId: latest.keyArn },
  );
}

/**
 * Somebody may have taken tags away from the KMS key of a version that has none. Whose it is cannot be told then, and no other is
 * made in its place.
 *
 * @param names that the distribution's KMS keys may be tagged with
 * @param missing versions for which another would be made
 * @param isUnused whether no state has known a KMS key of the version
 */
export async function refuseUntagged(
  place: Place,
  names: string[],
  missing: number[],
  keys: TaggedKey[],
  isUnused: (version: number) => boolean,
): Promise<void> {
  const { owner, region, run, kms, aliasName } = place;
  const of = (tags: Record<string, string>) => ({ [TAG.distribution]: owner.distribution, ...tags });
  for (const key of keys) {
    const { keyId, keyArn, tags } = key;
    const version = versionTagged(key);
    const there = ownerTags(tags);
    // A distribution's name begins with its key's: of one with this name another key's is not this stack's doing.
    const isNamed = names.includes(there[TAG.distribution] ?? "");
    if (isNamed && there[TAG.key] !== owner.key.name) delete there[TAG.key];
    const lacking = Object.values(TAG).filter((name) => there[name] === undefined);
    const isOfOurs = mayBeOurs(there, owner) || ownershipOf(tags, owner) === "ours";
    const isOfThis = names.includes(of(tags)[TAG.distribution]!);
    const isOfMissing = version === undefined ? missing.length > 0 : missing.includes(version);
    if (lacking.length === 0 || !isOfOurs || !isOfThis || !isOfMissing) continue;
    // Of a version that no finished update has used it is left alone, as anybody may have made it.
    if ((version === undefined ? missing : [version]).every(isUnused)) {
      const aliases = (await permitted(() => run.listings.aliases(kms))) ?? [];
      if (!aliases.some((alias) => alias.name === aliasName && alias.keyId === keyId)) {
        run.say(
          `${keyArn} in ${region} has some tags of ${owner.distribution} and not ${lacking.join(", ")}; it is left alone, and another KMS key is made`,
        );
        continue;
      }
    }
    const whole: Record<string, string> = {
      ...of({ [TAG.stack]: owner.stack, [TAG.key]: owner.key.name }),
      [TAG.version]: missing.length === 1 ? String(missing[0]) : `<${missing.join(" or ")}>`,
    };
    const command = tagCommand(
      region,
      keyId,
      Object.fromEntries(lacking.map((name) => [name, whole[name]!])),
    );
    throw new KeymgmtError(
      "Conflict",
      `Expected KMS key ${keyArn} to have the tags ${lacking.join(", ")}, by which the KMS keys of ${owner.distribution} are known again; it has not, and may be that of ${missing.map((each) => place.named(each)).join(" or ")}. It was left alone, and nothing was made. If it is, give it them and run the update again: ${command}. If it is not, take its other tags of the form keymgmt:… away, or make new KMS keys on purpose by \`adopt: { versions: {} }\` of the KeyDistribution.`,
      { ...place.context(), region, keyId: keyArn },
    );
  }
}

/**
 * What may be a version's and does not prove it is left alone. Where the version may be encrypted under, no other is made beside it
 * before the program says which it is; a version that no finished update has used gets another.
 *
 * @param isUnused whether no state has known a KMS key of the version
 */
export async function leaveDoubtful(
  place: Place,
  doubtful: Doubtful[],
  isUnused: (version: number) => boolean,
  isOnDemand: boolean,
): Promise<void> {
  if (doubtful.length === 0) return;
  const { run, kms, owner, region, aliasName } = place;
  const aliases = (await permitted(() => run.listings.aliases(kms))) ?? [];
  const target = aliases.find(({ name }) => name === aliasName)?.keyId;
  // As a new key's that is lost (namingRefusals.ts): a program that lets its key be deleted lets those go that wait for it.
  const isGivenUp = run.declared.isKeyMade(owner.key.id) && owner.key.deletionAllowed === true;
  const isFree = ({ version, key, state }: Doubtful) =>
    key.keyId !== target && (isUnused(version) || (isGivenUp && isLeaving(state)));
  const listed = (some: Doubtful[]) =>
    some
      .map(
        ({ version, key, doubt, state }) =>
          `${key.keyArn} (version ${version}: ${doubt}${state === "PendingImport" ? "; it has no material" : ""})`,
      )
      .join("; ");
  if (doubtful.every(isFree)) {
    run.say(
      `left alone in ${region}, as nothing proves that it is of ${owner.distribution}, and another KMS key is made: ${listed(doubtful)}. \`keymgmt sweep\` lists it`,
    );
    return;
  }
  const first = Math.min(...doubtful.map(({ version }) => version));
  const isNamed = (version: number) =>
    isOnDemand ? version >= first : doubtful.some((one) => one.version === version);
  const versions = wantedVersions({ minEnabled: 1, latest: owner.key.keyVersion }).filter(isNamed);
  const perVersion = (value: (version: number) => string) =>
    versions.map((version) => `${version}: "${value(version)}"`).join(", ");
  const ids = perVersion((version) => {
    const of = doubtful.filter((one) => isOnDemand || one.version === version).map(({ key }) => key.keyId);
    return of.length === 1 ? of[0]! : `<${of.join(" or ")}>`;
  });
  const isInUse = doubtful.some(({ key }) => key.keyId === target);
  const adopt = `adopt: { ${isInUse ? `aliasName: "${aliasName}", ` : ""}versions: { ${ids} }, kcvs: { ${perVersion((version) => place.kcv(version))} } }`;
  throw new KeymgmtError(
    "Conflict",
    `Expected the KMS keys in ${region} that are tagged as versions of ${owner.distribution}, and that no state knows, to prove that they are key "${owner.key.name}"'s; these do not: ${listed(doubtful)}. They were left alone, and nothing was made. Was the resource renamed? \`aliases: [{ name: "<old name>" }]\` needs no proof. If they are this stack's (who made them is in CloudTrail: CreateKey), name them: \`${adopt}\` of the KeyDistribution; AWS then takes the material only where it is the same${doubtful.some(({ state }) => state === "PendingImport") ? ", but for one that has no material, which may take any: look at its key policy and grants first" : ""}. Had the key left the state, so that its keyring was made anew with other material? Restore it from its backup (\`restore\`; keymgmt import), or leave \`kcvs\` out, which takes them under management without their material. To leave them and make new KMS keys, which decrypt nothing of what was encrypted before: \`adopt: { versions: {} }\`.`,
    { ...place.context(), region, keyId: doubtful[0]!.key.keyArn },
  );
}
