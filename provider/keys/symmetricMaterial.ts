import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { JWK } from "jose";
import type { Material, ParsedMaterial } from "./material";

/**
 * Secret bytes of one length. An owner writes them in base64, base64url or hex, or as a symmetric JWK (RFC 7518 section 6.4). Base64 and
 * hex may have several lines. A file or a command may also contain the raw bytes, if these are not text.
 *
 * @param alg of the stored JWK (RFC 7518 section 3.1)
 */
export function symmetricMaterial(length: number, alg: string): Material {
  const form = `${length} bytes in base64, hex or a JWK`;
  const rawForm = `${length} bytes, raw or in base64, hex or a JWK`;
  const recipe = `openssl rand -base64 ${length}`;
  return {
    recipe,
    generate: () => randomBytes(length),
    parse: (text, what = "`material`") => ofText(text, { length, what, form, recipe }),
    parseBytes(bytes, what) {
      const wanted = { length, what, form: rawForm, recipe };
      const parsed = isUtf8Text(bytes) ? ofText(bytes.toString("utf8"), wanted) : ofRaw(bytes, wanted);
      if (!("material" in parsed && parsed.material === bytes)) bytes.fill(0);
      return parsed;
    },
    toJwk: (material) => ({ kty: "oct", alg, k: material.toString("base64url") }),
    fromJwk(jwk) {
      const material = ofJwk(jwk);
      if (material?.length === length) return material;
      material?.fill(0);
      return undefined;
    },
  };
}

/** The expected material, and its names in messages. */
interface Wanted {
  length: number;
  what: string;
  form: string;
  recipe: string;
}

function ofText(text: string, { length, what, form, recipe }: Wanted): ParsedMaterial {
  const expected = `Expected ${what} to be ${form}`;
  const trimmed = text.trim();
  if (isWords(trimmed))
    return {
      mistake: `${expected}; what came is hex in words of several bytes, whose order depends on the machine. Use xxd -p or od -An -v -tx1.`,
    };
  const material = decoded(trimmed, length);
  if (!material) return { mistake: `${expected}; what came is none of them.` };
  const came = material.length;
  const weakness = came === length ? weaknessOf(material) : undefined;
  if (came === length && !weakness) return { material };
  material.fill(0);
  return {
    mistake: weakness
      ? `Expected ${what} to be random; ${weakness}. Make some with: ${recipe}`
      : `${expected}; what came decodes to ${came} bytes. Make some with: ${recipe}`,
  };
}

function ofRaw(bytes: Buffer, { length, what, form }: Wanted): ParsedMaterial {
  const recipe = `Make some with: openssl rand -out FILE ${length}`;
  const extra = bytes.length - length;
  const hasEndOfLine = bytes.at(-1) === 0x0a && extra > 0 && extra <= 2;
  if (extra !== 0)
    return {
      mistake: `Expected ${what} to be ${form}; what came is ${bytes.length} bytes that are not text${hasEndOfLine ? ", an end of line among them: write the bytes without it" : ""}. ${recipe}`,
    };
  const weakness = weaknessOf(bytes) ?? zerosOf(bytes);
  return weakness
    ? { mistake: `Expected ${what} to be random; ${weakness}. ${recipe}` }
    : { material: bytes };
}

function decoded(text: string, length: number): Buffer | undefined {
  if (text.startsWith("{")) return ofJwkText(text);
  const joined = text.replace(/\s+/g, "");
  // Read as base64, this number of hex digits would give another length.
  if (/^[0-9a-f]+$/i.test(joined) && joined.length === 2 * length) return Buffer.from(joined, "hex");
  // Words of only letters are a passphrase.
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

function ofJwkText(text: string): Buffer | undefined {
  try {
    return ofJwk(JSON.parse(text));
  } catch {
    return undefined; // the parser's own message would quote the text
  }
}

function ofJwk({ kty, k }: JWK): Buffer | undefined {
  const isSecretKey = kty === "oct" && typeof k === "string" && /^[A-Za-z0-9_-]+$/.test(k);
  return isSecretKey ? Buffer.from(k, "base64url") : undefined;
}

/** 32 random bytes are all text with a probability below 1 in 10^13. Such bytes are a password, or hex or base64 inside base64. */
function weaknessOf(material: Buffer): string | undefined {
  if (material.every((byte) => byte === material[0])) return "all its bytes are equal";
  if (material.every(isText)) return "its bytes are all ASCII text, which was not decoded";
  return undefined;
}

/** Printable ASCII, a tab or an end of line. */
function isText(byte: number): boolean {
  return (byte >= 0x20 && byte <= 0x7e) || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** UTF-8 without control characters other than white space. The probability for 32 random bytes is below 1 in 10^10. */
function isUtf8Text(bytes: Buffer): boolean {
  return (
    isUtf8(bytes) && bytes.every((byte) => (byte >= 0x20 && byte !== 0x7f) || (byte >= 0x09 && byte <= 0x0d))
  );
}

/** 32 random bytes have so many zeros with a probability below 1 in 10^12. Such bytes are text in UTF-16, or a padded password. */
function zerosOf(bytes: Buffer): string | undefined {
  const zeros = bytes.filter((byte) => byte === 0).length;
  return zeros >= bytes.length / 4 ? `${zeros} of its bytes are zero` : undefined;
}
