/** Material leaves its place only encrypted to the public key of GetParametersForImport. */
import { constants, type KeyObject, publicEncrypt } from "node:crypto";
import type { AlgorithmSpec } from "@aws-sdk/client-kms";

/** Material that can be imported into AWS. */
export interface WrappableMaterial {
  /** Goes to GetParametersForImport as `WrappingAlgorithm`. */
  readonly wrappingAlgorithm: AlgorithmSpec;
  /** What ImportKeyMaterial takes as `EncryptedKeyMaterial`. `wrappingKey` was checked (wrappingKey.ts). */
  wrap(wrappingKey: KeyObject): Uint8Array;
  /** Erases the secrets. The caller calls it whether or not the import succeeded. */
  release(): void;
}

/** How material of one key type is wrapped. */
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
 * RSAES-OAEP with SHA-256 for hash and MGF1, and no label. Every call returns other bytes, so a repeated import must send the bytes of
 * the first attempt.
 */
export function wrapByOaepSha256(material: Buffer, wrappingKey: KeyObject): Buffer {
  return publicEncrypt(
    { key: wrappingKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
    material,
  );
}
