/** What is known after a step. The executor and the planner both use it. Pure. */
import { relatedKeyArn } from "../../kms/arn";
import type { KeyState } from "../../kms/keyState";
import { isPendingDeletion } from "../../kms/keyState";
import { versionsOf } from "../../state/records";
import type { KmsKeyRecord, KmsKeyRecords } from "../../state/types";
import {
  aliasOf,
  type Candidate,
  type Desired,
  type Known,
  type KnownAlias,
  type SeenReplica,
  servingVersion,
  versionInUse,
} from "./known";
import { mayBeOurs } from "./rules";
import type { OutcomeOf, StepName, StepOf } from "./steps";

type Effects = {
  [Name in StepName]: (
    known: Known,
    step: StepOf<Name>,
    outcome: OutcomeOf<Name>,
    desired: Desired,
  ) => Partial<Known>;
};

export function applied<Name extends StepName>(
  desired: Desired,
  known: Known,
  step: StepOf<Name>,
  outcome: OutcomeOf<Name>,
): Known {
  return withPublication(desired, { ...known, ...EFFECTS[step.do as Name](known, step, outcome, desired) });
}

/**
 * Notes since when a version waits that an update has made after the one in use. One that the alias has reached, and that need not wait, waits
 * no more: others may have moved it to one that does. The time is that of the KMS key, and not of the key's version: an update that failed in
 * between may not have published it.
 */
function withPublication(desired: Desired, known: Known): Known {
  const { role, publishFor, now } = desired;
  const inUse = versionInUse(known);
  const isAnyNoted = Object.values(known.records).some(({ publishedAt }) => publishedAt !== undefined);
  if (role === "replica" || inUse === undefined || (publishFor === 0 && !isAnyNoted)) return known;
  const serving = servingVersion(desired, known);
  const isReached = known.records[serving]?.keyId === known.alias.target;
  const records: KmsKeyRecords = {};
  for (const version of versionsOf(known.records)) {
    const { publishedAt = new Date(now).toISOString(), ...record } = known.records[version]!;
    const isWaiting = publishFor > 0 && version > (isReached ? serving : inUse);
    records[version] = isWaiting ? { ...record, publishedAt } : record;
  }
  return { ...known, records };
}

