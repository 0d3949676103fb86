import { createHmac, timingSafeEqual } from "node:crypto";
import type {
  GenerateMacRequest,
  GenerateMacResponse,
  MacAlgorithmSpec,
  VerifyMacRequest,
  VerifyMacResponse,
} from "@aws-sdk/client-kms";
import { KmsError } from "../../api/errors.js";
import { keyArn } from "../../keys/arn.js";
import { materialBytes } from "../../keys/material/presentMaterial.js";
import type { KeyRecord } from "../../keys/record.js";
import { usableKey } from "../../keys/resolve.js";
import { requireAlgorithm, requireUsage } from "../../keys/usage.js";
import type { Call } from "../call.js";
import { checkDryRun } from "../requestOptions.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html */
export function generateMac(call: Call, input: GenerateMacRequest): GenerateMacResponse {
  const { key, mac } = computeMac(call, input);
  return { KeyId: keyArn(key), Mac: mac, MacAlgorithm: input.MacAlgorithm };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html: AWS sends no message with a failed verification. */
export function verifyMac(call: Call, input: VerifyMacRequest): VerifyMacResponse {
  const { key, mac } = computeMac(call, input);
  const given = Buffer.from(input.Mac!);
  if (given.length !== mac.length || !timingSafeEqual(given, mac))
    throw new KmsError("KMSInvalidMacException");
  return { KeyId: keyArn(key), MacValid: true, MacAlgorithm: input.MacAlgorithm };
}

const HASHES: Record<MacAlgorithmSpec, string> = {
  HMAC_SHA_224: "sha224",
  HMAC_SHA_256: "sha256",
  HMAC_SHA_384: "sha384",
  HMAC_SHA_512: "sha512",
};

/** HMAC of RFC 2104, never cut short. */
function computeMac(
  call: Call,
  input: GenerateMacRequest | VerifyMacRequest,
): { key: KeyRecord; mac: Buffer } {
  const key = usableKey(call, input.KeyId!, "keys and aliases");
  requireUsage(call, key, "GENERATE_VERIFY_MAC");
  requireAlgorithm(key, input.MacAlgorithm!);
  checkDryRun(input);
  const mac = createHmac(HASHES[input.MacAlgorithm!], materialBytes(key, call.now))
    .update(input.Message!)
    .digest();
  return { key, mac };
}
