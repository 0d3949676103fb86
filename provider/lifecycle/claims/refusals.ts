/** Messages about KMS keys in AWS that are not used: the reason, and what the user can do. The callers decide; this file only words it. Pure. */
import { KeymgmtError, type KeymgmtErrorContext } from "../../errors";
import type { TaggedKey } from "../../kms/taggedKeys";
import type { KmsRef } from "../../state/types";
import { ADVICE, adoptInput } from "../advice";
import { type LostKmsKey, listed } from "./lostKeys";
import type { Doubtful } from "./proof";

const LEFT = "They were left alone, and nothing was made.";
const LEFT_ONE = "It was left alone, and nothing was made.";

/** Without permission to list KMS keys it is not known whether an alias of the key is ours. If it is, it must be used again. */
export function ownerNotVisible(
  { key, stack, region }: { key: string; stack: string; region: string },
  aliases: string[],
): KeymgmtError {
  return new KeymgmtError(
    "AccessDenied",
    `Expected to see whether ${aliases.join(", ")} in ${region} is this stack's (${stack}): key "${key}" existed before, and may have been distributed there. That needs kms:ListKeys and kms:ListResourceTags; to use it again needs kms:DescribeKey and kms:CancelKeyDeletion too (\`keymgmt iam-policy --recovery\`). Nothing was made. ${ADVICE.resourceRenamed} That needs none of these permissions. ${ADVICE.newKmsKeys} The deletion of a removed resource's KMS keys is then scheduled.`,
    { key, region, permission: "kms:ListKeys" },
  );
}

/** A version of an adopted key has a KMS key that `adopt` does not name. */
export function notAdopted(
  key: string,
  distribution: string,
  version: number,
  { keyId, keyArn }: TaggedKey,
  context: KeymgmtErrorContext,
): KeymgmtError {
  return new KeymgmtError(
    "Conflict",
    `Expected \`adopt\` to name the KMS key of each version of key "${key}"; ${keyArn} is tagged as version ${version} of ${distribution} and is not among them. Nothing was changed. Name it too: ${adoptInput({ versions: { [version]: keyId } })}.`,
    { ...context, keyId: keyArn },
  );
}

/** There are KMS keys of versions that the key does not have. */
export function newerVersions(
  { key, latest: newest, distribution, aliasName, region }: LostOf & { latest: number; distribution: string },
  lost: LostKmsKey[],
  latest: LostKmsKey,
  context: KeymgmtErrorContext,
): KeymgmtError {
  const adopt = { aliasName, versions: { [newest]: latest.keyId } };
  return new KeymgmtError(
    "Conflict",
    `Expected the KMS keys of ${distribution} in ${region} to be of versions that key "${key}" has, 1 to ${newest}; there are ${listed(lost)}: the key left the state and was created again, or was restored from an older backup. ${LEFT} ${lostMaterialAdvice(key, adopt, without(lost, latest))}`,
    { ...context, region, keyId: latest.keyArn },
  );
}

/** A new resource was given the name of one that the program declares after it, because its alias is in use. */
export function takenOver(name: string, { key, kms }: { key: { name: string }; kms: KmsRef }): KeymgmtError {
  return new KeymgmtError(
    "Conflict",
    `Expected ${name} to be the name of one KeyDistribution in ${kms.keyCollection}; another one of this program has it too: it was new, stood before this one, and the alias is in use. Take that other one out of the program and run \`pulumi up\`: the KMS keys and the alias stay as they are. For a second distribution of key "${key.name}" there, declare it after this one, with \`dependsOn\` of this one.`,
    { key: key.name, region: kms.keyCollection },
  );
}

/** Which of several distributions a resource stands for is not known. */
export function severalInUse(
  { key, kms: { keyCollection: region, aliasPrefix } }: { key: string; kms: KmsRef },
  names: string[],
): KeymgmtError {
  const aliases = names.map((name) => `alias/${aliasPrefix}/${name}`);
  return new KeymgmtError(
    "Conflict",
    `Expected one distribution of key "${key}" in ${region} that is in use and that no other resource of this update has; there are ${aliases.join(", ")}. Nothing was made. Was the resource renamed, or is it replaced or no longer in the state? Name the one that it stands for: \`adopt: { aliasName: "${aliases[0]}" }\`. ${ADVICE.resourceRenamed}`,
    { key, region },
  );
}

interface LostOf {
  key: string;
  aliasName: string;
  region: string;
}

/** A new key already has KMS keys: they belong to a key of the same name whose material is lost. */
export function lostKey(
  { key, aliasName, region }: LostOf,
  lost: LostKmsKey[],
  latest: LostKmsKey,
  isInUse: boolean,
): KeymgmtError {
  const adopt = { aliasName, versions: { 1: latest.keyId } };
  return new KeymgmtError(
    "Conflict",
    `Expected no KMS keys of a key "${key}" of this stack in ${region}, because the key is new; ${lostKeysThere(lost, aliasName, isInUse)}. ${LEFT} ${ADVICE.keyRenamed(key)} Otherwise: ${lostMaterialAdvice(key, adopt, without(lost, latest))}`,
    { key, region },
  );
}

/** The same if the program allows the deletion of its key and the deletion of the KMS keys is scheduled: new ones are created. */
export function lostKeyReplaced(
  { key, aliasName, region }: LostOf,
  lost: LostKmsKey[],
  latest: LostKmsKey,
): string {
  const adopt = adoptInput({ aliasName, versions: { 1: latest.keyId } });
  return `key "${key}" is new, and new KMS keys are made in ${region}; ${lostKeysThere(lost, aliasName, false)}. The new ones cannot decrypt what was encrypted under those. To use one of those again: ${adopt}`;
}

