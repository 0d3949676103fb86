import { randomBytes } from "node:crypto";

/** Length of aes256-gcm96 material in bytes. AWS KMS takes 256 bits for SYMMETRIC_DEFAULT. */
export const MATERIAL_BYTES = 32;

/** New material from the system's CSPRNG. The caller zeroes it after use. */
export function generateMaterial(): Buffer {
  return randomBytes(MATERIAL_BYTES);
}

/** Decodes a user's own material, or says what is wrong with it without showing it. */
export function parseMaterial(base64: string): { material: Buffer } | { mistake: string } {
  const trimmed = base64.trim();
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(trimmed)) {
    return { mistake: "Expected `material` to be 32 bytes in base64; what came is not base64." };
  }
  const material = Buffer.from(trimmed, "base64");
  if (material.length !== MATERIAL_BYTES) {
    const mistake = `Expected \`material\` to be ${MATERIAL_BYTES} bytes in base64; what came decodes to ${material.length} bytes. Make some with: openssl rand -base64 32`;
    material.fill(0);
    return { mistake };
  }
  if (material.every((byte) => byte === material[0])) {
    return {
      mistake:
        "Expected `material` to be random; all its bytes are equal. Make some with: openssl rand -base64 32",
    };
  }
  return { material };
}
