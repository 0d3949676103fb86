/** The findings of `sweep`, in the form that --json prints. */
import type { StackState } from "../state/stack.js";
import type { FoundKey, Place } from "./find.js";
import type { Sorted } from "./sort.js";

export interface SweepReport {
  places: { accountId: string; region: string }[];
  /** Regions that were not listed, because `unreachableRegions` of a KmsProvider names them. Missing where there are none. */
  leftOut?: string[];
  states: { stack: string; asOf: string | null; keys: number }[];
  accounted: number;
  deletable: KeyReport[];
  /** `reason`: all of `reasons`. */
  held: (KeyReport & { reason: string; reasons: string[] })[];
  unfinished: KeyReport[];
  scheduled: KeyReport[];
  foreign: (KeyReport & { reason: string })[];
}

export interface KeyReport {
  accountId: string;
  region: string;
  keyId: string;
  keyArn: string;
  stack: string | null;
  key: string | null;
  distribution: string;
  version: string | null;
  state: string;
  /** ISO 8601 UTC. */
  deletionDate: string | null;
}

export function sweepReport(
  places: Place[],
  leftOut: string[],
  states: StackState[],
  sorted: Sorted,
): SweepReport {
  return {
    places: places.map(({ accountId, kms }) => ({ accountId, region: kms.region })),
    ...(leftOut.length > 0 && { leftOut }),
    states: states.map(({ names, title, asOf, regions }) => ({
      stack: names.join(", ") || title,
      asOf: asOf ?? null,
      keys: regions.reduce((sum, { versions }) => sum + versions.length, 0),
    })),
    accounted: sorted.accounted.length,
    deletable: sorted.deletable.map(keyReport),
    held: sorted.held.map(({ key, reasons }) => ({
      ...keyReport(key),
      reason: reasons.join("; "),
      reasons,
    })),
    unfinished: sorted.unfinished.map(keyReport),
    scheduled: sorted.scheduled.map(keyReport),
    foreign: sorted.foreign.map(({ key, reason }) => ({ ...keyReport(key), reason })),
  };
}

export function keyReport(found: FoundKey): KeyReport {
  const { place, region, keyId, keyArn, stack, key, distribution, version, state, deletionDate } = found;
  return {
    accountId: place.accountId,
    region,
    keyId,
    keyArn,
    stack: stack ?? null,
    key: key ?? null,
    distribution,
    version: version ?? null,
    state,
    deletionDate: deletionDate ?? null,
  };
}
