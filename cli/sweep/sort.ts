/** Which KMS keys no state accounts for, and which of them may be deleted. Pure. */
import { isPendingDeletion } from "../../provider/kms/keyState.js";
import { hasName, isNameOf, outdatedNames } from "../state/names.js";
import { accountedArns } from "../state/regions.js";
import type { RegionState, StackState } from "../state/stack.js";
import { minute } from "../text.js";
import type { FoundKey } from "./find.js";

export interface Sorted {
  accounted: FoundKey[];
  /** No state accounts for it, and nothing is against its deletion. In the order of deletion: replicas before primaries. */
  deletable: FoundKey[];
  /** No state accounts for it, but something may still need it: every reason, with what to do about it. */
  held: { key: FoundKey; reasons: string[] }[];
  /** An update may have been interrupted: the next one recovers it. */
  unfinished: FoundKey[];
  scheduled: FoundKey[];
  /** No state that was read names their stack, so nothing is known of them: `reason` says what was read. */
  foreign: { key: FoundKey; reason: string }[];
}

/** A running update may have created a KMS key that is up to this much older than its state. */
const MARGIN_MS = 15 * 60_000;

/**
 * A KMS key that no state knows may be the only one that decrypts somebody's data. So it may be deleted only where all of this is
 * true: its stack is known, no other stack can have that name, the state is newer than the KMS key, nobody can be using it now, and
 * no other KMS key of its distribution is in use.
 *
 * @param emptyStacks `organization/project/stack` of stacks that hold no keys any more
 */
export function sortKeys(found: FoundKey[], states: StackState[], emptyStacks: string[], now: Date): Sorted {
  const arns = accountedArns(states);
  const sorted: Sorted = {
    accounted: [],
    deletable: [],
    held: [],
    unfinished: [],
    scheduled: [],
    foreign: [],
  };
  const candidates: FoundKey[] = [];
  const foreign: FoundKey[] = [];
  for (const key of found) {
    if (arns.has(key.keyArn)) sorted.accounted.push(key);
    else if (!isKnownStack(key, states, emptyStacks)) foreign.push(key);
    else if (isPendingDeletion(key.state)) sorted.scheduled.push(key);
    else if (isUnfinished(key, states)) sorted.unfinished.push(key);
    else candidates.push(key);
  }
  const stacks = [...new Set(foreign.flatMap(({ stack }) => stack ?? []))];
  sorted.foreign = foreign.map((key) => ({ key, reason: whyForeign(key, stacks, states) }));
  // Replicas are decided first: a primary may be deleted only with its replicas.
  for (const key of candidates.sort((a, b) => rank(a) - rank(b))) {
    const reasons = [
      ...whyNameUnclear(key, states, emptyStacks),
      ...usesOf(key).map(({ use, end }) => `${use}${end}`),
      ...whyTooNew(key, states, now),
      ...whyTakenBack(key, states),
      ...whyDistributionInUse(key, found, states),
      ...whyRelatedStays(key, found, sorted.deletable),
    ];
    if (reasons.length === 0) sorted.deletable.push(key);
    else sorted.held.push({ key, reasons });
  }
  return sorted;
}

/** Replicas first. */
const rank = ({ primaryRegion }: FoundKey) => (primaryRegion === undefined ? 1 : 0);

const isKnownStack = ({ stack }: FoundKey, states: StackState[], emptyStacks: string[]) =>
  stack !== undefined && (emptyStacks.includes(stack) || statesOf(stack, states).length > 0);

/** The states of stacks that have this name or had it before. */
const statesOf = (stack: string, states: StackState[]) => states.filter((state) => hasName(state, stack));

/**
 * A state without keys has no `organization/project/stack`, so that nobody but the user can say whose it is. A stack is proposed only
 * where it is the only one: of several, the proposal would be wrong for all but one.
 */
function whyForeign({ stack }: FoundKey, stacks: string[], states: StackState[]): string {
  if (stack === undefined) return "no stack is named in its tags";
  const readFor = (name: string) =>
    states.find(({ names, title }) => names.length === 0 && isNameOf(name, title)) ??
    states.find(({ isEmpty }) => isEmpty);
  const read = readFor(stack);
  if (read === undefined) return "the state of that stack was not given";
  const what = read.isEmpty
    ? `${read.title} was read: it is empty`
    : `the state of ${read.title} was read: it has no key`;
  const isOnly = stacks.every((other) => other === stack || readFor(other) !== read);
  const way = isOnly
    ? `If it is this one: --empty-stack ${stack}`
    : "It may be of any of several: if you know of which, --empty-stack with that name";
  return `${what} and does not name its stack. ${way}`;
}

/** The state holds the distribution, but no KMS key of this version in this Region yet. */
function isUnfinished(key: FoundKey, states: StackState[]): boolean {
  const own = regionsOf(key, states);
  const isHeld = own.some(
    ({ region, versions }) =>
      region === key.region && versions.some(({ version }) => String(version) === key.version),
  );
  return own.length > 0 && !isHeld;
}

