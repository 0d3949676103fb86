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
  provedInUse,
} from "./formerDistributions";
import { latestOf, lookAtLost } from "./lostKeys";
import { ownerTags } from "./ownership";
import { aliasOwnerUnknown, lostKey, lostKeyReplaced, severalInUse } from "./refusals";

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
  if (run.declared.isKeyReplaced(key.name)) return newName(run, key.name);
  const isNewKey = run.created.hasMaterial(key.id, 1);
  // A new key in a new stack has no former KMS keys. In a stack that existed before, a key may have left the state.
  if (isNewKey && (adopts || run.created.hasKmsProvider(kms))) return newName(run, key.name);
  if (makesNew) {
    const own = isNewKey ? undefined : onlyOne(run, request, await provedInUse(run, request));
    if (own !== undefined) run.names.recordReturn(own);
    return own ?? newName(run, key.name);
  }
  const { former, ownerless } = await formerDistributions(run, request, isNewKey);
  if (isNewKey) await refuseLostKey(run, request, former);
  else {
    const name = onlyOne(
      run,
      request,
      former.filter(({ isInUse }) => isInUse),
    );
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
  const free = former.find(({ name, isInUse }) => !isInUse && !isNewKey && run.names.reserve(name));
  return free?.name ?? newName(run, key.name);
}

/**
 * The name of the only one that no other resource of the program has. Of several nobody can say which is meant: the state of a resource
 * that `--replace` or `pulumi state taint` replaces is not known here (pulumi v3.259, pkg/resource/deploy/step_generator.go: such a
 * resource is checked as new, and not compared).
 */
function onlyOne(run: Run, { key, kms }: NameRequest, inUse: FormerDistribution[]): string | undefined {
  const free = inUse.filter(({ name }) => !run.names.isReserved(name));
  const names = free.map(({ name }) => name);
  if (names.length > 1) throw severalInUse({ key: key.name, kms }, names);
  for (const name of names) run.names.reserve(name);
  return names[0];
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
