/** Which KMS keys nothing accounts for, and which of those may go. Decides, and does nothing. */
import { isPendingDeletion } from "../../provider/kms/keyState.js";
import { hasName, outdatedNames } from "../state/names.js";
import { accountedArns } from "../state/regions.js";
import type { RegionState, StackState } from "../state/stack.js";
import type { FoundKey } from "./find.js";

export interface Sorted {
  accounted: FoundKey[];
  /** No state accounts for it, and nothing speaks against its deletion. Replicas before primaries: the order to delete in. */
  deletable: FoundKey[];
  /** No state accounts for it, but something may still need it. */
  held: { key: FoundKey; reason: string }[];
  /** An update may have been interrupted: the next one takes it up. */
  unfinished: FoundKey[];
  scheduled: FoundKey[];
  /** Of stacks of which no state was given, and whose name no given one had before: nothing is known of them. */
  foreign: FoundKey[];
}

/** An update that was under way while the state was written may have made what is this much older than the state. */
const MARGIN_MS = 15 * 60_000;

/**
 * A KMS key that no state knows may be the only one that decrypts somebody's data. So it goes only where its stack is
 * known, and no other can be called the same, its state is younger than it is, nobody can be using it now, and the whole of its
 * distribution is as unused.
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
  for (const key of found) {
    if (arns.has(key.keyArn)) sorted.accounted.push(key);
    else if (!isGiven(key, states, emptyStacks)) sorted.foreign.push(key);
    else if (isPendingDeletion(key.state)) sorted.scheduled.push(key);
    else if (isUnfinished(key, states)) sorted.unfinished.push(key);
    else candidates.push(key);
  }
  // A primary's fate hangs on its replicas'.
  for (const key of candidates.sort((a, b) => rank(a) - rank(b))) {
    const reason =
      otherName(key, states, emptyStacks) ??
      useOf(key) ??
      tooYoung(key, states, now) ??
      useOfOthers(key, found, states) ??
      useOfRelated(key, found, sorted.deletable);
    if (reason === undefined) sorted.deletable.push(key);
    else sorted.held.push({ key, reason });
  }
  return sorted;
}

/** Replicas first. */
const rank = ({ primaryRegion }: FoundKey) => (primaryRegion === undefined ? 1 : 0);

const isGiven = ({ stack }: FoundKey, states: StackState[], emptyStacks: string[]) =>
  stack !== undefined && (emptyStacks.includes(stack) || holdersOf(stack, states).length > 0);

/** The states of the stack that is called so, and of those that were. */
const holdersOf = (stack: string, states: StackState[]) => states.filter((state) => hasName(state, stack));

/** The state holds the distribution, but no KMS key of this version in this Region yet. */
function isUnfinished(key: FoundKey, states: StackState[]): boolean {
  const own = regionsOf(key, states);
  const named = holdersOf(key.stack!, states).some(({ distributions }) =>
    distributions.includes(key.distribution),
  );
  if (own.length === 0) return named;
  return !own.some(
    ({ region, versions }) =>
      region === key.region && versions.some(({ version }) => String(version) === key.version),
  );
}

/** The key's distribution as the states hold it. */
function regionsOf(key: FoundKey, states: StackState[]): RegionState[] {
  return holdersOf(key.stack!, states)
    .flatMap(({ regions }) => regions)
    .filter(({ owner }) => owner.distribution === key.distribution);
}

/** A renamed stack's former name is free: another stack may have it now, of whose KMS keys nothing is known. */
function otherName({ stack }: FoundKey, states: StackState[], emptyStacks: string[]): string | undefined {
  const isKnown = states.some(
    (state) => state.names.includes(stack!) && !outdatedNames(state).includes(stack!),
  );
  if (isKnown || emptyStacks.includes(stack!)) return undefined;
  const titles = holdersOf(stack!, states).map(({ title }) => title);
  return `is tagged for ${stack}, a name that ${titles.join(", ")} had before and another stack may have now: give that stack's state, or --empty-stack ${stack}`;
}

/** Why a KMS key may be in use; undefined where nobody can use it now. */
function useOf(key: FoundKey): string | undefined {
  if (key.aliases.length > 0) return `has the alias ${key.aliases.join(", ")}`;
  const unusable = key.state === "Disabled" || key.state === "PendingImport" || isPendingDeletion(key.state);
  return unusable ? undefined : `is ${key.state}`;
}

/** A state that is older than the KMS key cannot know it; without one, a key that was just made may be in the making. */
function tooYoung(key: FoundKey, states: StackState[], now: Date): string | undefined {
  const oldest = Math.min(
    ...holdersOf(key.stack!, states).map(({ asOf }) => Date.parse(asOf ?? "")),
    now.getTime(),
  );
  const old = Date.parse(key.createdAt ?? "") < oldest - MARGIN_MS;
  return old
    ? undefined
    : "was made after the state was written, or shortly before: an update may be making it";
}

/**
 * A distribution is used as a whole. One that the state holds is not looked at: there it is a second KMS key of a version,
 * and the use of the first says nothing of it.
 */
function useOfOthers(key: FoundKey, found: FoundKey[], states: StackState[]): string | undefined {
  if (regionsOf(key, states).length > 0) return undefined;
  const used = found.find((other) => sameDistribution(key, other) && useOf(other) !== undefined);
  return used && `${used.keyId} in ${used.region}, of the same distribution, ${useOf(used)}`;
}

/** Primary and replicas go together; where they are was looked at. */
function useOfRelated(key: FoundKey, found: FoundKey[], deletable: FoundKey[]): string | undefined {
  const related = (region: string) =>
    found.find(
      (other) =>
        other.keyId === key.keyId && other.region === region && other.place.accountId === key.place.accountId,
    );
  if (key.primaryRegion !== undefined)
    return related(key.primaryRegion)
      ? undefined
      : `its primary was not looked at: --region ${key.primaryRegion}`;
  for (const region of key.replicaRegions) {
    const replica = related(region);
    if (replica === undefined) return `its replica was not looked at: --region ${region}`;
    if (replica.state !== "PendingDeletion" && !deletable.includes(replica))
      return `its replica in ${region} stays`;
  }
  return undefined;
}

const sameDistribution = (a: FoundKey, b: FoundKey) =>
  a !== b && a.place.accountId === b.place.accountId && a.distribution === b.distribution;
