/** What AWS shows of a distribution or replica in one Region, and in words how that differs from what the last update left. */
import type { Kms } from "../awskms/client";
import { describeKmsKey } from "../awskms/kmsKeys";
import { ifPermitted } from "../awskms/optional";
import { say } from "../awskms/say";
import { tagsOf } from "../awskms/taggedKeys";
import { isKeymgmtError } from "../errors";
import { keyDrift, type ObservedKmsKey } from "./drift";
import { wantedState } from "./versions";
import {
  type KmsKeyRecord,
  type KmsKeyRecords,
  kmsKeysOf,
  metadataFor,
  type Owner,
  type RegionalOutputs,
} from "./wire";

export interface Observation {
  versions: KmsKeyRecords;
  aliasTarget: string | undefined;
  /** One sentence for each difference: `version 2 in eu-west-1: Disabled outside this stack`. */
  drift: string[];
}

/** What a KMS key that is gone means: of a primary its data is lost, a replica can be made again. */
export const LOST = {
  primary:
    "what was encrypted under it cannot be decrypted any more, not even with the same material in a new KMS key; no other is made in its place",
  replica: "the next update replicates it again from the primary Region",
} as const;

/**
 * Reads state, material, alias, tags, policy and description of every version. What may not be read stays as it was
 * and is not compared; the missing permission is said once.
 */
export async function observeRegion(
  kms: Kms,
  owner: Owner,
  outputs: RegionalOutputs,
  lost: string,
): Promise<Observation> {
  const keys = kmsKeysOf(outputs.versions);
  const observed = await Promise.all(
    keys.map(({ versions }) => observeVersions(kms, owner, versions, outputs, lost)),
  );
  const aliasTarget = (await observeAlias(kms, outputs.aliasName)) ?? outputs.aliasTarget;
  const drift = [...observed.flatMap((one) => one.drift), ...aliasDrift(kms, outputs, aliasTarget)];
  sayDrift(owner.distribution, drift);
  return {
    versions: Object.assign({}, ...observed.map(({ records }) => records)),
    aliasTarget,
    drift,
  };
}

/** Whether a refresh has found something that the next update is to repair. */
export function hasDrifted(olds: { drift?: unknown }): boolean {
  return Array.isArray(olds.drift) && olds.drift.length > 0;
}

/** Says the drift that a refresh has found; in a preview it says what the update is for. */
export function sayDrift(distribution: string, drift: unknown): void {
  for (const sentence of Array.isArray(drift) ? drift : []) say(`drift of ${distribution}: ${sentence}`);
}

/** Looks at one KMS key: it holds one version, or several where it is rotated on demand. */
async function observeVersions(
  kms: Kms,
  owner: Owner,
  versions: number[],
  outputs: RegionalOutputs,
  lost: string,
): Promise<{ records: KmsKeyRecords; drift: string[] }> {
  const [first, latest] = [versions[0]!, versions.at(-1)!];
  const record = outputs.versions[latest]!;
  const seen = await observeKmsKey(kms, owner, latest, record.keyId, outputs.policy !== undefined);
  const records = Object.fromEntries(versions.map((version) => [version, outputs.versions[version]!]));
  if (!seen) return { records, drift: [] };
  const expected = {
    state: wantedState(owner.key, latest),
    adopted: record.adopted ?? false,
    imported: record.adopted ?? record.importedAt !== undefined,
    validTo: record.validTo,
    expiry: owner.expiry,
    keyMaterialId: record.keyMaterialId,
    policy: outputs.policy,
    description: outputs.description,
    tags: metadataFor(owner, first, outputs).tags,
  };
  const which = first === latest ? `version ${first}` : `versions ${first} to ${latest}`;
  return {
    records: Object.fromEntries(versions.map((version) => [version, asSeen(records[version]!, seen)])),
    drift: keyDrift(expected, seen, lost).map((what) => `${which} in ${kms.region}: ${what}`),
  };
}

/** AWS shows no expiry of material that is gone: when it expired stays worth knowing. */
function asSeen(record: KmsKeyRecord, { state, validTo, keyMaterialId }: ObservedKmsKey): KmsKeyRecord {
  return {
    ...record,
    state,
    validTo: state === "PendingImport" ? record.validTo : validTo,
    keyMaterialId: record.keyMaterialId ?? keyMaterialId,
  };
}

/** Undefined where DescribeKey is not permitted. */
export async function observeKmsKey(
  kms: Kms,
  owner: Owner,
  version: number,
  keyId: string,
  withPolicy: boolean,
): Promise<ObservedKmsKey | undefined> {
  const seen = await ifPermitted("refresh cannot see the states of KMS keys", () =>
    describeKmsKey(kms, keyId, { key: owner.key.name, version }),
  );
  if (!seen || seen.state === "Deleted") return seen;
  const [tags, policy] = await Promise.all([
    ifPermitted("refresh cannot see the tags of KMS keys", () => tagsOf(kms, keyId)),
    withPolicy
      ? ifPermitted("refresh cannot see the policies of KMS keys", () =>
          kms.call("GetKeyPolicy", { KeyId: keyId, PolicyName: "default" }),
        )
      : undefined,
  ]);
  return { ...seen, tags, policy: policy?.Policy };
}

/** Id of the KMS key that the alias points to in AWS; "" where it is gone; undefined where that may not be read. */
export async function observeAlias(
  kms: Kms,
  aliasName: string,
  loses = "refresh cannot see where the alias points",
): Promise<string | undefined> {
  return ifPermitted(loses, async () => {
    try {
      return (await kms.call("DescribeKey", { KeyId: aliasName })).KeyMetadata!.KeyId!;
    } catch (error) {
      if (isKeymgmtError(error, "NotFound")) return "";
      throw error;
    }
  });
}

/** Before the first update has finished there is nothing that the alias could differ from. */
function aliasDrift(kms: Kms, outputs: RegionalOutputs, target: string | undefined): string[] {
  if (!outputs.keyId || target === undefined || target === outputs.keyId) return [];
  return target === ""
    ? [`${outputs.aliasName} in ${kms.region}: the alias is gone`]
    : [`${outputs.aliasName} in ${kms.region}: the alias points to KMS key ${target}, not ${outputs.keyId}`];
}
