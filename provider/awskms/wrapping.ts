import { constants, createPublicKey, publicEncrypt } from "node:crypto";
import { KeymgmtError } from "../errors";

/** Bytes in the material of a symmetric KMS key: 256 bits (GetParametersForImport's reference). */
export const SYMMETRIC_MATERIAL_BYTES = 32;

/** How symmetric material is wrapped; goes to GetParametersForImport as `WrappingAlgorithm`. */
export const SYMMETRIC_WRAPPING_ALGORITHM = "RSAES_OAEP_SHA_256";

/**
 * Encrypts a symmetric key's material to the public key of GetParametersForImport: RSAES-OAEP with SHA-256 for both
 * hash and MGF1, no label. `publicKeyDer` is a DER SubjectPublicKeyInfo. Every call gives other bytes, so an import that
 * is tried again must send the ones it has. Throws InvalidInput.
 */
export function wrapKeyMaterial(material: Buffer, publicKeyDer: Uint8Array): Buffer {
  if (material.length !== SYMMETRIC_MATERIAL_BYTES) {
    throw new KeymgmtError(
      "InvalidInput",
      `Expected key material of ${SYMMETRIC_MATERIAL_BYTES} bytes, got ${material.length} bytes.`,
    );
  }
  return publicEncrypt(
    { key: wrappingKey(publicKeyDer), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
    material,
  );
}

function wrappingKey(publicKeyDer: Uint8Array) {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKeyDer), format: "der", type: "spki" });
    if (key.asymmetricKeyType === "rsa") return key;
  } catch {
    // said below
  }
  throw new KeymgmtError(
    "InvalidInput",
    `Expected the wrapping key of GetParametersForImport to be an RSA public key (DER SubjectPublicKeyInfo), got ${publicKeyDer.length} bytes that are none.`,
  );
}
