import type { KeyMetadata, MultiRegionConfiguration } from "@aws-sdk/client-kms";
import type { Call } from "../operations/call.js";
import { keyArn } from "./arn.js";
import { deletionDate, type KeyRecord } from "./record.js";
import { shownAlgorithms, specOf } from "./specs.js";
import { currentMaterial, hasAllMaterial, isPermanent, keyState } from "./state.js";

/** KeyMetadata as DescribeKey shows it: https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html */
export function keyMetadata(call: Call, key: KeyRecord): KeyMetadata {
  const state = keyState(key, call.now);
  return {
    AWSAccountId: key.account,
    KeyId: key.id,
    Arn: keyArn(key),
    CreationDate: new Date(key.createdAt),
    Enabled: state === "Enabled",
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: state,
    Origin: key.origin,
    KeyManager: "CUSTOMER",
    CustomerMasterKeySpec: key.spec as KeyMetadata["CustomerMasterKeySpec"],
    KeySpec: key.spec,
    ...shownAlgorithms(key),
    MultiRegion: key.multiRegion !== undefined,
    MultiRegionConfiguration: key.multiRegion && multiRegionConfiguration(call, key),
    ...materialMetadata(key, call.now),
    ...deletionMetadata(key),
  };
}

/** ValidTo is the earliest of all materials; both go away when one is missing. A replica shows its material once it has it. */
function materialMetadata(key: KeyRecord, now: number): Partial<KeyMetadata> {
  const current = currentMaterial(key, now);
  const metadata: Partial<KeyMetadata> = {};
  const isShown = current?.importedAt !== undefined || key.origin === "AWS_KMS";
  if (isShown && specOf(key).type === "symmetric") metadata.CurrentKeyMaterialId = current?.id;
  if (key.origin !== "EXTERNAL" || !hasAllMaterial(key, now)) return metadata;
  const ends = key.materials.filter((m) => isPermanent(m) && m.validTo !== undefined).map((m) => m.validTo!);
  if (ends.length > 0) metadata.ValidTo = new Date(Math.min(...ends));
  metadata.ExpirationModel = ends.length > 0 ? "KEY_MATERIAL_EXPIRES" : "KEY_MATERIAL_DOES_NOT_EXPIRE";
  return metadata;
}

/** A primary that waits for its replicas has no date yet, only the length of the waiting period. */
function deletionMetadata(key: KeyRecord): Partial<KeyMetadata> {
  const date = deletionDate(key);
  if (date !== undefined) return { DeletionDate: new Date(date) };
  return key.deletion ? { PendingDeletionWindowInDays: key.deletion.windowDays } : {};
}

/** While a new primary is Updating AWS may show it as a replica still, and so no primary at all: here it always does. */
function multiRegionConfiguration(call: Call, key: KeyRecord): MultiRegionConfiguration {
  const related = call.store.relatedKeys(key).sort((a, b) => (a.region < b.region ? -1 : 1));
  const shown = (record: KeyRecord) => ({ Arn: keyArn(record), Region: record.region });
  const isPrimary = (record: KeyRecord) =>
    record.multiRegion === "PRIMARY" && keyState(record, call.now) !== "Updating";
  const primary = related.find(isPrimary);
  return {
    MultiRegionKeyType: isPrimary(key) ? "PRIMARY" : "REPLICA",
    PrimaryKey: primary && shown(primary),
    ReplicaKeys: related.filter((record) => !isPrimary(record)).map(shown),
  };
}
