import { relatedKeyArn } from "../awskms/arn";
import { type Kms, openKms } from "../awskms/client";
import { describeKmsKey } from "../awskms/kmsKeys";
import { ensureReplicaKey } from "../awskms/replicas";
import { kcvOf, parseKeyring } from "../keys/keyring";
import type { MadeKmsKey } from "./converge";
import { contextOf, type KmsKeyRecord, type MetadataInputs, metadataFor, type Owner } from "./wire";

/** The replica of one version: the one that is there (a rotation's, a renamed resource's, one that was given up), else a new one. */
export async function ensureReplica(
  kms: Kms,
  owner: Owner,
  version: number,
  primary: KmsKeyRecord,
  inputs: MetadataInputs,
): Promise<MadeKmsKey> {
  const { keyId, keyArn, importedAt, replicas } = primary;
  const context = contextOf(owner, version);
  const record = {
    keyId,
    keyArn: relatedKeyArn(keyArn, kms.region),
    kcv: kcvOf(parseKeyring(owner.key.keyring), version),
  };
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
