import { ensureAlias } from "../awskms/aliases";
import type { Kms } from "../awskms/client";
import { waitEnabled } from "../awskms/kmsKeys";
import { PartialFailure, type Values } from "./resource";
import { ensureUsable, syncMetadata, syncState, takeBack, wantedVersions } from "./versions";
import {
  contextOf,
  type KmsKeyRecord,
  type KmsKeyRecords,
  type KmsRef,
  type MetadataInputs,
  type Owner,
  versionsOf,
} from "./wire";

/** The part of a distribution's or replica's outputs that says what one Region holds. */
export interface RegionalOutputs extends MetadataInputs {
  aliasName: string;
  versions: KmsKeyRecords;
  /** The latest version's KMS key as the last finished update left it. */
  keyId?: string;
  keyArn?: string;
  aliasTarget?: string;
}

/** Metadata that the KMS keys have now. */
export type AppliedMetadata = MetadataInputs & { kmsTags?: Record<string, string> };

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
  /** Makes the KMS key of a version that has none. */
  make(version: number): Promise<KmsKeyRecord>;
  /** What else a version needs before the alias may move to it. */
  prepare?(version: number, record: KmsKeyRecord): Promise<void>;
}

/**
 * Observe, ensure, sync, in one Region: what is missing is made, in an order in which no moment loses anything. Versions are
 * usable before the alias moves to the latest; old ones are disabled only after it has. Every step can be run again. A
 * failure half-way is a PartialFailure with what was done, unless a create has made nothing yet.
 */
export async function converge(convergence: Convergence): Promise<void> {
  const { id, kms, owner, outputs, last, make, prepare } = convergence;
  const records = outputs.versions;
  const before = versionsOf(records);
  try {
    if (last) await applyMetadata(convergence, last);
    for (const version of before) await takeBack(kms, owner, version, records[version]!);
    for (const version of wantedVersions(owner.key)) {
      const record = records[version] ?? (await make(version));
      records[version] = record;
      await ensureUsable(kms, owner, version, record);
      await syncState(kms, owner, version, record);
      await prepare?.(version, record);
    }
    await pointAlias(kms, owner, outputs, before.length > 0);
    for (const version of versionsOf(records)) await syncState(kms, owner, version, records[version]!);
  } catch (error) {
    if (!last && versionsOf(records).length === 0) throw error;
    throw new PartialFailure(id, outputs as unknown as Values, error as Error);
  }
}

/** Until metadata is applied, the outputs say what AWS has. */
async function applyMetadata(
  { kms, owner, inputs, outputs, reached }: Convergence,
  last: AppliedMetadata,
): Promise<void> {
  const wanted = reached.kms;
  reached.kms = { ...wanted, tags: last.kmsTags };
  Object.assign(outputs, { tags: last.tags, policy: last.policy, description: last.description });
  await syncMetadata(kms, owner, Object.values(outputs.versions), last, inputs);
  reached.kms = wanted;
  Object.assign(outputs, { tags: inputs.tags, policy: inputs.policy, description: inputs.description });
}

async function pointAlias(
  kms: Kms,
  owner: Owner,
  outputs: RegionalOutputs,
  rotating: boolean,
): Promise<void> {
  const { keyId, keyArn } = outputs.versions[owner.key.keyVersion]!;
  const context = contextOf(owner, owner.key.keyVersion);
  const target = outputs.aliasTarget || undefined;
  if (rotating && target !== keyId) await waitEnabled(kms, keyId, context);
  const ours = Object.values(outputs.versions).map((record) => record.keyId);
  await ensureAlias(kms, outputs.aliasName, keyId, target, ours, context);
  Object.assign(outputs, { keyId, keyArn, aliasTarget: keyId });
}
