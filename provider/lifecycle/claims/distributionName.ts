/**
 * The name of a distribution, and with it the alias's: `<key>-<unix timestamp>`. The time is that of the first distribution: one
 * that returns, or is declared under another resource name, has the same name and alias again.
 */

import { claimSecretOf, ifOpen } from "../../keys/claimSecret";
import { parseKeyring } from "../../keys/keyring";
import type { SeenAlias } from "../../kms/aliases";
import { permitted } from "../../kms/optional";
import { CLAIM, TAG, type TaggedKey } from "../../kms/taggedKeys";
import type { Run } from "../../run";
import type { KmsRef } from "../../state/types";
import { claimedIn, isClaimOf } from "./claim";
import { leaveFormerStack, mayReturn, refuseLostKey, refuseUnowned } from "./namingRefusals";
import { hasFormerStack, mayBeOursBehindAlias, oursAmong } from "./ownership";
import { versionTagged } from "./tagValues";

/** What is lost where KMS keys may not be listed, or their tags not read. */
export const LOST_WITHOUT_LISTING =
  "KMS keys that this key had before (an update was killed, a distribution removed) are not found again";

/** For whom a name is sought. */
export interface NameSeeker {
  kms: KmsRef;
  stack: string;
  key: { id: string; name: string; formerStacks?: string[]; deletionAllowed?: boolean };
  /** The program names KMS keys that are to be adopted. */
  adopts: boolean;
  /** The program says that new KMS keys are to be made, whatever there is. */
  makesNew: boolean;
}

/** A distribution that the key had, or has in a state that this run has not seen: its KMS keys, and what points to them. */
export interface Former {
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
  const { former, unowned } = await formerDistributions(run, seeker, isNewKey);
  const again = (isInUse: boolean) =>
    former.find((one) => one.isInUse === isInUse && run.declared.takeName(one.name))?.name;
  if (isNewKey) await refuseLostKey(run, seeker, former);
  else {
    const name = again(true);
    if (name !== undefined) return name;
  }
  // Without any of our tags it may be anybody's: where this key can have had no KMS key there, or has another, it is.
  const mayBeAnybodys = former.length > 0 || run.declared.isKeyMade(key.id) || run.declared.isPlaceMade(kms);
  refuseUnowned(
    seeker,
    (adopts ? [] : unowned).filter(
      ({ alias, tags }) => tags || !mayBeAnybodys || former.some(({ name }) => alias.endsWith(`/${name}`)),
    ),
  );
  return (isNewKey ? undefined : again(false)) ?? newName(run, key.name);
}

function newName(run: Run, key: string): string {
  let seconds = Math.floor(run.now().getTime() / 1000);
  while (!run.declared.takeName(`${key}-${seconds}`)) seconds += 1; // one key may go to several KmsProviders at once
  return `${key}-${seconds}`;
}

/** An alias that has the form of the key's, and whose KMS key lacks tags that would say whose it is. */
export interface Unowned {
  alias: string;
  keyId: string;
  /** Those of this project's that it has, or more; undefined where it has none of them. */
  tags: Record<string, string> | undefined;
}

/** The newest first. */
async function formerDistributions(
  run: Run,
  seeker: NameSeeker,
  isNewKey: boolean,
): Promise<{ former: Former[]; unowned: Unowned[] }> {
  const { kms: connection, key } = seeker;
  const kms = run.openKms(connection);
  const aliases = await run.listings.aliases(kms);
  const prefix = `alias/${connection.aliasPrefix}/`;
  const named = aliases.filter(
    ({ name }) => name.startsWith(prefix) && isNameOf(key.name, name.slice(prefix.length)),
  );
  const tagged = await permitted(() => run.listings.taggedKeys(kms));
  if (!tagged) {
    if (named.length > 0 && !isNewKey) throw mayReturn(kms, seeker, named);
    if (named.length > 0 || !isNewKey)
      kms.say(
        `no permission kms:ListKeys and kms:ListResourceTags in ${kms.region}: ${LOST_WITHOUT_LISTING}`,
      );
    return { former: [], unowned: [] };
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
  // What an alias of another prefix points to is in use there.
  const former = found
    .filter(({ name, isInUse, pointedAt }) => isNameOf(key.name, name) && (isInUse || !pointedAt))
    .sort((a, b) => (a.name < b.name ? 1 : -1));
  const doubtful = former.filter(
    (one) => one.isInUse && one.keys.some(({ tags }) => hasFormerStack(tags, seeker)),
  );
  const clear = await provedAmong(
    run,
    seeker,
    former.filter((one) => !doubtful.includes(one)),
  );
  leaveFormerStack(kms, seeker, doubtful, clear[0]);
  const unowned = named.flatMap(({ name: alias, keyId }): Unowned[] => {
    const tags = tagged.find((one) => one.keyId === keyId)?.tags;
    return keyId !== undefined && mayBeOursBehindAlias(tags, seeker) ? [{ alias, keyId, tags }] : [];
  });
  return { former: clear, unowned };
}

/** Two keys of one name may have had distributions there; those of this one are told by their claims, where any has a right one. */
async function provedAmong(run: Run, { kms, key }: NameSeeker, former: Former[]): Promise<Former[]> {
  const handed = run.keyrings.ofKey(key.id);
  if (handed === undefined || former.length < 2) return former;
  const secret = await ifOpen(() => claimSecretOf(run.keystores, parseKeyring(handed.keyring), key.name));
  if (!secret) return former;
  const isProved = ({ keys }: Former) =>
    keys.some((one) => {
      const { [CLAIM]: claim = "", [TAG.distribution]: distribution = "" } = one.tags;
      return isClaimOf(secret, claimedIn(kms, key.name, distribution, versionTagged(one) ?? 0), claim);
    });
  const proved = former.filter(isProved);
  secret.fill(0);
  return proved.length > 0 ? proved : former;
}

/** Whether a distribution of the key may have this name. */
export const isNameOf = (key: string, name: string) =>
  name.startsWith(`${key}-`) && /^\d{10}$/.test(name.slice(key.length + 1));
