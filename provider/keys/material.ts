import { randomBytes } from "node:crypto";

/** Length of aes256-gcm96 material in bytes. AWS KMS takes 256 bits for SYMMETRIC_DEFAULT. */
export const MATERIAL_BYTES = 32;

const RECIPE = "Make some with: openssl rand -base64 32";

/** New material from the system's CSPRNG. The caller zeroes it after use. */
export function generateMaterial(): Buffer {
  return randomBytes(MATERIAL_BYTES);
}

/**
 * Decodes a 256-bit key that a user gives, in base64 or base64url, hex or as a symmetric JWK (RFC 7518 section 6.4), or says what is wrong
 * with it without showing it. `what` names it in the sentence.
 */
export function parseMaterial(text: string, what = "`material`"): { material: Buffer } | { mistake: string } {
  const expected = `Expected ${what} to be ${MATERIAL_BYTES} bytes in base64, hex or a JWK`;
  const material = decoded(text.trim());
  if (!material) return { mistake: `${expected}; what came is none of them.` };
  const weakness = weaknessOf(material);
  if (!weakness) return { material };
  const length = material.length;
  material.fill(0);
  return {
    mistake:
      weakness === "length"
        ? `${expected}; what came decodes to ${length} bytes. ${RECIPE}`
        : `Expected ${what} to be random; ${weakness}. ${RECIPE}`,
  };
}

function decoded(text: string): Buffer | undefined {
  if (text.startsWith("{")) return ofJwk(text);
  // As base64, what is 64 hex digits would have another length than material.
  if (/^[0-9a-f]+$/i.test(text) && text.length === 2 * MATERIAL_BYTES) return Buffer.from(text, "hex");
  return /^([A-Za-z0-9+/]+|[\w-]+)={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function ofJwk(text: string): Buffer | undefined {
  try {
    const { kty, k } = JSON.parse(text) as { kty?: unknown; k?: unknown };
    if (kty !== "oct" || typeof k !== "string" || !/^[A-Za-z0-9_-]+$/.test(k)) return undefined;
    return Buffer.from(k, "base64url");
  } catch {
    return undefined; // the parser's own message would quote the text
  }
}

/** Of 32 random bytes not one in 10^13 is all text: such bytes are a password, or hex or base64 inside base64. */
function weaknessOf(material: Buffer): string | undefined {
  if (material.length !== MATERIAL_BYTES) return "length";
  if (material.every((byte) => byte === material[0])) return "all its bytes are equal";
  if (material.every(isText)) return "its bytes are all ASCII text, which was not decoded";
  return undefined;
}

/** Printable ASCII, a tab or an end of line. */
function isText(byte: number): boolean {
  return (byte >= 0x20 && byte <= 0x7e) || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
