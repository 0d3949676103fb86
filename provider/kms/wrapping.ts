import { constants, type KeyObject, publicEncrypt } from "node:crypto";
import { KeymgmtError } from "../errors";

/** Bytes in the material of a symmetric KMS key: 256 bits (GetParametersForImport's reference). */
export const SYMMETRIC_MATERIAL_BYTES = 32;

/** Material that AWS can be given. It leaves where it is only encrypted to the public key of GetParametersForImport. */
export interface WrappableMaterial {
  /** How it is wrapped; goes to GetParametersForImport as `WrappingAlgorithm`. */
  readonly wrappingAlgorithm: "RSAES_OAEP_SHA_256" | "RSAES_OAEP_SHA_1";
  /** What ImportKeyMaterial takes as `EncryptedKeyMaterial`. `wrappingKey` was checked (wrappingKey.ts). */
  wrap(wrappingKey: KeyObject): Uint8Array;
  /** Forgets the secrets that it needed. It is called whatever became of the import. */
  release(): void;
}

/** Material in this process's memory, zeroed when it is released. */
export function inMemory(material: Buffer): WrappableMaterial {
  return {
    wrappingAlgorithm: "RSAES_OAEP_SHA_256",
    wrap: (wrappingKey) => wrapKeyMaterial(material, wrappingKey),
    release: () => material.fill(0),
  };
}

/**
 * Encrypts a symmetric key's material to the public key of GetParametersForImport: RSAES-OAEP with SHA-256 for both
 * hash and MGF1, no label. Every call gives other bytes, so an import that
 * is tried again must send the ones it has. Throws InvalidInput.
 */
export function wrapKeyMaterial(material: Buffer, wrappingKey: KeyObject): Buffer {
  if (material.length !== SYMMETRIC_MATERIAL_BYTES) {
    throw new KeymgmtError(
      "InvalidInput",
      `Expected key material of ${SYMMETRIC_MATERIAL_BYTES} bytes, got ${material.length} bytes.`,
    );
  }
  return publicEncrypt(
    { key: wrappingKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
    material,
  );
}
