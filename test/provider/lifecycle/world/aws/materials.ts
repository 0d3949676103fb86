/** The materials of the world, known by whose they are and which version they are: 32 bytes each, or a private key. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { KEY_TYPES } from "../../../../../provider/keys/keyTypes";

/** Of the keys that sign. */
export const SIGNS = KEY_TYPES.find(({ keySpec }) => keySpec === "ECC_NIST_P256")!;

const VERSIONS = new Map<string, number>();

/** The nth material of `whose`; stands in for the CSPRNG, and is what own material is taken from. */
export function materialOf(whose: string, n: number): Buffer {
  const bytes = createHash("sha256").update(`${whose} ${n}`).digest();
  VERSIONS.set(bytes.toString("base64"), n);
  return bytes;
}

const PAIRS = new Map<string, Buffer>();

/** The nth private key of `whose`. */
export function privateKeyOf(whose: string, n: number): Buffer {
  const name = `${whose} ${n}`;
  const der = PAIRS.get(name) ?? generateKeyPairSync("ec", P256).privateKey;
  PAIRS.set(name, der);
  VERSIONS.set(der.toString("base64"), n);
  return Buffer.from(der); // who gets it zeroes it
}

const P256 = {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "der" },
  privateKeyEncoding: { type: "pkcs8", format: "der" },
} as const;

/** Which version of its key a material is. */
export function versionOf(bytes: string): number {
  return VERSIONS.get(bytes)!;
}
