import type { InterceptedRequest } from "../faults/interception.js";
import { keyIdOf } from "../http/requestLog.js";
import { withoutArn } from "../keys/arn.js";
import type { Store } from "../store/store.js";

const CRYPTOGRAPHIC = new Set([
  "Decrypt",
  "DeriveSharedSecret",
  "Encrypt",
  "GenerateDataKey",
  "GenerateDataKeyWithoutPlaintext",
  "GenerateMac",
  "GenerateRandom",
  "ReEncrypt",
  "Sign",
  "Verify",
  "VerifyMac",
]);

/** What a request takes of one quota. */
export interface QuotaUse {
  readonly region: string;
  readonly quota: string;
  readonly requests: number;
}

/**
 * The quotas that one request counts against. The quota table's notes: ReplicateKey is also two CreateKey in the
 * replica's Region, UpdatePrimaryRegion is one in each of its Regions.
 */
export function quotaUses(store: Store, request: InterceptedRequest): QuotaUse[] {
  const { operation, region } = request;
  const { ReplicaRegion, PrimaryRegion, KeyPairSpec } = (request.input ?? {}) as Record<string, unknown>;
  const use = (quota: string, at: unknown = region, requests = 1) => ({
    quota,
    region: String(at),
    requests,
  });
  if (operation === "ReplicateKey") return [use(operation), use("CreateKey", ReplicaRegion, 2)];
  if (operation === "UpdatePrimaryRegion") return [use(operation), use(operation, PrimaryRegion)];
  if (operation.startsWith("GenerateDataKeyPair")) return [use(`GenerateDataKeyPair (${KeyPairSpec})`)];
  return [
    use(CRYPTOGRAPHIC.has(operation) ? `Cryptographic operations (${family(store, request)})` : operation),
  ];
}

/** HMAC keys count as symmetric, and so does what names no key that is there. */
function family(store: Store, request: InterceptedRequest): string {
  const name = withoutArn(keyIdOf(request.input));
  const key = store.key(request, store.alias(request, name)?.targetKeyId ?? name);
  return /^(RSA|ECC)_/.exec(key?.spec ?? "")?.[1] ?? "symmetric";
}
