/** Former distributions of a key, and those that are in a state which this run does not see, as AWS shows them. */

import { claimSecretOf, ifRootKeyAvailable } from "../../keys/claimSecret";
import { parseKeyring } from "../../keys/keyring";
import type { SeenAlias } from "../../kms/aliases";
import type { Kms } from "../../kms/client/client";
import { undefinedIfDenied } from "../../kms/optional";
import { CLAIM, TAG, type TaggedKey, tagCommand } from "../../kms/taggedKeys";
import type { Run } from "../../run";
import type { KmsRef } from "../../state/types";
import { claimedIn, isClaimOf } from "./claim";
import { hasFormerStack, mayBeOursBehindAlias, oursAmong } from "./ownership";
import { formerStackInUse, hasFormerStackName, ownerNotVisible } from "./refusals";
import { versionInTags } from "./tagValues";

/** What is lost without permission to list KMS keys and to read their tags. */
export const LOST_WITHOUT_LISTING =
  "former KMS keys of this key (of a killed update, or of a removed distribution) are not found";

/** The key whose distributions are searched for, and where. */
export interface KeyInKms {
  kms: KmsRef;
  stack: string;
  key: { id: string; name: string; formerStacks?: string[]; deletionAllowed?: boolean };
}

export interface FormerDistribution {
  name: string;
  keys: TaggedKey[];
  /** Its alias exists. */
  isInUse: boolean;
  /** Id of the KMS key that the alias points to. */
  target?: string;
}

/** An alias that looks like one of the key's, and whose KMS key lacks the tags that name its owner. */
export interface OwnerlessAlias {
  alias: string;
  keyId: string;
  /** All tags of the KMS key; undefined if it has none of this project's tags. */
  tags: Record<string, string> | undefined;
}

/** The newest first. @param isNewKey its first material was generated in this run */
export async function formerDistributions(
  run: Run,
  sought: KeyInKms,
  isNewKey: boolean,
): Promise<{ former: FormerDistribution[]; ownerless: OwnerlessAlias[] }> {
  const { kms: connection, stack, key } = sought;
  const kms = run.openKms(connection);
  const aliases = await run.listings.aliases(kms);
  const named = namedFor(sought, aliases);
  const tagged = await undefinedIfDenied(() => run.listings.taggedKeys(kms));
  if (!tagged) {
    if (named.length > 0 && !isNewKey)
      throw ownerNotVisible(
        { key: key.name, stack, region: kms.region },
        named.map(({ name }) => name),
      );
    if (named.length > 0 || !isNewKey)
      kms.say(
        `no permission kms:ListKeys and kms:ListResourceTags in ${kms.region}: ${LOST_WITHOUT_LISTING}`,
      );
    return { former: [], ownerless: [] };
  }
  const former = distributionsOf(sought, tagged, aliases);
  const isClear = (one: FormerDistribution) => !isDoubtful(one, sought);
  const clear = await provedAmong(run, sought, former.filter(isClear));
  leaveFormerStack(
    kms,
    sought,
    former.filter((one) => !isClear(one)),
    clear[0],
  );
  const ownerless = named.flatMap(({ name: alias, keyId }): OwnerlessAlias[] => {
    const tags = tagged.find((one) => one.keyId === keyId)?.tags;
    return keyId !== undefined && mayBeOursBehindAlias(tags, sought) ? [{ alias, keyId, tags }] : [];
  });
  return { former: clear, ownerless };
}

/** Distributions of the key that are in use and have a valid claim: their KMS keys have its material. None where the tags may not be read. */
export async function provedInUse(run: Run, sought: KeyInKms): Promise<FormerDistribution[]> {
  const kms = run.openKms(sought.kms);
  const tagged = await undefinedIfDenied(() => run.listings.taggedKeys(kms));
  if (!tagged) return [];
  const former = distributionsOf(sought, tagged, await run.listings.aliases(kms));
  const inUse = former.filter((one) => one.isInUse && !isDoubtful(one, sought));
  return inUse.length > 0 ? ((await provedBy(run, sought, inUse)) ?? []) : [];
}

/** KMS keys with a former name of the stack may be another stack's that has this name now. */
const isDoubtful = ({ isInUse, keys }: FormerDistribution, sought: KeyInKms) =>
  isInUse && keys.some(({ tags }) => hasFormerStack(tags, sought));

