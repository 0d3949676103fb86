/** Material leaves its place only encrypted to the public key of GetParametersForImport. */
import { constants, createCipheriv, type KeyObject, publicEncrypt, randomBytes } from "node:crypto";
import type { AlgorithmSpec } from "@aws-sdk/client-kms";
import type { WrappingKeySpec } from "../schema/types";

/** Material that can be imported into AWS. */
export interface WrappableMaterial {
  /** Goes to GetParametersForImport as `WrappingAlgorithm`. */
  readonly wrappingAlgorithm: AlgorithmSpec;
  /** What ImportKeyMaterial takes as `EncryptedKeyMaterial`. `wrappingKey` was checked (wrappingKey.ts). */
  wrap(wrappingKey: KeyObject): Uint8Array | Promise<Uint8Array>;
  /** Erases the secrets. The caller calls it whether or not the import succeeded. */
  release(): void;
}

/** How material of one key type is wrapped. */
export interface Wrapping {
  algorithm: AlgorithmSpec;
  /** Wrapping keys that are too short for this material. */
  tooShort?: readonly WrappingKeySpec[];
  wrap(material: Buffer, wrappingKey: KeyObject): Buffer;
}

/** Material in this process's memory, zeroed when it is released. */
export function inMemory(material: Buffer, { algorithm, wrap }: Wrapping): WrappableMaterial {
  return {
    wrappingAlgorithm: algorithm,
    wrap: (wrappingKey) => wrap(material, wrappingKey),
    release: () => material.fill(0),
  };
}

/**
 * RSAES-OAEP with SHA-256 for hash and MGF1, and no label. Every call returns other bytes, so a repeated import must send the bytes of
 * the first attempt.
 */
export function wrapByOaepSha256(material: Buffer, wrappingKey: KeyObject): Buffer {
  return publicEncrypt(
    { key: wrappingKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
    material,
  );
}

/**
 * RSA_AES_KEY_WRAP_SHA_256: a new AES-256 key wraps the material, and RSAES-OAEP with SHA-256 encrypts that key. The result is the
 * encrypted key, then the wrapped material. Every call returns other bytes.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-encrypt-key-material.html
 */
export function wrapByAesKeyWrapSha256(material: Buffer, wrappingKey: KeyObject): Buffer {
  const aesKey = randomBytes(32);
  try {
    return Buffer.concat([wrapByOaepSha256(aesKey, wrappingKey), keyWrapWithPadding(aesKey, material)]);
  } finally {
    aesKey.fill(0);
  }
}

/** The alternative initial value of RFC 5649 section 3. */
export const PADDED_IV = Buffer.from("a65959a6", "hex");

/** AES key wrap with padding (RFC 5649). */
export function keyWrapWithPadding(aesKey: Buffer, material: Buffer): Buffer {
  const cipher = createCipheriv(`id-aes${8 * aesKey.length}-wrap-pad`, aesKey, PADDED_IV);
  return Buffer.concat([cipher.update(material), cipher.final()]);
}
