/** The tags, key policy and description that a KMS key should have. Pure. */
import type { KmsKeyMetadata } from "../../kms/kmsKeys";
import { CLAIM, TAG } from "../../kms/taggedKeys";
import type { KmsRef, MetadataInputs, RegionalOutputs } from "../../state/types";
import type { Owner } from "../owner";

/** What the last update applied. If a refresh found other metadata, that is in the outputs, and `applied` has the applied values. */
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

/** The user's tags. Tags of the resource replace those of the KmsProvider with the same name. */
export function userTags(
  kms: Pick<KmsRef, "tags"> | undefined,
  inputs: MetadataInputs,
): Record<string, string> {
  return { ...kms?.tags, ...inputs.tags };
}

/** The metadata of one version's KMS key. */
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
