import { constants, createPrivateKey, privateDecrypt } from "node:crypto";
import type { AlgorithmSpec } from "@aws-sdk/client-kms";

/** The OAEP hash of each wrapping algorithm that is built; the mask generation function uses the same hash. */
const OAEP_HASH: Partial<Record<AlgorithmSpec, string>> = {
  RSAES_OAEP_SHA_1: "sha1",
  RSAES_OAEP_SHA_256: "sha256",
};

export const canUnwrap = (algorithm: AlgorithmSpec) => OAEP_HASH[algorithm] !== undefined;

/** The key material, or undefined where it was not wrapped by this algorithm under this key's public half. */
export function unwrap(
  algorithm: AlgorithmSpec,
  privateKey: Buffer,
  wrapped: Uint8Array,
): Buffer | undefined {
  const key = createPrivateKey({ key: privateKey, format: "der", type: "pkcs8" });
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    return privateDecrypt({ key, padding, oaepHash: OAEP_HASH[algorithm] }, wrapped);
  } catch {
    return undefined;
  }
}
