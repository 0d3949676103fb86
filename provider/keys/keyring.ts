import { KeymgmtError } from "../errors";
import { keyCheckValue } from "./keyCheckValue";
import { MATERIAL_BYTES } from "./material";

/** One version in a keyring, as a JSON Web Key (RFC 7517, RFC 7518 section 6.4). */
interface VersionJwk {
  kty: "oct";
  alg: "A256GCM";
  /** The version's number in decimal. */
  kid: string;
  /** The material in base64url. */
  k: string;
  /** Seconds since the epoch at which the version was made. */
  iat: number;
}

/** All versions of one key, in order from version 1. */
export interface Keyring {
  keys: VersionJwk[];
}

/** A version without its material. */
export interface KeyVersion {
  version: number;
  createdAt: string;
  kcv: string;
  enabled: boolean;
}

/** Reads a keyring as it stands in state: a JWK set in JSON. */
export function parseKeyring(text: string): Keyring {
  const broken = (what: string) =>
    new KeymgmtError(
      "InvalidInput",
      `Expected the keyring in state to be a JWK set of versions 1, 2, …; ${what}. Restore the stack's state from a backup; nothing was changed.`,
    );
  let keyring: Keyring;
  try {
    keyring = JSON.parse(text) as Keyring;
  } catch {
    throw broken("it is not JSON"); // the parser's own message would quote the text
  }
  if (!Array.isArray(keyring?.keys)) throw broken("it has no `keys`");
  keyring.keys.forEach((jwk, index) => {
    if (jwk?.kty !== "oct" || jwk.kid !== String(index + 1)) throw broken(`version ${index + 1} is missing`);
    const bytes = typeof jwk.k === "string" ? Buffer.from(jwk.k, "base64url") : Buffer.alloc(0);
    if (bytes.length !== MATERIAL_BYTES)
      throw broken(`version ${index + 1} is not ${MATERIAL_BYTES} bytes long`);
    bytes.fill(0);
    if (!Number.isInteger(jwk.iat)) throw broken(`version ${index + 1} has no time`);
  });
  return keyring;
}

export function formatKeyring(keyring: Keyring): string {
  return JSON.stringify(keyring);
}

/** The keyring with one more version. Zeroes the material. */
export function withVersion(keyring: Keyring, material: Buffer, createdAt: Date): Keyring {
  const jwk: VersionJwk = {
    kty: "oct",
    alg: "A256GCM",
    kid: String(keyring.keys.length + 1),
    k: material.toString("base64url"),
    iat: Math.floor(createdAt.getTime() / 1000),
  };
  material.fill(0);
  return { keys: [...keyring.keys, jwk] };
}

/** A copy of one version's material. The caller zeroes it after use. */
export function materialOf(keyring: Keyring, version: number): Buffer {
  const jwk = keyring.keys[version - 1];
  if (!jwk)
    throw new KeymgmtError(
      "InvalidInput",
      `Expected the keyring to hold version ${version}; it holds ${keyring.keys.length} versions.`,
    );
  return Buffer.from(jwk.k, "base64url");
}

/** The key check value of one version. */
export function kcvOf(keyring: Keyring, version: number): string {
  const material = materialOf(keyring, version);
  try {
    return keyCheckValue(material);
  } finally {
    material.fill(0);
  }
}

/** Every version without its material. */
export function describeVersions(keyring: Keyring, minEnabledVersion: number): KeyVersion[] {
  return keyring.keys.map((jwk, index) => ({
    version: index + 1,
    createdAt: new Date(jwk.iat * 1000).toISOString(),
    kcv: kcvOf(keyring, index + 1),
    enabled: index + 1 >= minEnabledVersion,
  }));
}