/** The Regions of the key's distribution in the states. */
function regionsOf(key: FoundKey, states: StackState[]): RegionState[] {
  return statesOf(key.stack!, states)
    .flatMap(({ regions }) => regions)
    .filter(({ owner }) => owner.distribution === key.distribution);
}

/** The former name of a renamed stack is free. Another stack may have it now, and nothing is known of its KMS keys. */
function whyNameUnclear({ stack }: FoundKey, states: StackState[], emptyStacks: string[]): string[] {
  const isKnown = states.some(
    (state) => state.names.includes(stack!) && !outdatedNames(state).includes(stack!),
  );
  if (isKnown || emptyStacks.includes(stack!)) return [];
  const titles = statesOf(stack!, states).map(({ title }) => title);
  return [
    `is tagged for ${stack}, a name that ${titles.join(", ")} had before and another stack may have now: give that stack's state, or --empty-stack ${stack}`,
  ];
}

/** Why a KMS key may be in use, and what ends that; none where nobody can be using it. */
function usesOf({ aliases, state, region, keyId }: FoundKey): { use: string; end: string }[] {
  const uses = aliases.map((alias) => ({
    use: `has the alias ${alias}`,
    end: `: if nobody uses it, aws kms delete-alias --region ${region} --alias-name ${alias}`,
  }));
  if (state === "Disabled" || state === "PendingImport" || isPendingDeletion(state)) return uses;
  const disable = `: if nobody needs it, aws kms disable-key --region ${region} --key-id ${keyId}, and leave everybody time to notice`;
  return [...uses, { use: `is ${state}`, end: state === "Enabled" ? disable : "" }];
}

/** A state that is older than the KMS key cannot know it. Without a state, a new KMS key may belong to a running update. */
function whyTooNew({ stack, createdAt }: FoundKey, states: StackState[], now: Date): string[] {
  const written = statesOf(stack!, states).map(({ asOf }) => Date.parse(asOf ?? ""));
  const made = Date.parse(createdAt ?? "");
  if (made < Math.min(...written, now.getTime()) - MARGIN_MS) return [];
  const from = minute(new Date(made + MARGIN_MS));
  return [
    written.length === 0
      ? `was made at ${minute(createdAt)}, and an update may be making it: run sweep again after ${from}`
      : `was made at ${minute(createdAt)}, after the state was written or shortly before, and an update may be making it. When none runs: \`pulumi refresh\`, after ${from}, writes the state anew; export it again and run sweep again`,
  ];
}

/** While the ManagedKey is there, an update makes a distribution that is declared again from its former KMS keys, and may have begun. */
function whyTakenBack({ stack, key, distribution, region, keyId }: FoundKey, states: StackState[]): string[] {
  const mayTake = statesOf(stack!, states).filter(
    ({ keys, regions }) =>
      keys.some(({ name }) => key === undefined || name === key) &&
      !regions.some(({ owner }) => owner.distribution === distribution),
  );
  return mayTake.map(
    ({ title }) =>
      `is of ${key === undefined ? "a key" : `key ${key}`} that ${title} still has, so an update may take it back: run \`pulumi up\`, export the state again and run sweep again. If it stays, and its distribution ${distribution} was removed on purpose: aws kms schedule-key-deletion --region ${region} --key-id ${keyId}`,
  );
}

/**
 * A distribution is used as a whole. A distribution in the state is skipped: there the KMS key is a second one of its version, and
 * the use of the first proves nothing about it.
 */
function whyDistributionInUse(key: FoundKey, found: FoundKey[], states: StackState[]): string[] {
  if (regionsOf(key, states).length > 0) return [];
  const used = found
    .filter((other) => sameDistribution(key, other))
    .flatMap((other) => usesOf(other).map(({ use }) => `${other.keyId} in ${other.region} ${use}`));
  return used.length === 0 ? [] : [`its distribution is in use: ${used.join(", ")}. End that first`];
}

/** A primary and its replicas are deleted together, so all their Regions must be listed. */
function whyRelatedStays(key: FoundKey, found: FoundKey[], deletable: FoundKey[]): string[] {
  const related = (region: string) =>
    found.find(
      (other) =>
        other.keyId === key.keyId && other.region === region && other.place.accountId === key.place.accountId,
    );
  if (key.primaryRegion !== undefined)
    return related(key.primaryRegion) ? [] : [`its primary was not looked at: --region ${key.primaryRegion}`];
  return key.replicaRegions.flatMap((region) => {
    const replica = related(region);
    if (replica === undefined) return [`its replica was not looked at: --region ${region}`];
    return replica.state === "PendingDeletion" || deletable.includes(replica)
      ? []
      : [`its replica in ${region} stays: see what is said of that`];
  });
}

const sameDistribution = (a: FoundKey, b: FoundKey) =>
  a !== b && a.place.accountId === b.place.accountId && a.distribution === b.distribution;
