/** Why KMS keys that AWS has are not used, in words, with what a person can do. The decisions stand where these are called. Pure. */
import { KeymgmtError, type KeymgmtErrorContext } from "../../errors";
import type { TaggedKey } from "../../kms/taggedKeys";
import { adoptInput, WAYS_ON } from "../waysOn";
import { type LostKmsKey, listed } from "./lostKeys";
import type { Doubtful } from "./proof";

const LEFT = "They were left alone, and nothing was made.";
const LEFT_ONE = "It was left alone, and nothing was made.";

/** Without permission to list, nobody can tell whether an alias of the key is one of ours, which must be used again. */
export function ownerNotVisible(
  { key, stack, region }: { key: string; stack: string; region: string },
  aliases: string[],
): KeymgmtError {
  return new KeymgmtError(
    "AccessDenied",
    `Expected to see whether ${aliases.join(", ")} in ${region} is this stack's (${stack}): key "${key}" was made earlier, and may have been distributed there before. That needs kms:ListKeys and kms:ListResourceTags, and using it again kms:DescribeKey and kms:CancelKeyDeletion (\`keymgmt iam-policy --recovery\`). Nothing was made. ${WAYS_ON.resourceRenamed} That needs none of these permissions. ${WAYS_ON.newKmsKeys} Those of a resource that goes are then scheduled for deletion.`,
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
    `Expected the KMS keys of ${distribution} in ${region} to be of versions that key "${key}" has, 1 to ${newest}; there are ${listed(lost)}: the key has left the state and was made anew, or was restored from an older backup. ${LEFT} ${lostMaterialWays(key, adopt, without(lost, latest))}`,
    { ...context, region, keyId: latest.keyArn },
  );
}

interface LostOf {
  key: string;
  aliasName: string;
  region: string;
}

/** A new key has KMS keys already: those of a key of its name whose material is lost. */
export function lostKey(
  { key, aliasName, region }: LostOf,
  lost: LostKmsKey[],
  latest: LostKmsKey,
  isInUse: boolean,
): KeymgmtError {
  const adopt = { aliasName, versions: { 1: latest.keyId } };
  return new KeymgmtError(
    "Conflict",
    `Expected no KMS keys of a key "${key}" of this stack in ${region}, as the key is new; ${lostKeysThere(lost, aliasName, isInUse)}. ${LEFT} ${WAYS_ON.keyRenamed(key)} Else: ${lostMaterialWays(key, adopt, without(lost, latest))}`,
    { key, region },
  );
}

/** The same where the program lets its key be deleted, and the KMS keys wait for their deletion: new ones are made. */
export function lostKeyReplaced(
  { key, aliasName, region }: LostOf,
  lost: LostKmsKey[],
  latest: LostKmsKey,
): string {
  const adopt = adoptInput({ aliasName, versions: { 1: latest.keyId } });
  return `key "${key}" is new, and new KMS keys are made in ${region}; ${lostKeysThere(lost, aliasName, false)}. The new ones cannot decrypt what was encrypted under those. To take one back: ${adopt}`;
}

function lostKeysThere(lost: LostKmsKey[], aliasName: string, isInUse: boolean): string {
  return `there are ${listed(lost)}${isInUse ? ` behind ${aliasName}` : ""}, of a key of that name that was removed, or that has left the state, and its material with it`;
}

/**
 * What can be done where the material of KMS keys is not in the state.
 *
 * @param adopt names the latest of them
 * @param others that it does not name
 */
export function lostMaterialWays(
  key: string,
  adopt: Parameters<typeof adoptInput>[0],
  others: LostKmsKey[],
): string {
  const commands = others.flatMap(({ takeBack }) => takeBack);
  const stay =
    others.length === 0
      ? "It is usable then,"
      : commands.length === 0
        ? "All of them stay usable,"
        : `What makes the others usable that wait for their deletion or are disabled in one Region: ${commands.join(" && ")}. All of them are usable then,`;
  const unmanaged =
    others.length === 0
      ? ""
      : " Those that `adopt` does not name stay as they are, and are managed by nobody.";
  return `${WAYS_ON.restore(key)} Or take the latest under management as it is, without its material: ${adoptInput(adopt)}. ${stay} a rotation starts a new version, and they cannot be imported again or replicated.${unmanaged} ${WAYS_ON.newKmsKeys}`;
}

const without = (lost: LostKmsKey[], latest: LostKmsKey) => lost.filter((one) => one !== latest);

/** The KMS key of a version lacks some of our tags. @param versions which it may be of, in words */
export function tagsMissing(
  { keyId, keyArn }: TaggedKey,
  distribution: string,
  versions: string,
  missing: Record<string, string>,
  context: KeymgmtErrorContext & { region: string },
): KeymgmtError {
  return new KeymgmtError(
    "Conflict",
    `Expected KMS key ${keyArn} to have the tags ${Object.keys(missing).join(", ")}, by which the KMS keys of ${distribution} are recognised; it has not, and may be that of ${versions}. ${LEFT_ONE} ${WAYS_ON.tagAsOurs(context.region, keyId, missing)} If it is not, take its other tags of the form keymgmt:… away. ${WAYS_ON.newKmsKeys}`,
    { ...context, keyId: keyArn },
  );
}

/** The same of the KMS key behind an alias that has the form of the key's. */
export function aliasOwnerUnknown(
  { key, aliasName, region }: LostOf,
  keyId: string,
  missing: Record<string, string>,
): KeymgmtError {
  return new KeymgmtError(
    "Conflict",
    `Expected KMS key ${keyId} in ${region}, to which ${aliasName} points, to have the tags ${Object.keys(missing).join(", ")}, by which a KMS key of key "${key}" is recognised; it has not, so whose it is cannot be told. ${LEFT_ONE} ${WAYS_ON.tagAsOurs(region, keyId, missing)} ${WAYS_ON.resourceRenamed} \`pulumi up --refresh\` then gives it its tags. If it is not this stack's, ${adoptInput({ aliasName })} takes it under management. ${WAYS_ON.newKmsKeys}`,
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
    `Expected the KMS keys of key "${key}" in ${region} that are in use to have the tag ${tag} "${stack}"; ${first.keyArn} ${hasFormerStackName(tag, first)}. ${LEFT_ONE} Was the stack renamed and the distribution too? Give the resource its old name again, run \`pulumi up\`, which tags it anew, and rename it then. Has the distribution left the state? If the KMS keys are this stack's, tag them so and run the update again: ${commands}. ${WAYS_ON.newKmsKeys}`,
    { key, region, keyId: first.keyArn },
  );
}

export function hasFormerStackName(tag: string, { tags }: TaggedKey): string {
  return `has "${tags[tag]}", which this stack was called before, and which another stack may be called now`;
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
    ? ", but for one that has no material, which may take any: look at its key policy and grants first"
    : "";
  return new KeymgmtError(
    "Conflict",
    `Expected the KMS keys in ${region} that are tagged as versions of ${distribution}, and that no state knows, to prove that they are key "${key}"'s; these do not: ${doubtfulListed(doubtful)}. ${LEFT} ${WAYS_ON.resourceRenamed} That needs no proof. If they are this stack's (who made them is in CloudTrail: CreateKey), name them: ${adoptInput(adopt)}; AWS then takes the material only where it is the same${takesAny}. Had the key left the state, so that its keyring was made anew with other material? ${WAYS_ON.restore(key)} Or leave \`kcvs\` out, which takes them under management without their material. ${WAYS_ON.newKmsKeys}`,
    { ...context, region, keyId: doubtful[0]!.key.keyArn },
  );
}
