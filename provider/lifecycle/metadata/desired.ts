/** The tags, key policy and description that a KMS key should have. Pure. */
import type { KmsKeyMetadata } from "../../kms/kmsKeys";
import { CLAIM, TAG } from "../../kms/taggedKeys";
import type { KmsRef, MetadataInputs, RegionalOutputs } from "../../state/types";
import type { Owner } from "../owner";

/** What the last update applied. Where a refresh found other metadata, the outputs say that, and `applied` says what was applied. */
export function lastApplied(
  owner: Owner,
  { applied = {}, policy, description, tags, ignored }: RegionalOutputs,
): { owner: Owner; inputs: MetadataInputs } {
  const { kmsTags, tags: own, ...texts } = applied;
  return {
    owner: { ...owner, kms: { ...owner.kms, tags: owner.kms.tags && { ...owner.kms.tags, ...kmsTags } } },
    inputs: { policy, description, tags: tags && { ...tags, ...own }, ignored, ...texts },
  };
}

/** Tags of the user's: those of the KmsProvider under those of the resource. */
export function userTags(
  kms: Pick<KmsRef, "tags"> | undefined,
  inputs: MetadataInputs,
): Record<string, string> {
  return { ...kms?.tags, ...inputs.tags };
}

/** Everything that one version's KMS key has besides its material. */
export function metadataFor(
  owner: Owner,
  version: number,
  inputs: MetadataInputs,
  claim?: string,
): KmsKeyMetadata {
  return {
    policy: inputs.policy,
    description: inputs.description,
    tags: {
      ...userTags(owner.kms, inputs),
      [TAG.key]: owner.key.name,
      [TAG.version]: String(version),
      [TAG.distribution]: owner.distribution,
      [TAG.stack]: owner.stack,
      ...(claim !== undefined && { [CLAIM]: claim }),
    },
  };
}
