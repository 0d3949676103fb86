import { constants, type KeyObject, privateDecrypt, publicEncrypt } from "node:crypto";

/** RSAES-OAEP (RFC 8017, 7.1) with an empty label; the mask generation function uses the same hash. */
export type OaepHash = "sha1" | "sha256";

const padding = constants.RSA_PKCS1_OAEP_PADDING;

export function oaepEncrypt(hash: OaepHash, publicKey: KeyObject, plaintext: Uint8Array): Buffer {
  return publicEncrypt({ key: publicKey, padding, oaepHash: hash }, plaintext);
}

/** Undefined where this was not encrypted by this hash under the key's public half. */
export function oaepDecrypt(
  hash: OaepHash,
  privateKey: KeyObject,
  ciphertext: Uint8Array,
): Buffer | undefined {
  if (ciphertext.length !== privateKey.asymmetricKeyDetails!.modulusLength! / 8) return undefined;
  try {
    return privateDecrypt({ key: privateKey, padding, oaepHash: hash }, ciphertext);
  } catch {
    return undefined;
  }
}

const HASH_BYTES: Record<OaepHash, number> = { sha1: 20, sha256: 32 };

/** The longest plaintext, in bytes: RFC 8017, 7.1.1. */
export const oaepMostBytes = (hash: OaepHash, modulusLength: number) =>
  modulusLength / 8 - 2 * HASH_BYTES[hash] - 2;
