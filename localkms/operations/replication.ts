import type { ReplicateKeyRequest, ReplicateKeyResponse } from "@aws-sdk/client-kms";
import { KmsError, unsupported, validation } from "../api/errors.js";
import { keyArn, partitionOf } from "../keys/arn.js";
import { keyMetadata } from "../keys/metadata.js";
import { checkPolicy, defaultPolicy } from "../keys/policy.js";
import type { KeyRecord, Material } from "../keys/record.js";
import { usableKey } from "../keys/resolve.js";
import { withTags } from "../keys/tags.js";
import { putKey } from "../store/change.js";
import type { Call } from "./call.js";

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
 * The replica takes id, spec, usage and origin; not policy, tags, description, alias or whether it is enabled.
 */
export async function replicateKey(call: Call, input: ReplicateKeyRequest): Promise<ReplicateKeyResponse> {
  const primary = usableKey(call, input.KeyId!, "keys");
  if (primary.multiRegion !== "PRIMARY")
    throw unsupported(`${keyArn(primary)} is not a multi-Region primary key.`);
  const region = input.ReplicaRegion!;
  const there = { account: call.account, region };
  checkReplicaRegion(call, primary, region);
  if (input.Policy !== undefined) checkPolicy(there, input.Policy, input.BypassPolicyLockoutSafetyCheck);
  const replica: KeyRecord = {
    ...primary,
    region,
    multiRegion: "REPLICA",
    description: input.Description ?? "",
    createdAt: call.now,
    creatingUntil: call.now + call.kms.settings.replicaCreatingMillis,
    enabled: true,
    policy: input.Policy ?? defaultPolicy(there),
    tags: withTags([], input.Tags ?? []),
    materials: primary.origin === "EXTERNAL" ? primary.materials.map(awaited) : primary.materials,
  };
  await call.store.commit([putKey(replica)]);
  const inReplicaRegion = { ...call, region };
  return {
    ReplicaKeyMetadata: keyMetadata(inReplicaRegion, replica),
    ReplicaPolicy: replica.policy,
    ReplicaTags: [...replica.tags],
  };
}

/** AWS does not copy imported material: the replica knows only which it must be, and waits for its own import. */
const awaited = ({ id, state }: Material): Material => ({ id, state });

function checkReplicaRegion(call: Call, primary: KeyRecord, region: string): void {
  if (region === primary.region) throw validation("ReplicaRegion must not be the Region of the primary key");
  if (partitionOf(region) !== partitionOf(primary.region)) {
    throw validation(`Region ${region} is not in the partition of the primary key`);
  }
  const existing = call.store.key({ account: call.account, region }, primary.id);
  if (existing)
    throw new KmsError("AlreadyExistsException", `${keyArn(existing)} already exists in region ${region}`);
}
