import { createDecipheriv, createPrivateKey, type KeyObject } from "node:crypto";
import type { AlgorithmSpec } from "@aws-sdk/client-kms";
import { type OaepHash, oaepDecrypt } from "./oaep.js";

/** The wrapping algorithms that are built. RSA_AES: an AES-256 key under RSAES-OAEP, then the material under that key. */
export const WRAPPING_ALGORITHMS = {
  RSAES_OAEP_SHA_1: { hash: "sha1", withAes: false },
  RSAES_OAEP_SHA_256: { hash: "sha256", withAes: false },
  RSA_AES_KEY_WRAP_SHA_1: { hash: "sha1", withAes: true },
  RSA_AES_KEY_WRAP_SHA_256: { hash: "sha256", withAes: true },
} as const satisfies Partial<Record<AlgorithmSpec, { hash: OaepHash; withAes: boolean }>>;

export type WrappingAlgorithm = keyof typeof WRAPPING_ALGORITHMS;

/** The key material, or undefined where it was not wrapped by this algorithm under this key's public half. */
export function unwrap(
  algorithm: WrappingAlgorithm,
  privateKey: Buffer,
  wrapped: Uint8Array,
): Buffer | undefined {
  const key = createPrivateKey({ key: privateKey, format: "der", type: "pkcs8" });
  const { hash, withAes } = WRAPPING_ALGORITHMS[algorithm];
  return withAes ? unwrapWithAes(hash, key, wrapped) : oaepDecrypt(hash, key, wrapped);
}

/** Whether wrapped material can be of this size: RSAES-OAEP makes as many bytes as the modulus has. */
export function isOfSize(algorithm: WrappingAlgorithm, privateKey: Buffer, wrapped: Uint8Array): boolean {
  const key = createPrivateKey({ key: privateKey, format: "der", type: "pkcs8" });
  return WRAPPING_ALGORITHMS[algorithm].withAes || wrapped.length === modulusBytesOf(key);
}

const modulusBytesOf = (key: KeyObject) => key.asymmetricKeyDetails!.modulusLength! / 8;

/** https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-encrypt-key-material.html: wrapped AES key || wrapped material. */
function unwrapWithAes(hash: OaepHash, key: KeyObject, wrapped: Uint8Array): Buffer | undefined {
  const modulusBytes = modulusBytesOf(key);
  const aesKey = oaepDecrypt(hash, key, wrapped.subarray(0, modulusBytes));
  if (aesKey?.length !== AES_256_BYTES) return undefined;
  return unwrapPadded(aesKey, wrapped.subarray(modulusBytes));
}

const AES_256_BYTES = 32;

/** AES key wrap with padding. RFC 5649, 3: its initial value. */
const PADDED_WRAP_IV = Buffer.from("a65959a6", "hex");

/** The shortest result: an initial value and eight bytes. Of less OpenSSL makes no error but nothing. */
const LEAST_WRAPPED_BYTES = 16;

function unwrapPadded(aesKey: Buffer, wrapped: Uint8Array): Buffer | undefined {
  if (wrapped.length < LEAST_WRAPPED_BYTES) return undefined;
  const decipher = createDecipheriv("id-aes256-wrap-pad", aesKey, PADDED_WRAP_IV);
  try {
    return Buffer.concat([decipher.update(wrapped), decipher.final()]);
  } catch {
    return undefined;
  }
}