const EFFECTS: Effects = {
  findOrphans: ({ candidates }, _step, found) => ({
    isSearched: true,
    isListingDenied: !found.isPermitted,
    candidates: { ...found.candidates, ...candidates },
  }),
  adopt: ({ records: before, alias }, _step, { records, candidates, target, isAll }) => ({
    adopted: true,
    isSearched: isAll,
    isProbed: true,
    records: { ...before, ...records },
    candidates,
    alias: target === undefined ? alias : { target, isSeen: true },
  }),
  inspect: ({ records, absent }, { version }, record) =>
    record && record.state !== "Deleted"
      ? { records: withRecord(records, version, record) }
      : { absent: [...absent, version] },
  findReplicas: (_known, _step, replicas) => ({ replicas }),
  findAlias: (known, { isThorough, name }, target) =>
    withAlias(known, name, {
      target,
      isSeen: true,
      ...(isThorough && target === "" && aliasOf(known, name).exists && { exists: true, isTaken: true }),
    }),
  lookAtAlias(known, { name }, target, desired) {
    const isRecorded = Object.values(known.records).some(({ keyId }) => keyId === target);
    if (target === "" || isRecorded || desired.replaced.includes(target))
      return withAlias(known, name, { target, isSeen: true });
    return withAlias(
      known,
      name,
      mayBeOurs(desired, known, target)
        ? { target }
        : { target: "", isSeen: true, exists: true, isTaken: true },
    );
  },
  probeVersions: ({ records }, _step, held) => ({ records: { ...records, ...held }, isProbed: true }),
  findPending: (_known, _step, pending) => ({ pending, isPendingSought: true }),
  checkOwner: ({ takenOver }, { version }, isOthers) => ({
    takenOver: { ...takenOver, [version]: isOthers },
  }),
  findRemovalOrphans: (_known, _step, orphans) => ({ orphans }),
  findStrayReplicas: (_known, _step, strayReplicas) => ({ strayReplicas }),

  createKey: ({ records }, { version }, record) => ({ records: withRecord(records, version, record) }),
  replicate: replicated,
  markClaimPending: (known, { version }) => withCandidate(known, version, { isClaimPending: true }),
  cancelDeletion(known, { version, region, isCandidate }, state, desired) {
    if (isCandidate) return withCandidate(known, version, {}, { state });
    return region === desired.region
      ? withState(known, version, state)
      : withRemoteState(known, version, region, state);
  },
  import: imported,
  joinVersion: ({ records }, { version }, record) => ({ records: withRecord(records, version, record) }),
  importNewMaterial: (_known, _step, pending) => ({ pending }),
  rotate: (known) => settledRotation({ ...known, pending: { ...known.pending!, isRotated: true } }),
  enable(known, { version, region }, outcome, desired) {
    const state = outcome === "pendingDeletion" ? "PendingDeletion" : "Enabled";
    if (region === desired.region) return withState(known, version, state);
    const remote = withRemoteState(known, version, region, state);
    return outcome === "pendingDeletion" ? remote : replicaReady(remote, known, version, region);
  },
  disable: (known, { version }, outcome) =>
    withState(known, version, outcome === "pendingDeletion" ? "PendingDeletion" : "Disabled"),
  syncMetadata(known, { version }, outcome) {
    if (outcome === "pendingDeletion") return withState(known, version, "PendingDeletion");
    const { records, stale } = known;
    const same = versionsOf(records).filter((other) => records[other]!.keyId === records[version]!.keyId);
    const now = { ...records };
    for (const other of same) {
      const { recovered: _, untagged: __, ...record } = now[other]!;
      now[other] = { ...record, ...(outcome.claim !== undefined && { claim: outcome.claim }) };
    }
    return { records: now, stale: stale.filter((other) => !same.includes(other)) };
  },
  forget({ records, reimported }, { version }) {
    const { keyId } = records[version]!;
    return {
      records: Object.fromEntries(Object.entries(records).filter(([, one]) => one.keyId !== keyId)),
      reimported: reimported.filter((each) => records[each]?.keyId !== keyId),
    };
  },
  createAlias: (known, { version, name }, isMade) =>
    withAlias(
      known,
      name,
      isMade
        ? { target: known.records[version]!.keyId, isSeen: true }
        : { ...aliasOf(known, name), exists: true },
    ),
  moveAlias(known, { version, name }, outcome) {
    if (typeof outcome === "string") return withState(known, version, outcome);
    const target = outcome ? known.records[version]!.keyId : "";
    return withAlias(known, name, { target, isSeen: true });
  },
  useNextName: () => ({ alias: {} }),
  deleteAlias: (known, { name }) =>
    name === undefined ? { alias: { target: "", isSeen: true, isDeleted: true } } : withoutAlias(known, name),
  leaveAlias: (known, { name }) => withoutAlias(known, name),
  scheduleDeletion(known, { version, region, isCandidate, keyId }, _outcome, desired) {
    if (isCandidate) {
      const { [version]: other, ...candidates } = known.candidates;
      return { candidates, isSearched: false, excluded: [...known.excluded, other!.record.keyId] };
    }
    if (known.pending)
      return settledRotation({ ...known, ...withRemoteState(known, version, region, "PendingDeletion") });
    const settled = [...known.settled, `${keyId}@${region}`];
    const isRecorded = region === desired.region && known.records[version]?.keyId === keyId;
    return { settled, ...(isRecorded && withState(known, version, "PendingDeletion")) };
  },
  leaveAlone: ({ settled, leftAlone }, { keyId, region }) => {
    const one = `${keyId}@${region}`;
    return { settled: [...settled, one], leftAlone: [...leftAlone, one] };
  },
  refuse: () => {
    throw new Error("a refusal has no effect");
  },
};

function replicated(
  known: Known,
  { version, region }: StepOf<"replicate">,
  { state, isMade }: OutcomeOf<"replicate">,
  desired: Desired,
): Partial<Known> {
  if (desired.role === "primary") {
    const remote = withRemoteState(known, version, region, state);
    return state === "Enabled" ? replicaReady(remote, known, version, region) : remote; // it exists, with its material
  }
  const recovered = isMade ? {} : { recovered: true as const };
  const versions = desired.strategy === "on-demand" ? versionsOf(desired.primaries) : [version];
  const records = { ...known.records };
  for (const each of versions) {
    const { keyId, keyArn, kcv, keyMaterialId, claim } = desired.primaries[each]!;
    const arn = relatedKeyArn(keyArn, region);
    const of = { keyId, keyArn: arn, state, ...(claim !== undefined && { claim }), ...recovered };
    records[each] =
      desired.strategy === "on-demand"
        ? { ...of, ...(keyMaterialId && { keyMaterialId }) }
        : { ...of, ...(kcv && { kcv }) };
  }
  return { records };
}

function imported(
  known: Known,
  { version, region, isCandidate }: StepOf<"import">,
  outcome: OutcomeOf<"import">,
  desired: Desired,
): Partial<Known> {
  if (isCandidate) return candidateProved(known, version, outcome);
  if (region !== desired.region) return importedRemotely(known, version, region, outcome, desired);
  if (outcome === "pendingDeletion") return withState(known, version, "PendingDeletion");
  const { state = "Enabled", ...patch } = outcome as Partial<KmsKeyRecord>;
  const record = known.records[version]!;
  const records = withRecord(known.records, version, { ...record, ...patch });
  if (record.state !== "PendingImport") return { records };
  if (desired.strategy !== "on-demand") return withState({ ...known, records }, version, state);
  // The KMS key becomes Enabled only when it has all its materials.
  const reimported = [...known.reimported, version];
  const isWhole = versionsOf(records).every((each) => reimported.includes(each));
  return { reimported, records, ...(isWhole && withState({ ...known, records }, version, state)) };
}

