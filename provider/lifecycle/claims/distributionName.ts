/**
 * The name of a distribution, and with it the alias's: `<key>-<unix timestamp>`. The time is that of the first distribution: one
 * that is reclaimed, or declared under another resource name, has the same name and alias again.
 */

import { TAG } from "../../kms/taggedKeys";
import type { Run } from "../../run";
import {
  type FormerDistribution,
  formerDistributions,
  type KeyInKms,
  type OwnerlessAlias,
} from "./formerDistributions";
import { latestOf, lookAtLost } from "./lostKeys";
import { ownerTags } from "./ownership";
import { aliasOwnerUnknown, lostKey, lostKeyReplaced } from "./refusals";

/** For what a name is chosen. */
export interface NameRequest extends KeyInKms {
  /** The program names KMS keys that are to be adopted. */
  adopts: boolean;
  /** The program says that new KMS keys are to be made, whatever AWS has. */
  makesNew: boolean;
}

/** A former name where AWS shows one, else the present time. Throws where nobody can tell whose the KMS keys are. */
export async function nameOf(run: Run, request: NameRequest): Promise<string> {
  const { kms, key, adopts, makesNew } = request;
  if (makesNew || run.declared.isKeyReplaced(key.name)) return newName(run, key.name);
  const isNewKey = run.created.hasMaterial(key.id, 1);
  // A new key in a new stack has no former KMS keys. In a stack that existed before, a key may have left the state.
  if (isNewKey && (adopts || run.created.hasKmsProvider(kms))) return newName(run, key.name);
  const { former, ownerless } = await formerDistributions(run, request, isNewKey);
  const again = (isInUse: boolean) =>
    former.find((one) => one.isInUse === isInUse && run.names.reserve(one.name))?.name;
  if (isNewKey) await refuseLostKey(run, request, former);
  else {
    const name = again(true);
    if (name !== undefined) return name;
  }
  // An alias whose KMS key has none of our tags may be anybody's. It is not the key's where the key can have no KMS key there.
  const mayBeAnybodys = former.length > 0 || run.created.hasKey(key.id) || run.created.hasKmsProvider(kms);
  refuseOwnerless(
    request,
    (adopts ? [] : ownerless).filter(
      ({ alias, tags }) => tags || !mayBeAnybodys || former.some(({ name }) => alias.endsWith(`/${name}`)),
    ),
  );
  return (isNewKey ? undefined : again(false)) ?? newName(run, key.name);
}

function newName(run: Run, key: string): string {
  let seconds = Math.floor(run.now().getTime() / 1000);
  while (!run.names.reserve(`${key}-${seconds}`)) seconds += 1; // one key may go to several KmsProviders at once
  return `${key}-${seconds}`;
}

/**
 * A key that this run has made cannot have KMS keys. Those that AWS has are of a key of its name that has left the state, and its
 * material with it. Where the program lets its key be deleted, those that wait for their deletion are given up, with a warning.
 */
async function refuseLostKey(run: Run, request: NameRequest, former: FormerDistribution[]): Promise<void> {
  const { key, kms } = request;
  const keys = former.flatMap((one) => one.keys);
  const lost = await lookAtLost(run, kms, keys);
  const inUse = former.find(({ isInUse }) => isInUse);
  const latest = latestOf(lost, inUse?.target);
  if (!inUse && lost.every(({ state }) => state === undefined)) return;
  if (!latest) return;
  const { name } = former.find((one) => one.keys.some(({ keyId }) => keyId === latest.keyId))!;
  const of = { key: key.name, aliasName: `alias/${kms.aliasPrefix}/${name}`, region: kms.keyCollection };
  if (inUse || key.deletionAllowed !== true) throw lostKey(of, lost, latest, inUse !== undefined);
  run.say(lostKeyReplaced(of, lost, latest));
}

/** The tags of its KMS key say whether an alias is the key's. Where somebody has removed them, nobody can tell. */
function refuseOwnerless({ key, kms, stack }: NameRequest, [found]: OwnerlessAlias[]): void {
  if (!found) return;
  const { alias, keyId, tags } = found;
  const expected = {
    [TAG.stack]: stack,
    [TAG.key]: key.name,
    [TAG.distribution]: alias.slice(`alias/${kms.aliasPrefix}/`.length),
  };
  const there = ownerTags(tags);
  const isRight = (name: string, value: string) =>
    name === TAG.key ? there[name] === value : there[name] !== undefined;
  const missing = Object.fromEntries(Object.entries(expected).filter((tag) => !isRight(...tag)));
  throw aliasOwnerUnknown({ key: key.name, aliasName: alias, region: kms.keyCollection }, keyId, missing);
}
