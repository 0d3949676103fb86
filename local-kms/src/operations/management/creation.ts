import { randomBytes, randomUUID } from "node:crypto";
import type { CreateKeyRequest, CreateKeyResponse, KeyUsageType, OriginType } from "@aws-sdk/client-kms";
import { unsupported, validation } from "../../api/errors.js";
import { generateMaterial } from "../../crypto/materialForm.js";
import { authorizeTagsOnCreate } from "../../iam/authorize.js";
import { checkPolicy, defaultPolicy } from "../../keys/access/policy.js";
import { withTags } from "../../keys/access/tags.js";
import { keyMetadata } from "../../keys/metadata.js";
import type { KeyRecord } from "../../keys/record.js";
import { ownMaterial } from "../../keys/rotation.js";
import { type BuiltSpec, isBuilt, SPECS, specOf } from "../../keys/specs.js";
import { requireRoomForKey } from "../../quotas/resourceQuotas.js";
import { putKey } from "../../store/change.js";
import type { Call } from "../call.js";

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
 *
 * @param id of the key, where it is not AWS that chooses (seed.ts)
 */
export async function createKey(
  call: Call,
  input: CreateKeyRequest,
  id = input.MultiRegion ? `mrk-${randomBytes(16).toString("hex")}` : randomUUID(),
): Promise<CreateKeyResponse> {
  authorizeTagsOnCreate(call);
  const spec = readSpec(input);
  const usage = readUsage(spec, input.KeyUsage);
  const origin = readOrigin(input);
  const tags = withTags([], input.Tags ?? []);
  // Nothing was read of the store yet, so that waiting here is no harm.
  const bytes = origin === "AWS_KMS" ? await generateMaterial(specOf({ spec }).material) : undefined;
  requireRoomForKey(call, call);
  const key: KeyRecord = {
    account: call.account,
    region: call.region,
    id,
    spec,
    usage,
    origin,
    description: input.Description ?? "",
    createdAt: call.now,
    enabled: true,
    policy: input.Policy ?? defaultPolicy(call),
    tags,
    multiRegion: input.MultiRegion ? "PRIMARY" : undefined,
    materials: bytes ? [ownMaterial(id, bytes, call.now)] : [],
  };
  if (input.Policy !== undefined) checkPolicy(call, key, input.Policy, input.BypassPolicyLockoutSafetyCheck);
  await call.store.commit([putKey(key)]);
  return { KeyMetadata: keyMetadata(call, key) };
}

function readSpec(input: CreateKeyRequest): BuiltSpec {
  if (input.KeySpec && input.CustomerMasterKeySpec) {
    throw validation(
      "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.",
    );
  }
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? "SYMMETRIC_DEFAULT";
  if (!isBuilt(spec)) throw unsupported(`CreateKey with KeySpec ${spec} is not built in this local KMS`);
  return spec;
}

function readUsage(spec: BuiltSpec, usage: KeyUsageType | undefined): KeyUsageType {
  if (usage === undefined) {
    if (spec === "SYMMETRIC_DEFAULT") return "ENCRYPT_DECRYPT";
    throw validation(
      "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
    );
  }
  if (!Object.hasOwn(SPECS[spec].usages, usage))
    throw validation(`KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
  return usage;
}

function readOrigin(input: CreateKeyRequest): OriginType {
  const origin = input.Origin ?? "AWS_KMS";
  if (origin !== "AWS_KMS" && origin !== "EXTERNAL")
    throw unsupported(`CreateKey with Origin ${origin} is not built in this local KMS`);
  if (input.CustomKeyStoreId !== undefined || input.XksKeyId !== undefined)
    throw validation(`CustomKeyStoreId and XksKeyId are not compatible with Origin ${origin}`);
  return origin;
}