/** Aliases that look like the key's. */
function namedFor({ kms, key }: KeyInKms, aliases: SeenAlias[]): SeenAlias[] {
  const prefix = `alias/${kms.aliasPrefix}/`;
  return aliases.filter(
    ({ name }) => name.startsWith(prefix) && isNameOf(key.name, name.slice(prefix.length)),
  );
}

/** Our KMS keys, grouped by the distribution that their tags name. */
function distributionsOf(sought: KeyInKms, tagged: TaggedKey[], aliases: SeenAlias[]): FormerDistribution[] {
  const { kms, key } = sought;
  const prefix = `alias/${kms.aliasPrefix}/`;
  const [ours, named] = [oursAmong(tagged, sought), namedFor(sought, aliases)];
  const inTags = [...new Set(ours.map((one) => one.tags[TAG.distribution]!))];
  const found = inTags.map((tag) => {
    const keys = ours.filter((one) => one.tags[TAG.distribution] === tag);
    const pointsHere = (alias: SeenAlias) => keys.some(({ keyId }) => keyId === alias.keyId);
    // The tag has the requested name. If another stack had that alias, the distribution uses the next name.
    const pointing = named.filter(pointsHere);
    const inUse = pointing.find(({ name }) => name === `${prefix}${tag}`) ?? pointing[0];
    return {
      name: inUse?.name.slice(prefix.length) ?? tag,
      keys,
      isInUse: inUse !== undefined,
      target: inUse?.keyId,
      isPointedAt: aliases.some(pointsHere),
    };
  });
  // A KMS key behind an alias with another prefix is in use there.
  return found
    .filter(({ name, isInUse, isPointedAt }) => isNameOf(key.name, name) && (isInUse || !isPointedAt))
    .map(({ isPointedAt: _, ...one }) => one)
    .sort((a, b) => (a.name < b.name ? 1 : -1));
}

/** Two keys of the same name may have had distributions there. If any has a valid claim, only those with valid claims are this key's. */
async function provedAmong(
  run: Run,
  sought: KeyInKms,
  former: FormerDistribution[],
): Promise<FormerDistribution[]> {
  const proved = former.length < 2 ? undefined : await provedBy(run, sought, former);
  return proved && proved.length > 0 ? proved : former;
}

/** Those with a valid claim of the key; undefined where its keyring or its root key is not there. */
async function provedBy(
  run: Run,
  { kms, key }: KeyInKms,
  former: FormerDistribution[],
): Promise<FormerDistribution[] | undefined> {
  const provided = run.keyrings.ofKey(key.id);
  if (provided === undefined) return undefined;
  const keyring = parseKeyring(provided.keyring, provided.type);
  const secret = await ifRootKeyAvailable(() => claimSecretOf(run.keystores, keyring, key.name));
  if (!secret) return undefined;
  const isProved = ({ keys }: FormerDistribution) =>
    keys.some((one) => {
      const { [CLAIM]: claim = "", [TAG.distribution]: distribution = "" } = one.tags;
      return isClaimOf(secret, claimedIn(kms, key.name, distribution, versionInTags(one) ?? 0), claim);
    });
  const proved = former.filter(isProved);
  secret.fill(0);
  return proved;
}

/**
 * KMS keys in use that are tagged with a former name of this stack may belong to another stack that has this name now. They are left
 * alone. If they are this stack's, an update of their distribution tags them with the current name.
 *
 * @param other a former distribution of the key that is not in use, and is used again instead
 */
function leaveFormerStack(
  kms: Kms,
  sought: KeyInKms,
  doubtful: FormerDistribution[],
  other?: FormerDistribution,
): void {
  const { stack, key } = sought;
  const keys = doubtful.flatMap((one) => one.keys.filter(({ tags }) => hasFormerStack(tags, sought)));
  const [first] = keys;
  if (!first) return;
  const commands = keys
    .map(({ keyId }) => tagCommand(kms.region, keyId, { [TAG.stack]: stack }))
    .join(" && ");
  if (!other)
    throw formerStackInUse({ key: key.name, stack, tag: TAG.stack, region: kms.region }, first, commands);
  kms.say(
    `KMS key ${first.keyArn} of a key "${key.name}" is in use and ${hasFormerStackName(TAG.stack, first)}. It was left alone, and ${other.name} is used again. If it is this stack's, tag it so before the update: ${commands}`,
  );
}

/** Whether a distribution of the key may have this name. */
export const isNameOf = (key: string, name: string) =>
  name.startsWith(`${key}-`) && /^\d{10}$/.test(name.slice(key.length + 1));
