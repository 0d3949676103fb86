/** What AWS shows of a distribution or replica in one Region. */
import { targetOf } from "../../kms/aliases";
import type { Kms } from "../../kms/client/client";
import { isUnreachable } from "../../kms/client/unreachable";
import { isLeftOut } from "../../kms/endpoints/connection";
import { describeKmsKey, keyPolicyOf } from "../../kms/kmsKeys";
import { warnIfDenied } from "../../kms/optional";
import { CLAIM, TAG, tagsOf } from "../../kms/taggedKeys";
import type { Run } from "../../run";
import type { Say } from "../../say";
import { type HeldVersions, kmsKeysOf } from "../../state/records";
import type { KmsKeyRecord, MetadataSnapshot, RegionalOutputs } from "../../state/types";
import { isTakenOver } from "../claims/ownership";
import type { Owner } from "../owner";
import { actualMetadata, untagged } from "./actualMetadata";
import {
  extraTargetsIn,
  type LOST,
  type ObservedKmsKey,
  regionDrift,
  type SeenRegion,
  withPrimaryRegions,
} from "./drift";

export interface Observation {
  /** For the outputs. */
  seen: Required<Pick<RegionalOutputs, "versions" | "drift">> &
    Pick<RegionalOutputs, "aliasTarget" | "extraAliasTargets" | "applied">;
  /** Tags, policy and description, if they differ from the state. */
  actual?: MetadataSnapshot;
}

/** The result of a refresh: what it saw, or the Regions that it did not see. */
export interface Refreshed extends Pick<Observation, "actual"> {
  seen: Partial<Observation["seen"]> & { notSeen?: string[] };
}

/**
 * A refresh that continues without a Region that does not answer, or that the program leaves out. The state of such a Region stays as it
 * was last known. If some calls were answered and others not, no answer is used, because the values would be of different times.
 */
export async function refreshRegion(
  run: Run,
  owner: Owner,
  region: string,
  outputs: RegionalOutputs,
  kind: keyof typeof LOST,
): Promise<Refreshed> {
  const notSeen = [region];
  if (isLeftOut(owner.kms, region)) {
    run.say(`${region} is left out (\`unreachableRegions\`): what it holds is shown as last known`);
    return { seen: { notSeen } };
  }
  try {
    const { seen, actual } = await observeRegion(run.openForReading(owner.kms, region), owner, outputs, kind);
    return { seen: { ...seen, notSeen: undefined }, actual };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    const { region: silent, awsName } = error.context;
    run.say(
      `${silent} does not answer (${awsName}): what ${region} holds is shown as last known, and \`notSeen\` names it. To update everything else: \`unreachableRegions: ["${silent}"]\` of the KmsProvider`,
    );
    return { seen: { notSeen } };
  }
}

/** A refresh. Values that cannot be read stay as they were and are not compared; each missing permission is reported once. */
export async function observeRegion(
  kms: Kms,
  owner: Owner,
  outputs: RegionalOutputs,
  kind: keyof typeof LOST,
): Promise<Observation> {
  const seen = await lookAtRegion(kms, owner, outputs);
  const drift = regionDrift(kms.region, kind, owner, outputs, seen);
  sayDrift(kms.say, owner.distribution, drift);
  for (const { record } of kmsKeysOf(outputs.versions)) sayIfTakenOver(kms, owner, record, seen);
  const lacking = untagged(owner, outputs, seen);
  const known = kind === "primary" ? withPrimaryRegions(outputs.versions, seen.keys) : outputs.versions;
  const records = Object.entries(known).map(([version, { untagged: _, ...record }]) => {
    const key = seen.keys.get(record.keyId);
    const isLacking = lacking.has(record.keyId) && { untagged: true as const };
    return [version, { ...(key ? asSeen(record, key) : record), ...isLacking }];
  });
  const { actual, applied, isNew } = actualMetadata(owner, outputs, seen);
  return {
    seen: {
      versions: Object.fromEntries(records),
      aliasTarget: seen.aliasTarget ?? outputs.aliasTarget,
      extraAliasTargets: extraTargetsIn(seen, outputs),
      drift,
      applied,
    },
    ...(isNew && { actual }),
  };
}