function lostKeysThere(lost: LostKmsKey[], aliasName: string, isInUse: boolean): string {
  return `there are ${listed(lost)}${isInUse ? ` behind ${aliasName}` : ""}, of a key of that name that was removed or lost from the state, and its material with it`;
}

/**
 * What the user can do if the material of KMS keys is not in the state.
 *
 * @param adopt names the latest of the KMS keys
 * @param others the KMS keys that it does not name
 */
export function lostMaterialAdvice(
  key: string,
  adopt: Parameters<typeof adoptInput>[0],
  others: LostKmsKey[],
): string {
  const commands = others.flatMap(({ reclaimCommands }) => reclaimCommands);
  const stay =
    others.length === 0
      ? "It is usable then,"
      : commands.length === 0
        ? "All of them stay usable,"
        : `To make the others usable whose deletion is scheduled, or that are disabled in one Region: ${commands.join(" && ")}. All of them are usable then,`;
  const unmanaged =
    others.length === 0
      ? ""
      : " Those that `adopt` does not name stay as they are, and are managed by nobody.";
  return `${ADVICE.restore(key)} Or take the latest under management as it is, without its material: ${adoptInput(adopt)}. ${stay} a rotation starts a new version, and they cannot be imported again or replicated.${unmanaged} ${ADVICE.newKmsKeys}`;
}

const without = (lost: LostKmsKey[], latest: LostKmsKey) => lost.filter((one) => one !== latest);

/** The KMS key of a version lacks some of our tags. @param versions the versions that it may have, in words */
export function tagsMissing(
  { keyId, keyArn }: TaggedKey,
  distribution: string,
  versions: string,
  missing: Record<string, string>,
  context: KeymgmtErrorContext & { region: string },
): KeymgmtError {
  return new KeymgmtError(
    "Conflict",
    `Expected KMS key ${keyArn} to have the tags ${Object.keys(missing).join(", ")}, by which the KMS keys of ${distribution} are recognised; it lacks them, and may be that of ${versions}. ${LEFT_ONE} ${ADVICE.tagAsOurs(context.region, keyId, missing)} If it is not, remove its other tags of the form keymgmt:…. ${ADVICE.newKmsKeys}`,
    { ...context, keyId: keyArn },
  );
}

/** The same for the KMS key behind an alias that looks like the key's. */
export function aliasOwnerUnknown(
  { key, aliasName, region }: LostOf,
  keyId: string,
  missing: Record<string, string>,
): KeymgmtError {
  return new KeymgmtError(
    "Conflict",
    `Expected KMS key ${keyId} in ${region}, to which ${aliasName} points, to have the tags ${Object.keys(missing).join(", ")}, by which a KMS key of key "${key}" is recognised; it lacks them, so its owner is not known. ${LEFT_ONE} ${ADVICE.tagAsOurs(region, keyId, missing)} ${ADVICE.resourceRenamed} \`pulumi up --refresh\` then sets the tags. If it is not this stack's, ${adoptInput({ aliasName })} takes it under management. ${ADVICE.newKmsKeys}`,
    { key, region, keyId },
  );
}

/** KMS keys in use have a former name of the stack. */
export function formerStackInUse(
  { key, stack, tag, region }: { key: string; stack: string; tag: string; region: string },
  first: TaggedKey,
  commands: string,
): KeymgmtError {
  return new KeymgmtError(
    "Conflict",
    `Expected the KMS keys of key "${key}" in ${region} that are in use to have the tag ${tag} "${stack}"; ${first.keyArn} ${hasFormerStackName(tag, first)}. ${LEFT_ONE} Were the stack and the distribution both renamed? Give the resource its old name again, run \`pulumi up\`, which tags it with the new name of the stack, and then rename it. Is the distribution no longer in the state? If the KMS keys are this stack's, tag them so and run the update again: ${commands}. ${ADVICE.newKmsKeys}`,
    { key, region, keyId: first.keyArn },
  );
}

export function hasFormerStackName(tag: string, { tags }: TaggedKey): string {
  return `has "${tags[tag]}", a former name of this stack, which another stack may have now`;
}

/** `arn:… (version 1: it has no tag keymgmt:claim; it has no material)` */
export function doubtfulListed(doubtful: Doubtful[]): string {
  return doubtful
    .map(({ version, key, doubt, state }) => {
      const lacks = state === "PendingImport" ? "; it has no material" : "";
      return `${key.keyArn} (version ${version}: ${doubt}${lacks})`;
    })
    .join("; ");
}

/** KMS keys that are tagged as the distribution's and do not prove it. */
export function notProved(
  { key, distribution, region }: { key: string; distribution: string; region: string },
  doubtful: Doubtful[],
  adopt: Parameters<typeof adoptInput>[0],
  context: KeymgmtErrorContext,
): KeymgmtError {
  const takesAny = doubtful.some(({ state }) => state === "PendingImport")
    ? ", except for one without material, which may take any material: check its key policy and grants first"
    : "";
  return new KeymgmtError(
    "Conflict",
    `Expected the KMS keys in ${region} that are tagged as versions of ${distribution}, and that are in no state, to prove that they are key "${key}"'s; these do not: ${doubtfulListed(doubtful)}. ${LEFT} ${ADVICE.resourceRenamed} That needs no proof. If they are this stack's (who made them is in CloudTrail: CreateKey), name them: ${adoptInput(adopt)}; AWS then takes the material only where it is the same${takesAny}. Did the key leave the state, so that its keyring was created again with other material? ${ADVICE.restore(key)} Or leave \`kcvs\` out, which takes them under management without their material. ${ADVICE.newKmsKeys}`,
    { ...context, region, keyId: doubtful[0]!.key.keyArn },
  );
}
