import { relatedKeyArn } from "../awskms/arn";
import { type Kms, openKms } from "../awskms/client";
import { describeKmsKey } from "../awskms/kmsKeys";
import { ensureReplicaKey } from "../awskms/replicas";
import { KeymgmtError } from "../errors";
import type { MadeKmsKey } from "./converge";
import {
  contextOf,
  type KmsKeyRecord,
  type KmsKeyRecords,
  type MetadataInputs,
  metadataFor,
  type Owner,
  versionsOf,
} from "./wire";

/** The replica of one version: the one that is there (a rotation's, a renamed resource's, one that was given up), else a new one. */
export async function ensureReplica(
  kms: Kms,
  owner: Owner,
  version: number,
  primary: KmsKeyRecord,
  inputs: MetadataInputs,
): Promise<MadeKmsKey> {
  const { keyId, keyArn, kcv, importedAt, replicas, adopted } = primary;
  const context = contextOf(owner, version);
  const record = { keyId, keyArn: relatedKeyArn(keyArn, kms.region), kcv };
  if (adopted) return { record: await adoptReplica(kms, owner, version, primary), has: "as asked" };
  const ready = replicas?.includes(kms.region) ? await describeKmsKey(kms, keyId, context) : undefined;
  if (ready && ready.state !== "Deleted") {
    const { state, validTo, keyMaterialId, description } = ready;
    const has = { tags: metadataFor(owner, version, {}).tags, description };
    return { record: { ...record, state, importedAt, validTo, keyMaterialId }, has };
  }
  const metadata = metadataFor(owner, version, inputs);
  const { made, state } = await ensureReplicaKey(openKms(owner.kms), kms, keyId, metadata, context);
  return { record: { ...record, state }, has: made ? "as asked" : "to be seen" };
}

/**
 * Replicas that are there of versions below `minEnabledVersion`: a KeyReplica under another name had them. None is made of
 * these versions, but what there is must not be left to nobody.
 */
export async function findOlderReplicas(
  kms: Kms,
  owner: Owner,
  primaries: KmsKeyRecords,
): Promise<KmsKeyRecords> {
  const found: KmsKeyRecords = {};
  for (const version of versionsOf(primaries).filter((number) => number < owner.key.minEnabledVersion)) {
    const { keyId, keyArn, kcv, importedAt, adopted } = primaries[version]!;
    const seen = await describeKmsKey(kms, keyId, contextOf(owner, version));
    if (seen.state === "Deleted" || seen.state === "PendingDeletion") continue;
    const { state, validTo, keyMaterialId } = seen;
    const arn = relatedKeyArn(keyArn, kms.region);
    found[version] = { keyId, keyArn: arn, state, kcv, adopted, importedAt, validTo, keyMaterialId };
  }
  return found;
}

/** Of a KMS key that was adopted only the replicas that are there: another would wait for material that is not held. */
async function adoptReplica(
  kms: Kms,
  owner: Owner,
  version: number,
  { keyId, keyArn }: KmsKeyRecord,
): Promise<KmsKeyRecord> {
  const context = contextOf(owner, version);
  const { state, validTo, keyMaterialId } = await describeKmsKey(kms, keyId, context);
  if (state !== "Deleted")
    return { keyId, keyArn: relatedKeyArn(keyArn, kms.region), state, adopted: true, validTo, keyMaterialId };
  throw new KeymgmtError(
    "Unsupported",
    `Expected a replica of KMS key ${keyArn} in ${kms.region}: it was adopted as version ${version} of key "${owner.key.name}", and without its material no replica can be made. Rotate the key and raise \`minEnabledVersion\` above ${version}, then replicate.`,
    { ...context, region: kms.region, keyId },
  );
}
