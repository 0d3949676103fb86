import type {
  ReplicateKeyRequest,
  ReplicateKeyResponse,
  UpdatePrimaryRegionRequest,
} from "@aws-sdk/client-kms";
import { KmsError, keyNotFound, unsupported, validation } from "../../api/errors.js";
import { authorizeAccount, authorizeKey, authorizeTagsOnCreate } from "../../iam/authorize.js";
import { checkPolicy, defaultPolicy, policyOf } from "../../keys/access/policy.js";
import { withTags } from "../../keys/access/tags.js";
import { keyArn, partitionOf } from "../../keys/arn.js";
import { notPrimary } from "../../keys/kind.js";
import { awaited } from "../../keys/material/material.js";
import { keyMetadata } from "../../keys/metadata.js";
import type { KeyRecord } from "../../keys/record.js";
import { findKey, requireState } from "../../keys/resolve.js";
import { requireRoomForKey } from "../../quotas/resourceQuotas.js";
import { putKey } from "../../store/change.js";
import type { Call } from "../call.js";

/** A replica has nothing of its primary's tags. */
const UNTAGGED = { tags: [], formerTags: undefined };

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
 * The replica takes id, spec, usage and origin; not policy, tags, description, alias or whether it is enabled.
 */
export async function replicateKey(call: Call, input: ReplicateKeyRequest): Promise<ReplicateKeyResponse> {
  const primary = findKey(call, input.KeyId!, "keys");
  const region = input.ReplicaRegion!;
  const inReplicaRegion = { ...call, region };
  const wanted: KeyRecord = { ...primary, region, multiRegion: "REPLICA", ...UNTAGGED };
  authorizeAccount(inReplicaRegion, "CreateKey", "*", wanted);
  authorizeTagsOnCreate(inReplicaRegion);
  requireState(call, primary);
  requirePrimary(primary);
  const there = { account: call.account, region };
  checkReplicaRegion(call, primary, region);
  requireRoomForKey(call, there);
  const replica: KeyRecord = {
    ...primary,
    region,
    multiRegion: "REPLICA",
    description: input.Description ?? "",
    createdAt: call.now,
    automaticRotation: undefined,
    creatingUntil: call.now + call.kms.settings.replicaCreatingMillis,
    enabled: true,
    policy: input.Policy ?? defaultPolicy(there),
    ...UNTAGGED,
    tags: withTags([], input.Tags ?? []),
    materials: primary.origin === "EXTERNAL" ? primary.materials.map(awaited) : primary.materials,
  };
  if (input.Policy !== undefined)
    checkPolicy(inReplicaRegion, replica, input.Policy, input.BypassPolicyLockoutSafetyCheck);
  await call.store.commit([putKey(replica)]);
  const { CurrentKeyMaterialId: _, ...metadata } = keyMetadata(inReplicaRegion, replica);
  return {
    ReplicaKeyMetadata: metadata,
    ReplicaPolicy: policyOf(call, replica),
    // AWS leaves an empty list out here.
    ReplicaTags: replica.tags.length > 0 ? [...replica.tags] : undefined,
  };
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdatePrimaryRegion.html
 * Changes which key is the primary, and nothing else: both keys must be in a state that allows it.
 */
export async function updatePrimaryRegion(call: Call, input: UpdatePrimaryRegionRequest): Promise<void> {
  const primary = findKey(call, input.KeyId!, "keys");
  const there = { account: call.account, region: input.PrimaryRegion!, id: primary.id };
  const replica = call.store.key(there, primary.id);
  if (replica) authorizeKey({ ...call, region: replica.region }, replica);
  requireState(call, primary);
  requirePrimary(primary);
  if (!replica) throw keyNotFound(keyArn(there));
  if (replica.multiRegion !== "REPLICA")
    throw unsupported(`${keyArn(replica)} is not a multi-region replica key.`);
  requireState(call, replica);
  const updatingUntil = call.now + call.kms.settings.primaryUpdatingMillis;
  const { automaticRotation } = primary;
  const before: KeyRecord = {
    ...primary,
    multiRegion: "REPLICA",
    automaticRotation: undefined,
    updatingUntil,
  };
  const after: KeyRecord = { ...replica, multiRegion: "PRIMARY", automaticRotation, updatingUntil };
  await call.store.commit([putKey(before), putKey(after)]);
}

function requirePrimary(key: KeyRecord): void {
  if (key.multiRegion !== "PRIMARY") throw notPrimary(key);
}

function checkReplicaRegion(call: Call, primary: KeyRecord, region: string): void {
  if (region === primary.region) throw validation("ReplicaRegion must not be the Region of the primary key");
  if (partitionOf(region) !== partitionOf(primary.region)) {
    throw validation(`Region ${region} is not in the partition of the primary key`);
  }
  if (call.store.key({ account: call.account, region }, primary.id)) {
    throw new KmsError(
      "AlreadyExistsException",
      "You can create only one replica of each primary key in each AWS Region.",
    );
  }
}
