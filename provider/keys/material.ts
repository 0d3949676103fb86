import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";

/** Length of aes256-gcm96 material in bytes. AWS KMS takes 256 bits for SYMMETRIC_DEFAULT. */
export const MATERIAL_BYTES = 32;

const RECIPE = "Make some with: openssl rand -base64 32";
const RAW_RECIPE = `Make some with: openssl rand -out FILE ${MATERIAL_BYTES}`;

/** New material from the system's CSPRNG. The caller zeroes it after use. */
export function generateMaterial(): Buffer {
  return randomBytes(MATERIAL_BYTES);
}

type Parsed = { material: Buffer } | { mistake: string };

/**
 * Decodes a 256-bit key that a user gives, in base64 or base64url, hex or as a symmetric JWK (RFC 7518 section 6.4), or says what is wrong
 * with it without showing it. Base64 and hex may stand in several lines. `what` names it in the sentence.
 */
export function parseMaterial(text: string, what = "`material`"): Parsed {
  return ofText(text, what, `Expected ${what} to be ${MATERIAL_BYTES} bytes in base64, hex or a JWK`);
}

/**
 * The same of what a file holds or a command prints, which may be the key's bytes as they are: exactly 32 that are not text.
 * `bytes` become the material, or are zeroed.
 */
export function parseMaterialBytes(bytes: Buffer, what: string): Parsed {
  const expected = `Expected ${what} to be ${MATERIAL_BYTES} bytes, raw or in base64, hex or a JWK`;
  const parsed = isUtf8Text(bytes)
    ? ofText(bytes.toString("utf8"), what, expected)
    : ofRaw(bytes, what, expected);
  if (!("material" in parsed && parsed.material === bytes)) bytes.fill(0);
  return parsed;
}

function ofText(text: string, what: string, expected: string): Parsed {
  const trimmed = text.trim();
  if (isWords(trimmed))
    return {
      mistake: `${expected}; what came is hex in words of several bytes, whose order depends on the machine. Use xxd -p or od -An -v -tx1.`,
    };
  const material = decoded(trimmed);
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

function ofRaw(bytes: Buffer, what: string, expected: string): Parsed {
  const { length } = bytes;
  const hasEndOfLine = bytes.at(-1) === 0x0a && length - MATERIAL_BYTES > 0 && length - MATERIAL_BYTES <= 2;
  if (length !== MATERIAL_BYTES)
    return {
      mistake: `${expected}; what came is ${length} bytes that are not text${hasEndOfLine ? ", an end of line among them: write the bytes without it" : ""}. ${RAW_RECIPE}`,
    };
  const weakness = weaknessOf(bytes) ?? zerosOf(bytes);
  return weakness
    ? { mistake: `Expected ${what} to be random; ${weakness}. ${RAW_RECIPE}` }
    : { material: bytes };
}

function decoded(text: string): Buffer | undefined {
  if (text.startsWith("{")) return ofJwk(text);
  const joined = text.replace(/\s+/g, "");
  // As base64, what is 64 hex digits would have another length than material.
  if (/^[0-9a-f]+$/i.test(joined) && joined.length === 2 * MATERIAL_BYTES) return Buffer.from(joined, "hex");
  // Words of a passphrase are letters alone.
  if (joined !== text && /^[a-z]+$/i.test(joined)) return undefined;
  return /^([A-Za-z0-9+/]+|[\w-]+)={0,2}$/.test(joined) ? Buffer.from(joined, "base64") : undefined;
}

/** Words of 2, 4 or 8 bytes as `od -x` and `hexdump` print them: on most machines the last byte of each comes first. */
function isWords(text: string): boolean {
  const isSpaced = /[ \t]/.test(text);
  return (
    isSpaced &&
    [4, 8, 16].some((width) => new RegExp(`^[0-9a-f]{${width}}(\\s+[0-9a-f]{${width}})+$`, "i").test(text))
  );
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

/** UTF-8 without control characters, of which white space is none. Of 32 random bytes not one in 10^10 is. */
function isUtf8Text(bytes: Buffer): boolean {
  return (
    isUtf8(bytes) && bytes.every((byte) => (byte >= 0x20 && byte !== 0x7f) || (byte >= 0x09 && byte <= 0x0d))
  );
}

/** Of 32 random bytes not one in 10^12 has that many zeros: such bytes are text in UTF-16, or a password that was filled up. */
function zerosOf(bytes: Buffer): string | undefined {
  const zeros = bytes.filter((byte) => byte === 0).length;
  return zeros >= MATERIAL_BYTES / 4 ? `${zeros} of its bytes are zero` : undefined;
}
