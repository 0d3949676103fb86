import { ensureAlias } from "../awskms/aliases";
import type { Kms } from "../awskms/client";
import { waitEnabled } from "../awskms/kmsKeys";
import { type Metadata, syncMetadata } from "./metadata";
import { PartialFailure, type Values } from "./resource";
import { ensureExpiry, ensureUsable, syncState, takeBack, wantedVersions } from "./versions";
import {
  type AppliedMetadata,
  contextOf,
  type KmsKeyRecord,
  type KmsRef,
  kmsKeysOf,
  type MetadataInputs,
  metadataFor,
  type Owner,
  type RegionalOutputs,
  versionsOf,
} from "./wire";

/** The KMS key of a version that had none in the state, and the tags, policy and description that it has. */
export interface MadeKmsKey {
  record: KmsKeyRecord;
  has: Metadata | "as asked" | "to be seen";
}

export interface Convergence {
  id: string;
  kms: Kms;
  owner: Owner;
  inputs: MetadataInputs;
  /** Records what is done while it is done. */
  outputs: RegionalOutputs;
  /** The part of the outputs that holds the KmsProvider's tags. */
  reached: { kms: KmsRef };
  /** What the last update applied; undefined in a create. */
  last?: AppliedMetadata;
  /** Something has drifted: what the KMS keys have is looked at instead of taken from the state. */
  repair?: boolean;
  /** Makes the KMS key of a version that has none, or takes up the one that is there. */
  make(version: number): Promise<MadeKmsKey>;
  /** What else a version needs before the alias may move to it. */
  prepare?(version: number, record: KmsKeyRecord): Promise<void>;
}

/**
 * Observe, ensure, sync, in one Region: what is missing is made, in an order in which no moment loses anything. Versions are
 * usable before the alias moves to the latest; old ones are disabled only after it has. Every step can be run again. A
 * failure half-way is a PartialFailure with what was done, unless a create has made nothing yet.
 */
export async function converge(convergence: Convergence): Promise<void> {
  const { kms, owner, inputs, outputs, last, make, prepare } = convergence;
  const records = outputs.versions;
  const before = versionsOf(records);
  try {
    if (last) showApplied(convergence, last);
    for (const version of before) await takeBack(kms, owner, version, records[version]!);
    if (last) await applyMetadata(convergence, last);
    for (const version of wantedVersions(owner.key)) {
      const made = records[version] ? undefined : await make(version);
      const record = records[version] ?? made!.record;
      records[version] = record;
      if (made && made.has !== "as asked") noteTakenUp(convergence, version);
      await ensureUsable(kms, owner, version, record);
      await ensureExpiry(kms, owner, version, record);
      await syncState(kms, owner, version, record);
      if (made && made.has !== "as asked") await syncMetadata(kms, owner, version, record, made.has, inputs);
      await prepare?.(version, record);
    }
    await pointAlias(kms, owner, outputs, before.length > 0);
    for (const version of versionsOf(records)) await syncState(kms, owner, version, records[version]!);
    outputs.drift = [];
  } catch (error) {
    throw failedHalfWay(convergence, error as Error);
  }
}

/**
 * Until its tags, policy and description are as asked, a KMS key that was there before counts as drifted: an update that
 * fails in between leaves them to the next one.
 */
export function noteTakenUp({ kms, outputs }: Pick<Convergence, "kms" | "outputs">, version: number): void {
  const what = `version ${version} in ${kms.region}: taken up, and its tags, policy and description not seen yet`;
  outputs.drift = [...(outputs.drift ?? []), what];
}

/** A PartialFailure with what was done; the error as it is where a create has made nothing yet. */
export function failedHalfWay({ id, outputs, last }: Convergence, error: Error): Error {
  if (!last && versionsOf(outputs.versions).length === 0) return error;
  return new PartialFailure(id, outputs as unknown as Values, error);
}

/** Until metadata is applied, the outputs say what AWS has. */
export function showApplied({ outputs, reached }: Convergence, last: AppliedMetadata): void {
  reached.kms = { ...reached.kms, tags: last.kmsTags };
  Object.assign(outputs, { tags: last.tags, policy: last.policy, description: last.description });
}

export async function applyMetadata(
  { kms, owner, inputs, outputs, reached, repair = false }: Convergence,
  last: AppliedMetadata,
): Promise<void> {
  const before = { ...owner, kms: { ...owner.kms, tags: last.kmsTags } };
  for (const { version, record } of kmsKeysOf(outputs.versions)) {
    const applied = metadataFor(before, version, last);
    const has = repair ? "to be seen" : applied;
    await syncMetadata(kms, owner, version, record, has, inputs, applied.tags);
  }
  reached.kms = { ...reached.kms, tags: owner.kms.tags };
  Object.assign(outputs, { tags: inputs.tags, policy: inputs.policy, description: inputs.description });
}

export async function pointAlias(
  kms: Kms,
  owner: Owner,
  outputs: RegionalOutputs,
  rotating: boolean,
): Promise<void> {
  const { keyId, keyArn } = outputs.versions[owner.key.keyVersion]!;
  const context = contextOf(owner, owner.key.keyVersion);
  const target = outputs.aliasTarget || undefined;
  if (rotating && target !== keyId) await waitEnabled(kms, keyId, context);
  const keyIds = Object.values(outputs.versions).map((record) => record.keyId);
  const ours = { distribution: owner.distribution, keyIds };
  await ensureAlias(kms, outputs.aliasName, keyId, target, ours, context);
  Object.assign(outputs, { keyId, keyArn, aliasTarget: keyId });
}
