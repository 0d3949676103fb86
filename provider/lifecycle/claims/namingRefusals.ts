/** Why no name is given to a distribution: what AWS shows may be what it had, and nobody can tell, or use it. */

import { KeymgmtError } from "../../errors";
import type { SeenAlias } from "../../kms/aliases";
import type { Kms } from "../../kms/client/client";
import { TAG, tagCommand } from "../../kms/taggedKeys";
import type { Run } from "../../run";
import type { Former, NameSeeker, Unowned } from "./distributionName";
import { latestOf, listed, lookAtLost, waysOn } from "./lostKeys";
import { hasFormerStack, ownerTags } from "./ownership";

/**
 * KMS keys that are in use under a name which this stack had before may be another stack's, which has that name now. They are left
 * alone; the distribution that uses them, where that is this stack's, gives them the stack's name in an update.
 *
 * @param other a distribution of the key that is not in use, and is taken again instead
 */
export function leaveFormerStack(kms: Kms, seeker: NameSeeker, doubtful: Former[], other?: Former): void {
  const { stack, key } = seeker;
  const keys = doubtful.flatMap((one) => one.keys.filter(({ tags }) => hasFormerStack(tags, seeker)));
  const [one] = keys;
  if (!one) return;
  const commands = keys.map(({ keyId }) => tagCommand(kms.region, keyId, { [TAG.stack]: stack }));
  const has = `has "${one.tags[TAG.stack]}", which this stack was called before, and which another stack may be called now`;
  if (other) {
    kms.say(
      `KMS key ${one.keyArn} of a key "${key.name}" is in use and ${has}. It was left alone, and ${other.name} is taken again. If it is this stack's, tag it so before the update: ${commands.join(" && ")}`,
    );
    return;
  }
  throw new KeymgmtError(
    "Conflict",
    `Expected the KMS keys of key "${key.name}" in ${kms.region} that are in use to have the tag ${TAG.stack} "${stack}"; ${one.keyArn} ${has}. It was left alone, and nothing was made. Was the stack renamed and the distribution too? Give the resource its old name again, run \`pulumi up\`, which tags it anew, and rename it then. Has the distribution left the state? If the KMS keys are this stack's, tag them so and run the update again: ${commands.join(" && ")}. If they are another stack's, \`adopt: { versions: {} }\` of the KeyDistribution makes new ones.`,
    { key: key.name, region: kms.region, keyId: one.keyArn },
  );
}

/** Without the tags nobody can tell whether an alias of the key's is one of ours, which is to be used again. */
export function mayReturn(
  kms: Kms,
  { key, stack }: Pick<NameSeeker, "stack"> & { key: { name: string } },
  named: SeenAlias[],
): KeymgmtError {
  return new KeymgmtError(
    "AccessDenied",
    `Expected to see whether ${named.map(({ name }) => name).join(", ")} in ${kms.region} is this stack's (${stack}): key "${key.name}" was made earlier, and may have been distributed there before. That needs kms:ListKeys and kms:ListResourceTags, and using it again kms:DescribeKey and kms:CancelKeyDeletion (\`keymgmt iam-policy --recovery\`); nothing was made. Was the resource renamed? \`aliases: [{ name: "<old name>" }]\` needs none of these. To make new KMS keys on purpose, which decrypt nothing of what was encrypted before, set \`adopt: { versions: {} }\` on the KeyDistribution; those of a resource that goes are then scheduled for deletion.`,
    { key: key.name, region: kms.region, permission: "kms:ListKeys" },
  );
}

/** Whether an alias is the key's is for the tags of its KMS key to say. Where somebody has taken them away, nobody can tell. */
export function refuseUnowned({ key, kms, stack }: NameSeeker, [found]: Unowned[]): void {
  if (!found) return;
  const { alias, keyId, tags = {} } = found;
  const { aliasPrefix, keyCollection: region } = kms;
  const expected = {
    [TAG.stack]: stack,
    [TAG.key]: key.name,
    [TAG.distribution]: alias.slice(`alias/${aliasPrefix}/`.length),
  };
  const there = ownerTags(tags);
  const isRight = (name: string, value: string) =>
    name === TAG.key ? there[name] === value : there[name] !== undefined;
  const missing = Object.fromEntries(Object.entries(expected).filter((tag) => !isRight(...tag)));
  throw new KeymgmtError(
    "Conflict",
    `Expected KMS key ${keyId} in ${region}, to which ${alias} points, to have the tags ${Object.keys(missing).join(", ")}, by which a KMS key of key "${key.name}" is known again; it has not, so whose it is cannot be told. It was left alone, and nothing was made. If it is this stack's, give it them and run the update again: ${tagCommand(region, keyId, missing)}. Was the resource renamed? Its old name, or \`aliases: [{ name: "<old name>" }]\`, and \`pulumi up --refresh\` do that too. If it is not this stack's, \`adopt: { aliasName: "${alias}" }\` of the KeyDistribution takes it under management, and \`adopt: { versions: {} }\` makes new KMS keys beside it.`,
    { key: key.name, region, keyId },
  );
}

/**
 * A key that this run has made cannot have had KMS keys: those that there are, in use or waiting for their deletion, are a key's
 * that has left the state, and its material with it. A program that lets its key be deleted lets those go that wait, and is told.
 */
export async function refuseLostKey(run: Run, seeker: NameSeeker, former: Former[]): Promise<void> {
  const { key, kms } = seeker;
  const lost = await lookAtLost(
    run,
    kms,
    former.flatMap(({ keys }) => keys),
  );
  const inUse = former.find(({ isInUse }) => isInUse);
  const latest = latestOf(lost, inUse?.target);
  if (!inUse && lost.every(({ state }) => state === undefined)) return;
  if (!latest) return;
  const { name } = former.find(({ keys }) => keys.some(({ keyId }) => keyId === latest.keyId))!;
  const alias = `alias/${kms.aliasPrefix}/${name}`;
  const adopt = `adopt: { aliasName: "${alias}", versions: { 1: "${latest.keyId}" } }`;
  const there = `there are ${listed(lost)}${inUse ? ` behind ${alias}` : ""}, of a key of that name that was removed, or that has left the state, and its material with it`;
  if (!inUse && key.deletionAllowed === true) {
    run.say(
      `key "${key.name}" is new, and new KMS keys are made in ${kms.keyCollection}; ${there}. The new ones cannot decrypt what was encrypted under those. To take one back: \`${adopt}\` of the KeyDistribution`,
    );
    return;
  }
  const others = lost.filter((one) => one !== latest);
  throw new KeymgmtError(
    "Conflict",
    `Expected no KMS keys of a key "${key.name}" of this stack in ${kms.keyCollection}, as the key is new; ${there}. They were left as they are, and nothing was made beside them. Was the ManagedKey renamed? Give it \`name: "${key.name}"\` and \`aliases: [{ name: "<old name>" }]\`. Else: ${waysOn(key.name, adopt, others)}`,
    { key: key.name, region: kms.keyCollection },
  );
}
