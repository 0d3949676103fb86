/** The findings of `status`, in the form that --json prints. The text is made from them. */
import { regionDrift } from "../../provider/lifecycle/drift/drift.js";
import { outdatedNames } from "../state/names.js";
import type { ManagedKeyState, RegionState, StackState, VersionState } from "../state/stack.js";
import { goneNote } from "./gone.js";
import type { Observations, Seen } from "./observe.js";
import type { Scheduled } from "./scheduled.js";
import { type ScheduledReport, scheduledReports } from "./scheduledReport.js";
import type { Unseen } from "./unseen.js";
import { unseenNotes } from "./unseenNotes.js";

export interface Report {
  stacks: StackReport[];
  /** Number of differences. */
  drift: number;
  /** Number of updates of a distribution in a Region that were not completed. */
  failed: number;
  /** Number of Regions of distributions that could not be observed. */
  unseen: number;
}

export interface StackReport {
  stack: string;
  asOf: string | null;
  keys: KeyReport[];
  /** Its KMS keys that are scheduled for deletion and are not in `keys`. For those in `keys` it is drift. */
  scheduled: ScheduledReport[];
  /** AWS knows none of its KMS keys: a note says what to do, in the place of the drift of each. */
  gone: boolean;
  /** Further notes, one sentence each. */
  notes: string[];
}

export interface KeyReport {
  name: string;
  type: string | null;
  latestVersion: number;
  minEnabledVersion: number;
  /** UTC date. */
  rotateAfter: string | null;
  rotationDue: boolean;
  /** Null where the ManagedKey is not in the state. */
  deletionAllowed: boolean | null;
  distributions: DistributionReport[];
}

export interface DistributionReport {
  name: string;
  accountId: string | null;
  aliasName: string;
  extraAliases: string[];
  regions: RegionReport[];
}

export interface RegionReport {
  region: string;
  primary: boolean;
  /** Why AWS could not be asked; null where it answered, and with --offline. */
  unseen: string | null;
  versions: VersionReport[];
  drift: string[];
  /** What the last update did not complete, and why. */
  failed: string[];
}

export interface VersionReport {
  version: number;
  keyId: string;
  keyArn: string;
  /** AWS's; the state's with --offline; null where AWS was asked and did not answer. */
  state: string | null;
  /** Whether the alias points to the KMS key. Null as `state` is. */
  alias: boolean | null;
  /** Whether the KMS key encrypts with this version's material: false for former versions of one that is rotated on demand. */
  current: boolean;
  /** ISO 8601 UTC. */
  validTo: string | null;
  /** UTC date after which an update imports the material again, where it expires. */
  renewAfter: string | null;
  deletionDate: string | null;
}

/** `today`: UTC date. `observations` and `scheduled` are empty where AWS was not asked. */
export function reportOf(
  states: StackState[],
  observations: Observations,
  scheduled: Map<StackState, Scheduled>,
  today: string,
): Report {
  const stacks = states.map((state) => stackReport(state, observations, scheduled.get(state), today));
  const regions = stacks.flatMap(({ keys }) =>
    keys.flatMap(({ distributions }) => distributions.flatMap((distribution) => distribution.regions)),
  );
  return {
    stacks,
    drift: regions.reduce((sum, { drift }) => sum + drift.length, 0),
    failed: regions.filter(({ failed }) => failed.length > 0).length,
    unseen: regions.filter(({ unseen }) => unseen !== null).length,
  };
}

function stackReport(
  state: StackState,
  observations: Observations,
  scheduled: Scheduled | undefined,
  today: string,
): StackReport {
  const gone = goneNote(state, observations);
  const names = [
    ...new Set([...state.keys.map(({ name }) => name), ...state.regions.map(({ owner }) => owner.key.name)]),
  ];
  return {
    stack: state.names.join(", ") || state.title,
    asOf: state.asOf ?? null,
    keys: names.map((name) => {
      const regions = state.regions.filter(({ owner }) => owner.key.name === name);
      return keyReport(
        name,
        state.keys.find((key) => key.name === name),
        regions,
        observations,
        today,
      );
    }),
    scheduled: scheduled ? scheduledReports(state, scheduled) : [],
    gone: gone !== undefined,
    notes: [
      ...(gone === undefined ? [] : [gone]),
      ...renameNotes(state),
      ...(scheduled ? unseenNotes(state, observations, scheduled) : []),
    ],
  };
}

