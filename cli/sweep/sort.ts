/** Which KMS keys no state accounts for, and which of them may be deleted. Pure. */
import { isPendingDeletion } from "../../provider/kms/keyState.js";
import { hasName, outdatedNames } from "../state/names.js";
import { accountedArns } from "../state/regions.js";
import type { RegionState, StackState } from "../state/stack.js";
import type { FoundKey } from "./find.js";

export interface Sorted {
  accounted: FoundKey[];
  /** No state accounts for it, and nothing is against its deletion. In the order of deletion: replicas before primaries. */
  deletable: FoundKey[];
  /** No state accounts for it, but something may still need it. */
  held: { key: FoundKey; reason: string }[];
  /** An update may have been interrupted: the next one recovers it. */
  unfinished: FoundKey[];
  scheduled: FoundKey[];
  /** They belong to stacks whose state is missing, so nothing is known of them. */
  foreign: FoundKey[];
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
  for (const key of found) {
    if (arns.has(key.keyArn)) sorted.accounted.push(key);
    else if (!isKnownStack(key, states, emptyStacks)) sorted.foreign.push(key);
    else if (isPendingDeletion(key.state)) sorted.scheduled.push(key);
    else if (isUnfinished(key, states)) sorted.unfinished.push(key);
    else candidates.push(key);
  }
  // Replicas are decided first: a primary may be deleted only with its replicas.
  for (const key of candidates.sort((a, b) => rank(a) - rank(b))) {
    const reason =
      whyNameUnclear(key, states, emptyStacks) ??
      whyInUse(key) ??
      whyTooNew(key, states, now) ??
      whyDistributionInUse(key, found, states) ??
      whyRelatedStays(key, found, sorted.deletable);
    if (reason === undefined) sorted.deletable.push(key);
    else sorted.held.push({ key, reason });
  }
  return sorted;
}

/** Replicas first. */
const rank = ({ primaryRegion }: FoundKey) => (primaryRegion === undefined ? 1 : 0);

const isKnownStack = ({ stack }: FoundKey, states: StackState[], emptyStacks: string[]) =>
  stack !== undefined && (emptyStacks.includes(stack) || statesOf(stack, states).length > 0);

/** The states of stacks that have this name or had it before. */
const statesOf = (stack: string, states: StackState[]) => states.filter((state) => hasName(state, stack));

/** The state holds the distribution, but no KMS key of this version in this Region yet. */
function isUnfinished(key: FoundKey, states: StackState[]): boolean {
  const own = regionsOf(key, states);
  const named = statesOf(key.stack!, states).some(({ distributions }) =>
    distributions.includes(key.distribution),
  );
  if (own.length === 0) return named;
  return !own.some(
    ({ region, versions }) =>
      region === key.region && versions.some(({ version }) => String(version) === key.version),
  );
}

/** The Regions of the key's distribution in the states. */
function regionsOf(key: FoundKey, states: StackState[]): RegionState[] {
  return statesOf(key.stack!, states)
    .flatMap(({ regions }) => regions)
    .filter(({ owner }) => owner.distribution === key.distribution);
}

/** The former name of a renamed stack is free. Another stack may have it now, and nothing is known of its KMS keys. */
function whyNameUnclear(
  { stack }: FoundKey,
  states: StackState[],
  emptyStacks: string[],
): string | undefined {
  const isKnown = states.some(
    (state) => state.names.includes(stack!) && !outdatedNames(state).includes(stack!),
  );
  if (isKnown || emptyStacks.includes(stack!)) return undefined;
  const titles = statesOf(stack!, states).map(({ title }) => title);
  return `is tagged for ${stack}, a name that ${titles.join(", ")} had before and another stack may have now: give that stack's state, or --empty-stack ${stack}`;
}

/** Why a KMS key may be in use; undefined where nobody can be using it. */
function whyInUse(key: FoundKey): string | undefined {
  if (key.aliases.length > 0) return `has the alias ${key.aliases.join(", ")}`;
  const unusable = key.state === "Disabled" || key.state === "PendingImport" || isPendingDeletion(key.state);
  return unusable ? undefined : `is ${key.state}`;
}

/** A state that is older than the KMS key cannot know it. Without a state, a new KMS key may belong to a running update. */
function whyTooNew(key: FoundKey, states: StackState[], now: Date): string | undefined {
  const oldest = Math.min(
    ...statesOf(key.stack!, states).map(({ asOf }) => Date.parse(asOf ?? "")),
    now.getTime(),
  );
  const old = Date.parse(key.createdAt ?? "") < oldest - MARGIN_MS;
  return old
    ? undefined
    : "was made after the state was written, or shortly before: an update may be making it";
}

/**
 * A distribution is used as a whole. A distribution in the state is skipped: there the KMS key is a second one of its version, and
 * the use of the first proves nothing about it.
 */
function whyDistributionInUse(key: FoundKey, found: FoundKey[], states: StackState[]): string | undefined {
  if (regionsOf(key, states).length > 0) return undefined;
  const used = found.find((other) => sameDistribution(key, other) && whyInUse(other) !== undefined);
  return used && `${used.keyId} in ${used.region}, of the same distribution, ${whyInUse(used)}`;
}

/** A primary and its replicas are deleted together, so all their Regions must be listed. */
function whyRelatedStays(key: FoundKey, found: FoundKey[], deletable: FoundKey[]): string | undefined {
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
