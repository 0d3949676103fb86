/** Material leaves where it is only encrypted to the public key of GetParametersForImport. */
import { constants, type KeyObject, publicEncrypt } from "node:crypto";
import type { AlgorithmSpec } from "@aws-sdk/client-kms";

/** Material that AWS can be given. */
export interface WrappableMaterial {
  /** Goes to GetParametersForImport as `WrappingAlgorithm`. */
  readonly wrappingAlgorithm: AlgorithmSpec;
  /** What ImportKeyMaterial takes as `EncryptedKeyMaterial`. `wrappingKey` was checked (wrappingKey.ts). */
  wrap(wrappingKey: KeyObject): Uint8Array;
  /** Forgets the secrets that it needed. It is called whatever became of the import. */
  release(): void;
}

/** How material of one type of keys is wrapped. */
export interface Wrapping {
  algorithm: AlgorithmSpec;
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
 * RSAES-OAEP with SHA-256 for both hash and MGF1, no label. Every call gives other bytes, so an import that is tried again must send
 * the ones it has.
 */
export function wrapByOaepSha256(material: Buffer, wrappingKey: KeyObject): Buffer {
  return publicEncrypt(
    { key: wrappingKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
    material,
  );
}
