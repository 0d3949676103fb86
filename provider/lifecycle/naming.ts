/**
 * The name of a distribution, and with it the alias's: `<key>-<unix timestamp>`. The time is that of the first distribution: one
 * that returns, or is declared under another resource name, has the same name and alias again.
 */

import type { SeenAlias } from "../awskms/aliases";
import type { Kms } from "../awskms/client";
import { permitted } from "../awskms/optional";
import { TAG, type TaggedKey } from "../awskms/taggedKeys";
import { KeymgmtError } from "../errors";
import type { Run } from "../run";
import { hasFormerStack, oursAmong } from "./ownership";
import { waysOn } from "./refusals";
import type { KmsRef } from "./wire";

/** What is lost where KMS keys may not be listed, or their tags not read. */
export const LOST_WITHOUT_LISTING =
  "KMS keys that this key had before (an update was killed, a distribution removed) are not found again";

/** For whom a name is sought. */
export interface NameSeeker {
  kms: KmsRef;
  stack: string;
  key: { id: string; name: string; formerStacks?: string[] };
  /** The program names KMS keys that are to be adopted. */
  adopts: boolean;
  /** The program says that new KMS keys are to be made, whatever there is. */
  makesNew: boolean;
}

/** A distribution that the key had, or has in a state that this run has not seen: its KMS keys, and what points to them. */
interface Former {
  name: string;
  keys: TaggedKey[];
  /** Its alias is there. */
  isInUse: boolean;
  /** Id of the KMS key that the alias points to. */
  target?: string;
}

/** A name that was had before where AWS shows one, else the time of now. Throws where what AWS shows cannot be told apart. */
export async function nameOf(run: Run, seeker: NameSeeker): Promise<string> {
  const { kms, key, adopts, makesNew } = seeker;
  if (makesNew || run.declared.isKeyReplaced(key.name)) return newName(run, key.name);
  const isNewKey = run.declared.isMaterialMade(key.id, 1);
  // A key that is made in a stack that is made has had nothing before. In a stack that was there, a key may have left the state.
  if (isNewKey && (adopts || run.declared.isPlaceMade(kms))) return newName(run, key.name);
  const former = await formerDistributions(run, seeker, isNewKey);
  if (isNewKey) return refuseLostKey(seeker, former) ?? newName(run, key.name);
  return former.map(({ name }) => name).find((name) => run.declared.takeName(name)) ?? newName(run, key.name);
}

function newName(run: Run, key: string): string {
  let seconds = Math.floor(run.now().getTime() / 1000);
  while (!run.declared.takeName(`${key}-${seconds}`)) seconds += 1; // one key may go to several KmsProviders at once
  return `${key}-${seconds}`;
}

/** Those in use first, then the newest. */
async function formerDistributions(run: Run, seeker: NameSeeker, isNewKey: boolean): Promise<Former[]> {
  const { kms: connection, key } = seeker;
  const kms = run.openKms(connection);
  const aliases = await run.listings.aliases(kms);
  const prefix = `alias/${connection.aliasPrefix}/`;
  const named = aliases.filter(
    ({ name }) => name.startsWith(prefix) && isNameOf(key.name, name.slice(prefix.length)),
  );
  if (isNewKey && named.length === 0) return [];
  const tagged = await permitted(() => run.listings.taggedKeys(kms));
  if (!tagged) {
    if (named.length > 0 && !isNewKey) throw mayReturn(kms, seeker, named);
    kms.say(`no permission kms:ListKeys and kms:ListResourceTags in ${kms.region}: ${LOST_WITHOUT_LISTING}`);
    return [];
  }
  const ours = oursAmong(tagged, seeker);
  const tags = [...new Set(ours.map((one) => one.tags[TAG.distribution]!))];
  const found = tags.map((tag): Former & { pointedAt: boolean } => {
    const keys = ours.filter((one) => one.tags[TAG.distribution] === tag);
    const pointsHere = (alias: SeenAlias) => keys.some(({ keyId }) => keyId === alias.keyId);
    // The tag says the name that was asked for; where another stack had its alias, the next one was taken.
    const pointing = named.filter(pointsHere);
    const inUse = pointing.find(({ name }) => name === `${prefix}${tag}`) ?? pointing[0];
    return {
      name: inUse?.name.slice(prefix.length) ?? tag,
      keys,
      isInUse: inUse !== undefined,
      target: inUse?.keyId,
      pointedAt: aliases.some(pointsHere),
    };
  });
  refuseFormerStackInUse(kms, seeker, found);
  // What an alias of another prefix points to is in use there.
  return found
    .filter(({ name, isInUse, pointedAt }) => isNameOf(key.name, name) && (isInUse || !pointedAt))
    .sort((a, b) => Number(b.isInUse) - Number(a.isInUse) || (a.name < b.name ? 1 : -1));
}