function sayIfTakenOver(kms: Kms, owner: Owner, { keyId, claim }: KmsKeyRecord, { keys }: SeenRegion): void {
  const tags = keys.get(keyId)?.tags;
  if (!isTakenOver(tags, owner, claim)) return;
  const why = isTakenOver(tags, owner)
    ? `the tag ${TAG.stack} "${tags![TAG.stack]}": that stack has taken it over`
    : `another tag ${CLAIM} than the state knows: its owner is not known`;
  kms.say(`KMS key ${keyId} in ${kms.region} has ${why}, and it is left alone`);
}

/** Reads state, material, alias, tags, policy and description of every version, as far as it is permitted. */
export async function lookAtRegion(
  kms: Kms,
  owner: Owner,
  { versions, aliasName, extraAliasTargets = {}, policy }: RegionalOutputs,
): Promise<SeenRegion> {
  const keys = new Map<string, ObservedKmsKey>();
  const look = async ({ version, record: { keyId } }: HeldVersions) => {
    const seen = await observeKmsKey(kms, owner, version, keyId, policy !== undefined);
    if (seen) keys.set(keyId, seen);
  };
  const extra = Object.keys(extraAliasTargets).map(
    async (name) => [name, await observeAlias(kms, name)] as const,
  );
  const [aliasTarget, seen] = await Promise.all([
    observeAlias(kms, aliasName),
    Promise.all(extra),
    ...kmsKeysOf(versions).map(look),
  ]);
  return { keys, aliasTarget, extraAliasTargets: Object.fromEntries(seen) };
}

/** Whether a refresh has found that AWS differs. */
export function hasDrifted(olds: { drift?: unknown }): boolean {
  return Array.isArray(olds.drift) && olds.drift.length > 0;
}

/** Shows the drift that a refresh has found. In a preview it is the reason for the update. */
export function sayDrift(say: Say, distribution: string, drift: unknown): void {
  for (const sentence of Array.isArray(drift) ? drift : []) say(`drift of ${distribution}: ${sentence}`);
}

/** AWS shows no expiry date of material that is gone, so the last known date is kept. */
function asSeen(record: KmsKeyRecord, { state, validTo, keyMaterialId }: ObservedKmsKey): KmsKeyRecord {
  return {
    ...record,
    state,
    validTo: state === "PendingImport" ? record.validTo : validTo,
    // A version that was never imported has no material; AWS would show that of another version.
    keyMaterialId: record.keyMaterialId ?? (record.importedAt || record.adopted ? keyMaterialId : undefined),
  };
}

/** Undefined without kms:DescribeKey. */
export async function observeKmsKey(
  kms: Kms,
  owner: Owner,
  version: number,
  keyId: string,
  withPolicy: boolean,
): Promise<ObservedKmsKey | undefined> {
  const seen = await warnIfDenied(kms, "the states of KMS keys are not seen", () =>
    describeKmsKey(kms, keyId, { key: owner.key.name, version }),
  );
  if (!seen || seen.state === "Deleted") return seen;
  const [tags, policy] = await Promise.all([
    warnIfDenied(kms, "the tags of KMS keys are not seen", () => tagsOf(kms, keyId)),
    withPolicy
      ? warnIfDenied(kms, "the policies of KMS keys are not seen", () => keyPolicyOf(kms, keyId))
      : undefined,
  ]);
  return { ...seen, tags, policy };
}

/** Id of the KMS key that the alias points to in AWS; "" if the alias does not exist; undefined if it cannot be read. */
export async function observeAlias(
  kms: Kms,
  aliasName: string,
  loses = "where the alias points is not seen",
): Promise<string | undefined> {
  return warnIfDenied(kms, loses, () => targetOf(kms, aliasName));
}
