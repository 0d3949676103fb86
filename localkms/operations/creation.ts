import { randomBytes, randomUUID } from "node:crypto";
import type { CreateKeyRequest, CreateKeyResponse } from "@aws-sdk/client-kms";
import { unsupported, validation } from "../api/errors.js";
import { keyMetadata } from "../keys/metadata.js";
import { checkPolicy, defaultPolicy } from "../keys/policy.js";
import type { KeyRecord } from "../keys/record.js";
import { generateMaterial } from "../keys/rotation.js";
import { withTags } from "../keys/tags.js";
import { requireRoomForKey } from "../quotas/resourceQuotas.js";
import { putKey } from "../store/change.js";
import type { Call } from "./call.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html */
export async function createKey(call: Call, input: CreateKeyRequest): Promise<CreateKeyResponse> {
  checkSupported(input);
  if (input.Policy !== undefined) checkPolicy(call, input.Policy, input.BypassPolicyLockoutSafetyCheck);
  requireRoomForKey(call, call);
  const id = input.MultiRegion ? `mrk-${randomBytes(16).toString("hex")}` : randomUUID();
  const origin = input.Origin ?? "AWS_KMS";
  const key: KeyRecord = {
    account: call.account,
    region: call.region,
    id,
    spec: "SYMMETRIC_DEFAULT",
    usage: "ENCRYPT_DECRYPT",
    origin,
    description: input.Description ?? "",
    createdAt: call.now,
    enabled: true,
    policy: input.Policy ?? defaultPolicy(call),
    tags: withTags([], input.Tags ?? []),
    multiRegion: input.MultiRegion ? "PRIMARY" : undefined,
    materials: origin === "AWS_KMS" ? [generateMaterial(id, call.now)] : [],
  };
  await call.store.commit([putKey(key)]);
  return { KeyMetadata: keyMetadata(call, key) };
}

function checkSupported(input: CreateKeyRequest): void {
  if (input.KeySpec && input.CustomerMasterKeySpec) {
    throw validation(
      "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.",
    );
  }
  const spec = input.KeySpec ?? input.CustomerMasterKeySpec ?? "SYMMETRIC_DEFAULT";
  if (spec !== "SYMMETRIC_DEFAULT")
    throw unsupported(`CreateKey with KeySpec ${spec} is not built in this local KMS`);
  if ((input.KeyUsage ?? "ENCRYPT_DECRYPT") !== "ENCRYPT_DECRYPT") {
    throw validation(`KeyUsage ${input.KeyUsage} is not compatible with KeySpec ${spec}`);
  }
  const origin = input.Origin ?? "AWS_KMS";
  if (origin !== "AWS_KMS" && origin !== "EXTERNAL") {
    throw unsupported(`CreateKey with Origin ${origin} is not built in this local KMS`);
  }
  if (input.CustomKeyStoreId !== undefined || input.XksKeyId !== undefined) {
    throw validation(`CustomKeyStoreId and XksKeyId are not compatible with Origin ${origin}`);
  }
}