function candidateProved(known: Known, version: number, outcome: OutcomeOf<"import">): Partial<Known> {
  if (outcome === "other") return withCandidate(known, version, { hasOtherMaterial: true });
  if (outcome === "pendingDeletion") return withCandidate(known, version, {}, { state: "PendingDeletion" });
  const { [version]: candidate, ...candidates } = known.candidates;
  const record: KmsKeyRecord = { ...candidate!.record, ...outcome, recovered: true };
  const records = withRecord(known.records, version, record);
  return { candidates, ...withState({ ...known, records }, version, record.state) };
}

function importedRemotely(
  known: Known,
  version: number,
  region: string,
  outcome: OutcomeOf<"import">,
  desired: Desired,
): Partial<Known> {
  if (outcome === "pendingDeletion") return withRemoteState(known, version, region, "PendingDeletion");
  if (desired.strategy === "on-demand") {
    const { pending } = known;
    return { pending: { ...pending!, regions: [...pending!.regions, region] } };
  }
  const { state = "Enabled" } = outcome as Partial<KmsKeyRecord>;
  const remote = withRemoteState(known, version, region, state);
  return state === "Enabled" ? replicaReady(remote, known, version, region) : remote;
}

/** A new version is ready in another Region. The record says so, and the KeyReplica there adds the version to its records. */
function replicaReady(
  remote: Partial<Known>,
  { records }: Known,
  version: number,
  region: string,
): Partial<Known> {
  const record = records[version]!;
  const replicas = [...new Set([...(record.replicas ?? []), region])].sort();
  return { ...remote, records: withRecord(records, version, { ...record, replicas }) };
}

/** The version is added to the state after AWS has rotated to it and every reclaimed replica is pending deletion again. */
function settledRotation(known: Known): Partial<Known> {
  const { pending, replicas = [], records } = known;
  const { version, imported: material } = pending!;
  const isAnyReclaimed = replicas.some((one) => one.wasPendingDeletion && !isPendingDeletion(one.state));
  if (isAnyReclaimed) return { pending, replicas };
  const { keyId, keyArn, state, claim } = records[versionsOf(records).at(-1)!]!;
  const regions = replicas.filter(
    ({ wasPendingDeletion, state: now }) => !wasPendingDeletion && now !== "Deleted",
  );
  const record: KmsKeyRecord = { ...material, keyId, keyArn, state, ...(claim !== undefined && { claim }) };
  if (regions.length) record.replicas = regions.map(({ region }) => region);
  return { pending: undefined, replicas, records: withRecord(records, version, record) };
}

function withAlias({ extraAliases }: Known, name: string | undefined, alias: KnownAlias): Partial<Known> {
  return name === undefined ? { alias } : { extraAliases: { ...extraAliases, [name]: alias } };
}

function withoutAlias({ extraAliases }: Known, name: string): Partial<Known> {
  const { [name]: _, ...others } = extraAliases;
  return { extraAliases: others };
}

function withCandidate(
  { candidates }: Known,
  version: number,
  change: Partial<Candidate>,
  record: Partial<KmsKeyRecord> = {},
): Partial<Known> {
  const { keyId } = candidates[version]!.record;
  const now = Object.entries(candidates).map(([each, candidate]) => [
    each,
    candidate.record.keyId === keyId
      ? { ...candidate, ...change, record: { ...candidate.record, ...record } }
      : candidate,
  ]);
  return { candidates: Object.fromEntries(now) };
}

/** Sets the state of a KMS key. If it is rotated on demand, all its versions have records with this state. */
function withState({ records }: Known, version: number, state: KeyState): Partial<Known> {
  const { keyId } = records[version]!;
  const now = Object.entries(records).map(([each, record]) => [
    each,
    record.keyId === keyId ? { ...record, state } : record,
  ]);
  return { records: Object.fromEntries(now) };
}

/** Sets the state in another Region: of a new version that is prepared there, or of the replica in an on-demand rotation. */
function withRemoteState(known: Known, version: number, region: string, state: KeyState): Partial<Known> {
  if (known.pending) {
    const replicas = (known.replicas ?? []).map(
      (one): SeenReplica => (one.region === region ? { ...one, state } : one),
    );
    return { replicas };
  }
  return { remote: { ...known.remote, [region]: { ...known.remote[region], [version]: state } } };
}

function withRecord(records: KmsKeyRecords, version: number, record: KmsKeyRecord): KmsKeyRecords {
  const defined = Object.entries(record).filter(([, value]) => value !== undefined);
  return { ...records, [version]: Object.fromEntries(defined) as unknown as KmsKeyRecord };
}
