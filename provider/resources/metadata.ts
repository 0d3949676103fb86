/** Tags, policy and description of KMS keys that were there before. */
import type { Kms } from "../awskms/client";
import { syncTags } from "../awskms/taggedKeys";
import { samePolicy } from "./drift";
import { observeKmsKey } from "./observe";
import { contextOf, type KmsKeyRecord, type MetadataInputs, metadataFor, type Owner } from "./wire";

export interface Metadata extends MetadataInputs {
  tags: Record<string, string>;
}

/**
 * Brings the metadata of one version's KMS key to what the inputs say. An adopted KMS key keeps what it has.
 *
 * @param has what it has: of tags only those that may go; where it is "to be seen", it is read, and tags of others stay
 * @param ours tags that this stack put there before
 */
export async function syncMetadata(
  kms: Kms,
  owner: Owner,
  version: number,
  { keyId, state, adopted }: KmsKeyRecord,
  has: Metadata | "to be seen",
  inputs: MetadataInputs,
  ours: Record<string, string> = {},
): Promise<void> {
  if (adopted || state === "Deleted" || state.endsWith("Deletion")) return;
  const wanted = metadataFor(owner, version, inputs);
  const now = has === "to be seen" ? await held(kms, owner, version, keyId, wanted, ours) : has;
  await syncTags(kms, keyId, now.tags, wanted.tags);
  if (wanted.policy !== undefined && !samePolicy(wanted.policy, now.policy ?? "")) {
    const policy = { KeyId: keyId, PolicyName: "default", Policy: wanted.policy };
    await kms.call("PutKeyPolicy", policy, contextOf(owner, version));
  }
  if ((wanted.description ?? "") !== (now.description ?? "")) {
    const description = { KeyId: keyId, Description: wanted.description ?? "" };
    await kms.call("UpdateKeyDescription", description, contextOf(owner, version));
  }
}

/** Where something may not be read, everything is put there again. */
async function held(
  kms: Kms,
  owner: Owner,
  version: number,
  keyId: string,
  wanted: Metadata,
  ours: Record<string, string>,
): Promise<Metadata> {
  const seen = await observeKmsKey(kms, owner, version, keyId, wanted.policy !== undefined);
  const known = Object.entries(seen?.tags ?? {}).filter(([key]) => key in wanted.tags || key in ours);
  return { tags: Object.fromEntries(known), policy: seen?.policy, description: seen?.description };
}