function renameNotes(state: StackState): string[] {
  const names = outdatedNames(state);
  return names.length === 0
    ? []
    : [`KMS keys are tagged for ${names.join(", ")}: the next \`pulumi up\` tags them for ${state.title}.`];
}

function keyReport(
  name: string,
  key: ManagedKeyState | undefined,
  regions: RegionState[],
  observations: Observations,
  today: string,
): KeyReport {
  const distributed = regions[0]?.owner.key;
  const distributions = [...new Set(regions.map(({ owner }) => owner.distribution))];
  return {
    name,
    type: key?.type ?? null,
    latestVersion: key?.latestVersion ?? distributed!.keyVersion,
    minEnabledVersion: key?.minEnabledVersion ?? distributed!.minEnabledVersion,
    rotateAfter: key?.rotateAfter ?? null,
    rotationDue: key?.rotateAfter !== undefined && key.rotateAfter <= today,
    deletionAllowed: key?.deletionAllowed ?? null,
    distributions: distributions.map((distribution) => {
      const own = regions.filter(({ owner }) => owner.distribution === distribution);
      const { kmsProvider, outputs } = own[0]!;
      return {
        name: distribution,
        accountId: kmsProvider.accountId ?? null,
        aliasName: outputs.aliasName,
        extraAliases: Object.keys(outputs.extraAliasTargets ?? {}),
        regions: own.map((region) => regionReport(region, observations.get(region))),
      };
    }),
  };
}

function regionReport(state: RegionState, observation: Seen | Unseen | undefined): RegionReport {
  const { region, primary, owner, outputs } = state;
  const seen = observation !== undefined && "keys" in observation ? observation : undefined;
  const unseen = observation !== undefined && "unseen" in observation ? observation.unseen : null;
  const kind = primary ? "primary" : "replica";
  // With `publishBefore` it is not always the latest.
  const inUse = state.versions.findLast(({ keyId }) => keyId === outputs.keyId)?.version;
  return {
    region,
    primary,
    unseen,
    versions: state.versions.map((record) => {
      const now = seen?.keys.get(record.keyId);
      const pointedAt = seen ? seen.aliasTarget === record.keyId : record.version === inUse;
      const validTo = (now ? now.validTo : record.validTo) ?? null;
      return {
        version: record.version,
        keyId: record.keyId,
        keyArn: record.keyArn,
        state: unseen === null ? (now?.state ?? record.state) : null,
        alias: unseen === null ? pointedAt : null,
        current: isCurrent(record, state.versions, now?.keyMaterialId),
        validTo,
        renewAfter: (validTo !== null && owner.expiry.renewAfter) || null,
        deletionDate: now?.deletionDate ?? null,
      };
    }),
    drift: seen ? regionDrift(region, kind, owner, outputs, seen) : [],
    failed: failuresOf(state),
  };
}

/** The engine keeps the errors in the state. What it has replaced it deletes after all else. */
function failuresOf({ region, owner, failures, replaced }: RegionState): string[] {
  const what = `${owner.distribution} in ${region}`;
  return [
    ...failures.map((failure) => `the last update of ${what} was not completed: ${failure}`),
    ...(replaced ? [`the last update has replaced ${what}, and did not remove what it replaced`] : []),
  ];
}

/** @param material that AWS encrypts with, where it was asked and says so */
function isCurrent(record: VersionState, all: VersionState[], material: string | undefined): boolean {
  const sharing = all.filter(({ keyId }) => keyId === record.keyId);
  const current = sharing.find(({ keyMaterialId }) => material !== undefined && keyMaterialId === material);
  return record === (current ?? sharing.at(-1));
}
