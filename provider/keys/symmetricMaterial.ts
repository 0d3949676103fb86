import { randomBytes } from "node:crypto";
import type { JWK } from "jose";
import { isUtf8Text, weaknessOf, zerosOf } from "./bytes";
import type { Material, ParsedMaterial } from "./material";

/** How many bytes material may have. The fewest are generated. */
export interface Lengths {
  fewest: number;
  most: number;
}

/**
 * Secret bytes. An owner writes them in base64, base64url or hex, or as a symmetric JWK (RFC 7518 section 6.4). Base64 and hex may have
 * several lines. A file or a command may also contain the raw bytes, if these are not text.
 *
 * @param alg of the stored JWK (RFC 7518 section 3.1), where one is registered for the type
 */
export function symmetricMaterial(lengths: Lengths, alg?: string): Material {
  const { fewest, most } = lengths;
  const count = fewest === most ? `${fewest} bytes` : `${fewest} to ${most} bytes`;
  const form = `${count} in base64, hex or a JWK`;
  const rawForm = `${count}, raw or in base64, hex or a JWK`;
  const recipe = `openssl rand -base64 ${fewest}`;
  return {
    recipe,
    generate: async () => randomBytes(fewest),
    parse: (text, what = "`material`") => ofText(text, { ...lengths, what, form, recipe }),
    parseBytes(bytes, what) {
      const wanted = { ...lengths, what, form: rawForm, recipe };
      const parsed = isUtf8Text(bytes) ? ofText(bytes.toString("utf8"), wanted) : ofRaw(bytes, wanted);
      if (!("material" in parsed && parsed.material === bytes)) bytes.fill(0);
      return parsed;
    },
    toJwk: (material) => ({
      kty: "oct",
      ...(alg !== undefined && { alg }),
      k: material.toString("base64url"),
    }),
    fromJwk(jwk) {
      const material = ofJwk(jwk);
      if (material && isWithin(lengths, material)) return material;
      material?.fill(0);
      return undefined;
    },
  };
}

/** The expected material, and its names in messages. */
interface Wanted extends Lengths {
  what: string;
  form: string;
  recipe: string;
}

function isWithin({ fewest, most }: Lengths, { length }: Buffer): boolean {
  return length >= fewest && length <= most;
}

function ofText(text: string, wanted: Wanted): ParsedMaterial {
  const { what, form, recipe } = wanted;
  const expected = `Expected ${what} to be ${form}`;
  const trimmed = text.trim();
  if (isWords(trimmed))
    return {
      mistake: `${expected}; what came is hex in words of several bytes, whose order depends on the machine. Use xxd -p or od -An -v -tx1.`,
    };
  const material = decoded(trimmed, wanted);
  if (!material) return { mistake: `${expected}; what came is none of them.` };
  const fits = isWithin(wanted, material);
  const weakness = fits ? weaknessOf(material) : undefined;
  if (fits && !weakness) return { material };
  material.fill(0);
  return {
    mistake: weakness
      ? `Expected ${what} to be random; ${weakness}. Make some with: ${recipe}`
      : `${expected}; what came decodes to ${material.length} bytes. Make some with: ${recipe}`,
  };
}

function ofRaw(bytes: Buffer, { fewest, most, what, form }: Wanted): ParsedMaterial {
  const recipe = `Make some with: openssl rand -out FILE ${fewest}`;
  const extra = bytes.length - fewest;
  // An editor adds it. Within a range it would become a part of the key, so it is refused behind the length that tools generate.
  const hasEndOfLine = bytes.at(-1) === 0x0a && extra > 0 && extra <= 2;
  if (!isWithin({ fewest, most }, bytes) || hasEndOfLine)
    return {
      mistake: `Expected ${what} to be ${form}; what came is ${bytes.length} bytes that are not text${hasEndOfLine ? ", an end of line among them: write the bytes without it" : ""}. ${recipe}`,
    };
  const weakness = weaknessOf(bytes) ?? zerosOf(bytes);
  return weakness
    ? { mistake: `Expected ${what} to be random; ${weakness}. ${recipe}` }
    : { material: bytes };
}

function decoded(text: string, { fewest, most }: Lengths): Buffer | undefined {
  if (text.startsWith("{")) return ofJwkText(text);
  const joined = text.replace(/\s+/g, "");
  // One length: this number of hex digits would give another length as base64. A range: both readings may fit, and all text of hex
  // digits is hex, whatever its length. Base64 of 28 random bytes, the fewest here, has only hex digits with a probability below
  // 1 in 10^17. Otherwise hex that lost some digits would fit as base64 and become another key.
  if (/^[0-9a-f]+$/i.test(joined) && (fewest < most || joined.length === 2 * fewest))
    return joined.length % 2 === 0 ? Buffer.from(joined, "hex") : undefined;
  // Words of only letters are a passphrase.
  if (joined !== text && /^[a-z]+$/i.test(joined)) return undefined;
  if (!/^([A-Za-z0-9+/]+|[\w-]+)={0,2}$/.test(joined)) return undefined;
  const bytes = Buffer.from(joined, "base64");
  // A range: text that lost its end, or a password, would fit too. Most of it is not how any bytes are written (RFC 4648 section 3.5).
  return fewest === most || isWritten(bytes, joined) ? bytes : undefined;
}

/** Whether the text is exactly how these bytes are written: in base64url with padding or without, or in base64. */
function isWritten(bytes: Buffer, text: string): boolean {
  const [padded, unpadded] = [bytes.toString("base64"), bytes.toString("base64url")];
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  return plain === padded || text.replaceAll("+", "-").replaceAll("/", "_") === unpadded;
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
