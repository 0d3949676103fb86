/** What is known after a step. Pure: the executor and the planner both go by it. */
import type { KeyState } from "../../kms/keyState";
import { isLeaving } from "../../kms/keyState";
import { versionsOf } from "../../state/records";
import type { KmsKeyRecord, KmsKeyRecords } from "../../state/types";
import type { Candidate, Known, SeenReplica, Wanted } from "./known";
import type { OutcomeOf, StepName, StepOf } from "./steps";

type Effects = {
  [Name in StepName]: (
    known: Known,
    step: StepOf<Name>,
    outcome: OutcomeOf<Name>,
    wanted: Wanted,
  ) => Partial<Known>;
};

export function applied<Name extends StepName>(
  wanted: Wanted,
  known: Known,
  step: StepOf<Name>,
  outcome: OutcomeOf<Name>,
): Known {
  return { ...known, ...EFFECTS[step.do as Name](known, step, outcome, wanted) };
}

const EFFECTS: Effects = {
  find: ({ candidates }, _step, found) => ({
    looked: true,
    isBlind: !found.isPermitted,
    candidates: { ...found.candidates, ...candidates },
  }),
  adopt: ({ records: before, alias }, _step, { records, candidates, target, isAll }) => ({
    adopted: true,
    looked: isAll,
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
  findAlias: ({ alias }, { isThorough }, target) => ({
    alias: {
      target,
      isSeen: true,
      ...(isThorough && target === "" && alias.isThere && { isThere: true, isTaken: true }),
    },
  }),
  probe: ({ records }, _step, held) => ({ records: { ...records, ...held }, isProbed: true }),
  findPending: (_known, _step, pending) => ({ pending, isPendingSought: true }),
  readTags: ({ takenOver }, { version }, isOthers) => ({ takenOver: { ...takenOver, [version]: isOthers } }),
  findUnrecorded: (_known, _step, unrecorded) => ({ unrecorded }),
  findAbandoned: (_known, _step, abandoned) => ({ abandoned }),

  createKey: ({ records }, { version }, record) => ({ records: withRecord(records, version, record) }),
  replicate: replicated,
  claim: (known, { version }) => candidateIs(known, version, { isClaimed: true }),
  cancelDeletion(known, { version, region, isCandidate }, state, wanted) {
    if (isCandidate) return candidateIs(known, version, {}, { state });
    return region === wanted.region
      ? stateIs(known, version, state)
      : stateAbroadIs(known, version, region, state);
  },
  import: imported,
  join: ({ records }, { version }, record) => ({ records: withRecord(records, version, record) }),
  importNew: (_known, _step, pending) => ({ pending }),
  rotate: (known) => settledRotation({ ...known, pending: { ...known.pending!, isRotated: true } }),
  enable(known, { version, region }, outcome, wanted) {
    const state = outcome === "leaving" ? "PendingDeletion" : "Enabled";
    if (region === wanted.region) return stateIs(known, version, state);
    const abroad = stateAbroadIs(known, version, region, state);
    return outcome === "leaving" ? abroad : readyAbroad(abroad, known, version, region);
  },
  disable: (known, { version }, outcome) =>
    stateIs(known, version, outcome === "leaving" ? "PendingDeletion" : "Disabled"),
  syncMetadata(known, { version }, outcome) {
    if (outcome === "leaving") return stateIs(known, version, "PendingDeletion");
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
  createAlias: ({ records, alias }, { version }, isMade) => ({
    alias: isMade ? { target: records[version]!.keyId, isSeen: true } : { ...alias, isThere: true },
  }),
  moveAlias(known, { version }, outcome) {
    if (typeof outcome === "string") return stateIs(known, version, outcome);
    return { alias: { target: outcome ? known.records[version]!.keyId : "", isSeen: true } };
  },
  takeNextName: () => ({ alias: {} }),
  deleteAlias: () => ({ alias: { target: "", isSeen: true } }),
  scheduleDeletion(known, { version, region, isCandidate, keyId }, _outcome, wanted) {
    if (isCandidate) {
      const { [version]: other, ...candidates } = known.candidates;
      return { candidates, looked: false, excluded: [...known.excluded, other!.record.keyId] };
    }
    if (known.pending)
      return settledRotation({ ...known, ...stateAbroadIs(known, version, region, "PendingDeletion") });
    const settled = [...known.settled, `${keyId}@${region}`];
    const isRecorded = region === wanted.region && known.records[version]?.keyId === keyId;
    return { settled, ...(isRecorded && stateIs(known, version, "PendingDeletion")) };
  },
  leave: ({ settled }, { keyId, region }) => ({ settled: [...settled, `${keyId}@${region}`] }),
  refuse: () => {
    throw new Error("a refusal has no effect");
  },
};

function replicated(
  known: Known,
  { version, region }: StepOf<"replicate">,
  { state, isMade }: OutcomeOf<"replicate">,
  wanted: Wanted,
): Partial<Known> {
  if (wanted.role === "primary") return stateAbroadIs(known, version, region, state);
  const recovered = isMade ? {} : { recovered: true as const };
  const versions = wanted.strategy === "on-demand" ? versionsOf(wanted.primaries) : [version];
  const records = { ...known.records };
  for (const each of versions) {
    const { keyId, keyArn, kcv, keyMaterialId, claim } = wanted.primaries[each]!;
    const arn = keyArn.replace(/^(arn:[^:]+:kms):[^:]+:/, `$1:${region}:`);
    const of = { keyId, keyArn: arn, state, ...(claim !== undefined && { claim }), ...recovered };
    records[each] =
      wanted.strategy === "on-demand"
        ? { ...of, ...(keyMaterialId && { keyMaterialId }) }
        : { ...of, ...(kcv && { kcv }) };
  }
  return { records };
}

function imported(
  known: Known,
  { version, region, isCandidate }: StepOf<"import">,
  outcome: OutcomeOf<"import">,
  wanted: Wanted,
): Partial<Known> {
  if (isCandidate) return candidateProved(known, version, outcome);
  if (region !== wanted.region) return importedAbroad(known, version, region, outcome, wanted);
  if (outcome === "leaving") return stateIs(known, version, "PendingDeletion");
  const { state = "Enabled", ...patch } = outcome as Partial<KmsKeyRecord>;
  const record = known.records[version]!;
  const records = withRecord(known.records, version, { ...record, ...patch });
  if (record.state !== "PendingImport") return { records };
  if (wanted.strategy !== "on-demand") return stateIs({ ...known, records }, version, state);
  // One KMS key is Enabled only when it has all its materials.
  const reimported = [...known.reimported, version];
  const isWhole = versionsOf(records).every((each) => reimported.includes(each));
  return { reimported, records, ...(isWhole && stateIs({ ...known, records }, version, state)) };
}

function candidateProved(known: Known, version: number, outcome: OutcomeOf<"import">): Partial<Known> {
  if (outcome === "other") return candidateIs(known, version, { isOther: true });
  if (outcome === "leaving") return candidateIs(known, version, {}, { state: "PendingDeletion" });
  const { [version]: candidate, ...candidates } = known.candidates;
  const record: KmsKeyRecord = { ...candidate!.record, ...outcome, recovered: true };
  const records = withRecord(known.records, version, record);
  return { candidates, ...stateIs({ ...known, records }, version, record.state) };
}

function importedAbroad(
  known: Known,
  version: number,
  region: string,
  outcome: OutcomeOf<"import">,
  wanted: Wanted,
): Partial<Known> {
  if (outcome === "leaving") return stateAbroadIs(known, version, region, "PendingDeletion");
  if (wanted.strategy === "on-demand") {
    const { pending } = known;
    return { pending: { ...pending!, regions: [...pending!.regions, region] } };
  }
  const { state = "Enabled" } = outcome as Partial<KmsKeyRecord>;
  const abroad = stateAbroadIs(known, version, region, state);
  return state === "Enabled" ? readyAbroad(abroad, known, version, region) : abroad;
}

/** A new version is ready in another Region: the state notes it, and the KeyReplica there takes it up. */
function readyAbroad(
  abroad: Partial<Known>,
  { records }: Known,
  version: number,
  region: string,
): Partial<Known> {
  const record = records[version]!;
  const replicas = [...new Set([...(record.replicas ?? []), region])].sort();
  return { ...abroad, records: withRecord(records, version, { ...record, replicas }) };
}

/** The version is the state's once AWS has rotated to it and every replica that was given up is so again. */
function settledRotation(known: Known): Partial<Known> {
  const { pending, replicas = [], records } = known;
  const { version, imported: material } = pending!;
  const returned = replicas.some((one) => one.isLeaving && !isLeaving(one.state));
  if (returned) return { pending, replicas };
  const { keyId, keyArn, state, claim } = records[versionsOf(records).at(-1)!]!;
  const regions = replicas.filter(({ isLeaving: goes, state: now }) => !goes && now !== "Deleted");
  const record: KmsKeyRecord = { ...material, keyId, keyArn, state, ...(claim !== undefined && { claim }) };
  if (regions.length) record.replicas = regions.map(({ region }) => region);
  return { pending: undefined, replicas, records: withRecord(records, version, record) };
}

function candidateIs(
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

/** The state of a KMS key, which one that is rotated on demand has in the records of all its versions. */
function stateIs({ records }: Known, version: number, state: KeyState): Partial<Known> {
  const { keyId } = records[version]!;
  const now = Object.entries(records).map(([each, record]) => [
    each,
    record.keyId === keyId ? { ...record, state } : record,
  ]);
  return { records: Object.fromEntries(now) };
}

/** In another Region: a new version that is made ready there, or the replica of a KMS key that is rotated on demand. */
function stateAbroadIs(known: Known, version: number, region: string, state: KeyState): Partial<Known> {
  if (known.pending) {
    const replicas = (known.replicas ?? []).map(
      (one): SeenReplica => (one.region === region ? { ...one, state } : one),
    );
    return { replicas };
  }
  return { abroad: { ...known.abroad, [region]: { ...known.abroad[region], [version]: state } } };
}

function withRecord(records: KmsKeyRecords, version: number, record: KmsKeyRecord): KmsKeyRecords {
  const defined = Object.entries(record).filter(([, value]) => value !== undefined);
  return { ...records, [version]: Object.fromEntries(defined) as unknown as KmsKeyRecord };
}
