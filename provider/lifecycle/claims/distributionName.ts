/**
 * The name of a distribution, which is also part of its alias: `<key>-<unix timestamp>`. The time is that of the first distribution. A
 * distribution that is reclaimed, or declared under another resource name, has the same name and alias as before.
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

/** The distribution that needs a name. */
export interface NameRequest extends KeyInKms {
  /** The program names KMS keys that are to be adopted. */
  adopts: boolean;
  /** The program asks for new KMS keys, even if AWS has former ones. */
  makesNew: boolean;
}

/** A former name if AWS shows one, else a name with the current time. Throws where the owner of the KMS keys cannot be determined. */
export async function nameOf(run: Run, request: NameRequest): Promise<string> {
  const { kms, key, adopts, makesNew } = request;
  if (makesNew || run.declared.isKeyReplaced(key.name)) return newName(run, key.name);
  const isNewKey = run.created.hasMaterial(key.id, 1);
  // A new key in a new stack has no former KMS keys. In a stack that existed before, a key may have left the state.
  if (isNewKey && (adopts || run.created.hasKmsProvider(kms))) return newName(run, key.name);
  const { former, ownerless } = await formerDistributions(run, request, isNewKey);
  const formerName = (isInUse: boolean) =>
    former.find((one) => one.isInUse === isInUse && run.names.reserve(one.name))?.name;
  if (isNewKey) await refuseLostKey(run, request, former);
  else {
    const name = formerName(true);
    if (name !== undefined) return name;
  }
  // An alias whose KMS key has none of our tags may belong to anybody. It is not the key's if the key cannot have a KMS key there.
  const mayBeUnrelated = former.length > 0 || run.created.hasKey(key.id) || run.created.hasKmsProvider(kms);
  refuseOwnerless(
    request,
    (adopts ? [] : ownerless).filter(
      ({ alias, tags }) => tags || !mayBeUnrelated || former.some(({ name }) => alias.endsWith(`/${name}`)),
    ),
  );
  return (isNewKey ? undefined : formerName(false)) ?? newName(run, key.name);
}

function newName(run: Run, key: string): string {
  let seconds = Math.floor(run.now().getTime() / 1000);
  while (!run.names.reserve(`${key}-${seconds}`)) seconds += 1; // one key may be distributed to several KmsProviders at the same time
  return `${key}-${seconds}`;
}

/**
 * A key that this run has created cannot have KMS keys. If AWS has some, they belong to a key of the same name that is no longer in the
 * state, and its material is lost. If the program allows the deletion of its key, those whose deletion is scheduled are left to it, with a
 * warning.
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

/** The tags of an alias's KMS key say whether the alias is the key's. If somebody has removed the tags, the owner is not known. */
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
