import { relatedKeyArn } from "../awskms/arn";
import { type Kms, openKms } from "../awskms/client";
import { describeKmsKey } from "../awskms/kmsKeys";
import { ensureReplicaKey } from "../awskms/replicas";
import { syncTags } from "../awskms/taggedKeys";
import { kcvOf, parseKeyring } from "../keys/keyring";
import { takeBack } from "./versions";
import { contextOf, type KmsKeyRecord, type MetadataInputs, metadataFor, type Owner } from "./wire";

/** The replica of one version: the one that is there (a rotation's, a renamed resource's, one that was given up), else a new one. */
export async function ensureReplica(
  kms: Kms,
  owner: Owner,
  version: number,
  primary: KmsKeyRecord,
  inputs: MetadataInputs,
): Promise<KmsKeyRecord> {
  const { keyId, keyArn, importedAt, replicas } = primary;
  const context = contextOf(owner, version);
  const metadata = metadataFor(owner, version, inputs);
  const record = {
    keyId,
    keyArn: relatedKeyArn(keyArn, kms.region),
    kcv: kcvOf(parseKeyring(owner.key.keyring), version),
  };
  const ready = replicas?.includes(kms.region) ? await describeKmsKey(kms, keyId, context) : undefined;
  if (ready && ready.state !== "Deleted") {
    const { state, keyMaterialId } = ready;
    const taken = { ...record, state, importedAt, keyMaterialId };
    await takeUp(kms, owner, version, taken, ready.description, metadataFor(owner, version, {}).tags, inputs);
    return taken;
  }
  const seen = await ensureReplicaKey(openKms(owner.kms), kms, keyId, metadata, context);
  const made = { ...record, state: seen.state };
  if (!seen.made) await takeUp(kms, owner, version, made, seen.description, {}, inputs);
  return made;
}

/**
 * Gives a replica that was there before its metadata.
 *
 * @param tags those that it is known to have
 */
async function takeUp(
  kms: Kms,
  owner: Owner,
  version: number,
  record: KmsKeyRecord,
  description: string,
  tags: Record<string, string>,
  inputs: MetadataInputs,
): Promise<void> {
  const { keyId } = record;
  const context = contextOf(owner, version);
  await takeBack(kms, owner, version, record); // a KMS key that is pending deletion takes no tags and no description
  await syncTags(kms, keyId, tags, metadataFor(owner, version, inputs).tags);
  if (inputs.policy !== undefined) {
    await kms.call("PutKeyPolicy", { KeyId: keyId, PolicyName: "default", Policy: inputs.policy }, context);
  }
  const Description = inputs.description ?? "";
  if (Description !== description)
    await kms.call("UpdateKeyDescription", { KeyId: keyId, Description }, context);
}