/** Whether a distribution of the key may have this name. */
export const isNameOf = (key: string, name: string) =>
  name.startsWith(`${key}-`) && /^\d{10}$/.test(name.slice(key.length + 1));

/**
 * A KMS key that is in use under a name that this stack had before may be another stack's, which has that name now. It is left
 * alone; the distribution that uses it, where that is this stack's, gives it the stack's name in an update.
 */
function refuseFormerStackInUse(kms: Kms, { stack, key }: NameSeeker, found: Former[]): void {
  for (const { keys, isInUse } of found)
    for (const { keyArn, tags } of keys)
      if (isInUse && hasFormerStack(tags, { stack }))
        throw new KeymgmtError(
          "Conflict",
          `Expected the KMS keys of key "${key.name}" in ${kms.region} that are in use to have the tag ${TAG.stack} "${stack}"; ${keyArn} has "${tags[TAG.stack]}", which this stack was called before, and which another stack may be called now. It was left alone, and nothing was made. Was the stack renamed and the distribution too? Give the resource its old name again, run \`pulumi up\`, which tags it anew, and rename it then.`,
          { key: key.name, region: kms.region, keyId: keyArn },
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
    `Expected to see whether ${named.map(({ name }) => name).join(", ")} in ${kms.region} is this stack's (${stack}): key "${key.name}" was made earlier, and may have been distributed there before. That needs kms:ListKeys and kms:ListResourceTags, and using it again kms:DescribeKey and kms:CancelKeyDeletion (\`keymgmt iam-policy --recovery\`); nothing was made. To make new KMS keys on purpose, which decrypt nothing of what was encrypted before, set \`adopt: { versions: {} }\` on the KeyDistribution.`,
    { key: key.name, region: kms.region, permission: "kms:ListKeys" },
  );
}

/** A key that this run has made cannot have KMS keys in use: they are a key's that has left the state, and its material with it. */
function refuseLostKey({ key, kms }: NameSeeker, former: Former[]): undefined {
  const inUse = former.filter(({ isInUse }) => isInUse);
  if (inUse.length === 0) return undefined;
  const arns = inUse.flatMap(({ keys }) =>
    keys.map(({ keyArn, tags }) => `${keyArn} (version ${tags[TAG.version]})`),
  );
  const [{ name, target }] = inUse as [Former];
  const adopt = `adopt: { aliasName: "alias/${kms.aliasPrefix}/${name}", versions: { 1: "${target}" } }`;
  const aliases = inUse.map((one) => `alias/${kms.aliasPrefix}/${one.name}`);
  throw new KeymgmtError(
    "Conflict",
    `Expected no KMS keys of a key "${key.name}" of this stack in ${kms.keyCollection}, as the key is new; there are ${arns.join(", ")} behind ${aliases.join(", ")}. They are in use and were left as they are; nothing was made beside them. Was the ManagedKey renamed? Give it \`name: "${key.name}"\` and \`aliases: [{ name: "<old name>" }]\`. Has it left the state, and its material with it? ${waysOn(key.name, adopt)}`,
    { key: key.name, region: kms.keyCollection },
  );
}
