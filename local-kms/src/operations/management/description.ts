import type {
  DescribeKeyRequest,
  DescribeKeyResponse,
  GetKeyPolicyRequest,
  GetKeyPolicyResponse,
  ListKeyPoliciesRequest,
  ListKeyPoliciesResponse,
  ListKeysRequest,
  ListKeysResponse,
  ListResourceTagsRequest,
  ListResourceTagsResponse,
  PutKeyPolicyRequest,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateKeyDescriptionRequest,
} from "@aws-sdk/client-kms";
import { notFound, validation } from "../../api/errors.js";
import { checkPolicy, policyOf } from "../../keys/access/policy.js";
import { retagged, withTags } from "../../keys/access/tags.js";
import { keyArn } from "../../keys/arn.js";
import { keyMetadata } from "../../keys/metadata.js";
import { usableKey } from "../../keys/resolve.js";
import { putKey } from "../../store/change.js";
import type { Call } from "../call.js";
import { page } from "../paging.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
export function describeKey(call: Call, input: DescribeKeyRequest): DescribeKeyResponse {
  return { KeyMetadata: keyMetadata(call, usableKey(call, input.KeyId!, "keys and aliases")) };
}

/** Newer than the SDK. */
interface ResourceOwners {
  ResourceOwners?: ("SELF" | "OTHER_ACCOUNTS_VIA_RAM")[];
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html: keys in every state. No account shares keys
 * with another here. A marker is of one choice of ResourceOwners.
 */
export function listKeys(call: Call, input: ListKeysRequest & ResourceOwners): ListKeysResponse {
  const owners = input.ResourceOwners ?? ["SELF"];
  const keys = owners.includes("SELF") ? call.store.keysOf(call) : [];
  const limits = { usual: 100, most: 1000, list: [...owners].sort().join() };
  const { items, ...rest } = page(call, keys, (key) => key.id, input, limits);
  return { Keys: items.map((key) => ({ KeyId: key.id, KeyArn: keyArn(key) })), ...rest };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateKeyDescription.html */
export async function updateKeyDescription(call: Call, input: UpdateKeyDescriptionRequest): Promise<void> {
  const key = usableKey(call, input.KeyId!, "keys");
  await call.store.commit([putKey({ ...key, description: input.Description! })]);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html */
export async function tagResource(call: Call, input: TagResourceRequest): Promise<void> {
  const key = usableKey(call, input.KeyId!, "keys");
  await call.store.commit([putKey(retagged(call, key, withTags(key.tags, input.Tags!)))]);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html: a tag that is not there is no error. */
export async function untagResource(call: Call, input: UntagResourceRequest): Promise<void> {
  const key = usableKey(call, input.KeyId!, "keys");
  const tags = key.tags.filter((tag) => !input.TagKeys!.includes(tag.TagKey!));
  await call.store.commit([putKey(retagged(call, key, tags))]);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html */
export function listResourceTags(call: Call, input: ListResourceTagsRequest): ListResourceTagsResponse {
  const key = usableKey(call, input.KeyId!, "keys");
  const { items, ...rest } = page(call, key.tags, (tag) => tag.TagKey!, input, {
    usual: 50,
    most: 50,
  });
  return { Tags: items, ...rest };
}

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html
 * One page, so no marker is ever given out; and the operation has no InvalidMarkerException.
 */
export function listKeyPolicies(call: Call, input: ListKeyPoliciesRequest): ListKeyPoliciesResponse {
  usableKey(call, input.KeyId!, "keys");
  if (input.Marker !== undefined) throw validation("The marker is not valid");
  return { PolicyNames: [POLICY_NAME], Truncated: false };
}

const POLICY_NAME = "default";
/** Of keys that are shared by AWS RAM: none is. */
const RAM_POLICY_NAME = "AWS_RAM";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html: only the policy `default` can be set. */
export async function putKeyPolicy(call: Call, input: PutKeyPolicyRequest): Promise<void> {
  const key = usableKey(call, input.KeyId!, "keys");
  if (input.PolicyName === RAM_POLICY_NAME)
    throw validation(`The ${RAM_POLICY_NAME} policy can only be managed by the RAM service`);
  checkPolicyName(input.PolicyName);
  checkPolicy(call, key, input.Policy!, input.BypassPolicyLockoutSafetyCheck);
  await call.store.commit([putKey({ ...key, policy: input.Policy! })]);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html */
export function getKeyPolicy(call: Call, input: GetKeyPolicyRequest): GetKeyPolicyResponse {
  const key = usableKey(call, input.KeyId!, "keys");
  checkPolicyName(input.PolicyName);
  return { Policy: policyOf(call, key), PolicyName: POLICY_NAME };
}

function checkPolicyName(name = POLICY_NAME): void {
  if (name !== POLICY_NAME) throw notFound("No such policy exists");
}
