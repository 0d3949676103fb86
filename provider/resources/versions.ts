/** What a KMS key should be, what it is, and the steps from one to the other: the same in every Region. */
import type { Kms } from "../awskms/client";
import { eventually } from "../awskms/eventually";
import { describeKmsKey, importMaterial, setEnabled } from "../awskms/kmsKeys";
import { ifPermitted } from "../awskms/optional";
import { syncTags } from "../awskms/taggedKeys";
import { isKeymgmtError, KeymgmtError } from "../errors";
import { materialOf, parseKeyring } from "../keys/keyring";
import {
  contextOf,
  type KeyRef,
  type KmsKeyRecord,
  type KmsKeyRecords,
  type MetadataInputs,
  type Owner,
  userTags,
  versionsOf,
} from "./wire";

/** Versions that must have a KMS key: from minEnabledVersion to the latest. Those below keep the one they have. */
export function wantedVersions(key: KeyRef): number[] {
  const wanted: number[] = [];
  for (let version = key.minEnabledVersion; version <= key.keyVersion; version++) wanted.push(version);
  return wanted;
}

/** The state a version's KMS key should be in. */
export function wantedState(key: Pick<KeyRef, "minEnabledVersion">, version: number): "Enabled" | "Disabled" {
  return version >= key.minEnabledVersion ? "Enabled" : "Disabled";
}

/** Whether an update has anything to do for these records, the alias included. */
export function needsWork(key: KeyRef, records: KmsKeyRecords, aliasTarget: unknown): boolean {
  const latest = records[key.keyVersion];
  if (!latest || aliasTarget !== latest.keyId) return true;
  if (wantedVersions(key).some((version) => !records[version])) return true;
  return versionsOf(records).some((version) => {
    const { state } = records[version]!;
    return !isAsWanted(key, version, state);
  });
}

/** A disabled version without its material is as unusable as it should be; it is imported again once it is wanted. */
function isAsWanted(key: KeyRef, version: number, state: string): boolean {
  const wanted = wantedState(key, version);
  return state === wanted || state === "Deleted" || (wanted === "Disabled" && state === "PendingImport");
}

/**
 * Gives a version's KMS key its material and takes it back from deletion, as far as its state asks for it. Afterwards it is
 * Enabled or Disabled. A KMS key that AWS no longer knows is an error: a new one could not decrypt what the old one encrypted.
 */
export async function ensureUsable(
  kms: Kms,
  owner: Owner,
  version: number,
  record: KmsKeyRecord,
): Promise<void> {
  await takeBack(kms, owner, version, record);
  if (record.state === "PendingImport") await ensureMaterial(kms, owner, version, record);
  if (record.state !== "Enabled" && record.state !== "Disabled") throw notUsable(kms, owner, version, record);
}

/** Cancels a deletion that was scheduled outside this program: the data under every version must stay decryptable. */
export async function takeBack(kms: Kms, owner: Owner, version: number, record: KmsKeyRecord): Promise<void> {
  if (record.state !== "PendingDeletion" && record.state !== "PendingReplicaDeletion") return;
  const context = contextOf(owner, version);
  await kms.call("CancelKeyDeletion", { KeyId: record.keyId }, context).catch((error) => {
    // An earlier attempt, whose answer was lost, had taken it back.
    if (!isKeymgmtError(error, "InvalidState") || !error.context.afterLostAnswer) throw error;
  });
  // AWS leaves the key Disabled, or PendingImport where its material is not there.
  const seen = await ifPermitted("the state after CancelKeyDeletion is taken to be Disabled", () =>
    eventually(
      `KMS key ${record.keyId} to be taken back from deletion`,
      () => describeKmsKey(kms, record.keyId, context),
      { result: ({ state }) => state === "PendingDeletion" || state === "PendingReplicaDeletion" },
    ),
  );
  record.state = seen?.state ?? "Disabled";
}

/** Enables or disables the version's KMS key where it is not as minEnabledVersion says. */
export async function syncState(
  kms: Kms,
  owner: Owner,
  version: number,
  record: KmsKeyRecord,
): Promise<void> {
  if (isAsWanted(owner.key, version, record.state)) return;
  const wanted = wantedState(owner.key, version);
  await setEnabled(kms, record.keyId, wanted === "Enabled", contextOf(owner, version));
  record.state = wanted;
}

/** Brings tags, policy and description of KMS keys that were there before to what the inputs say now. */
export async function syncMetadata(
  kms: Kms,
  owner: Owner,
  records: KmsKeyRecord[],
  olds: MetadataInputs & { kmsTags?: Record<string, string> },
  news: MetadataInputs,
): Promise<void> {
  const [oldTags, newTags] = [userTags({ tags: olds.kmsTags }, olds), userTags(owner.kms, news)];
  for (const { keyId, state } of records) {
    if (state === "Deleted" || state === "PendingDeletion") continue;
    await syncTags(kms, keyId, oldTags, newTags);
    if (news.policy !== undefined && news.policy !== olds.policy) {
      await kms.call(
        "PutKeyPolicy",
        { KeyId: keyId, PolicyName: "default", Policy: news.policy },
        contextOf(owner),
      );
    }
    if ((news.description ?? "") !== (olds.description ?? "")) {
      await kms.call(
        "UpdateKeyDescription",
        { KeyId: keyId, Description: news.description ?? "" },
        contextOf(owner),
      );
    }
  }
}

/** Reads what AWS shows of each record; records stay as they are where that is not permitted. */
export async function observe(kms: Kms, records: KmsKeyRecords, key: string): Promise<KmsKeyRecords> {
  const seen: KmsKeyRecords = {};
  for (const version of versionsOf(records)) {
    const record = records[version]!;
    const now = await ifPermitted("refresh cannot see the states of KMS keys", () =>
      describeKmsKey(kms, record.keyId, { key, version }),
    );
    seen[version] = now
      ? {
          ...record,
          state: now.state,
          validTo: now.validTo,
          keyMaterialId: now.keyMaterialId ?? record.keyMaterialId,
        }
      : record;
  }
  return seen;
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

async function ensureMaterial(kms: Kms, owner: Owner, version: number, record: KmsKeyRecord): Promise<void> {
  const material = materialOf(parseKeyring(owner.key.keyring), version);
  try {
    const { importedAt, keyMaterialId } = await importMaterial(
      kms,
      record.keyId,
      material,
      owner.kms.wrappingKeySpec ?? "RSA_4096",
      contextOf(owner, version),
    );
    Object.assign(record, { importedAt, state: "Enabled" }, keyMaterialId ? { keyMaterialId } : {});
  } finally {
    material.fill(0);
  }
}

function notUsable(kms: Kms, owner: Owner, version: number, record: KmsKeyRecord): KeymgmtError {
  return new KeymgmtError(
    record.state === "Deleted" ? "NotFound" : "InvalidState",
    record.state === "Deleted"
      ? `Expected version ${version} of key "${owner.key.name}" at KMS key ${record.keyArn}; AWS no longer knows it. What was encrypted under it cannot be decrypted by another KMS key, so none was made in its place. Raise \`minEnabledVersion\` above ${version}, rotating first if it is the latest.`
      : `Expected KMS key ${record.keyArn} (version ${version} of key "${owner.key.name}") to be usable, got state ${record.state}. Run the update again once AWS has settled.`,
    { ...contextOf(owner, version), region: kms.region, keyId: record.keyId },
  );
}
