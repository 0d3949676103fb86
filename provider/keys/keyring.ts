import type { KeyObject } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { JWK } from "jose";
import { KeymgmtError } from "../errors";
import { type Identity, identityOfPublicKey, type ShownIdentity } from "./keyCheckValue";
import { isSealed, type Keystore, parseKeystore } from "./keystores/keystore";
import { type KeyType, keyTypeOf } from "./keyTypes";
import { fingerprintOf, jwkSet, publicJwk, publicPem } from "./privateKeys/publicKeys";

/** What a keyring holds of every version, wherever the material is. */
interface VersionHead {
  /** The version's number in decimal. */
  kid: string;
  /** When the version was created, in seconds since the epoch. */
  iat: number;
}

/** A version with its material, as a JSON Web Key (RFC 7517). Its type says which members hold the material. */
export interface VersionJwk extends VersionHead, Omit<JWK, "kid"> {
  kty: string;
}

/** A version whose JWK a root key has encrypted (RFC 7516, compact; RFC 7517 section 7). */
export interface SealedVersion extends VersionHead, ShownIdentity {
  jwe: string;
}

/** A version whose material is not in the keyring: the reference from which it is read, or the URI of a key in an HSM. */
export interface ReferredVersion extends VersionHead, ShownIdentity {
  from: string;
}

export type KeyringVersion = VersionJwk | SealedVersion | ReferredVersion;

/** All versions of one key, in order from version 1. */
export interface Keyring {
  /** Type of the key. The state and a backup hold it beside the keyring. */
  type: KeyType;
  /** The keystore that holds the material, as in the `keystore` input. Undefined for the state. */
  keystore?: string;
  /**
   * The secret for claims of KMS keys: 32 bytes in base64url, or a JWE of them where a root key seals the versions. Undefined in
   * keyrings of release 0.1.0.
   */
  claimSecret?: string;
  keys: KeyringVersion[];
}

/** A version without its material. */
export interface KeyVersion {
  version: number;
  createdAt: string;
  kcv: string;
  enabled: boolean;
  /** The public half of an asymmetric key: SubjectPublicKeyInfo in PEM. */
  publicKey?: string;
  /** Its SHA-256: 64 digits of lower-case hex. */
  fingerprint?: string;
}

/** Reads a keyring from the state: a JWK set in JSON. Its material may be sealed, or in another place. */
export function parseKeyring(text: string, typeName: string): Keyring {
  const type = keyTypeOf(typeName);
  const broken = (what: string) =>
    new KeymgmtError(
      "InvalidInput",
      `Expected the keyring in state to be a JWK set of versions 1, 2, …; ${what}. Restore the stack's state from a backup; nothing was changed.`,
    );
  let keyring: StoredKeyring;
  try {
    keyring = JSON.parse(text) as StoredKeyring;
  } catch {
    throw broken("it is not JSON"); // the parser's own message would quote the text
  }
  if (!Array.isArray(keyring?.keys)) throw broken("it has no `keys`");
  const keystore = parseKeystore(keyring.keystore === undefined ? "state" : String(keyring.keystore));
  if ("mistake" in keystore) throw broken("its keystore is not one");
  const { claimSecret } = keyring;
  if (claimSecret !== undefined && !(isSealed(keystore) ? isJwe : isClaimSecret)(claimSecret))
    throw broken("its claim secret is not in the form of its keystore");
  keyring.keys.forEach((entry, index) => {
    if (entry?.kid !== String(index + 1)) throw broken(`version ${index + 1} is missing`);
    // Otherwise somebody could add a version in plain text to those that a root key has sealed.
    if (FORMS.filter((form) => form in entry).join() !== formOf(keystore))
      throw broken(`version ${index + 1} is not stored as its keystore stores it`);
    if (isHeld(entry) && !holdsMaterial(type, entry))
      throw broken(`version ${index + 1} holds no material of type ${type.name}`);
    if (!isHeld(entry) && !isIdentity(type, entry))
      throw broken(`version ${index + 1} has no key check value of a key of type ${type.name}`);
    if (!Number.isInteger(entry.iat)) throw broken(`version ${index + 1} has no time`);
  });
  return { ...keyring, type };
}

/** Members of which a version has one: it is a JWK, a sealed JWK, or a reference. */
const FORMS = ["kty", "jwe", "from"] as const;

/** The member that a version has in this kind of keystore. */
function formOf(keystore: Keystore): (typeof FORMS)[number] {
  if (keystore.kind === "state") return "kty";
  return isSealed(keystore) ? "jwe" : "from";
}

function isIdentity(type: KeyType, { kcv, cmac, publicKey: jwk }: ShownIdentity): boolean {
  if (type.readPublicJwk) {
    const publicKey = type.readPublicJwk(jwk);
    return publicKey !== undefined && isDeepStrictEqual(identityOfPublicKey(publicKey), { kcv, cmac });
  }
  return /^[0-9a-f]{10}$/.test(kcv) && (cmac === undefined || new RegExp(`^${kcv}[0-9a-f]{22}$`).test(cmac));
}

/** The identity of material, with what a keyring shows of it where it does not show the material. */
export function shownIdentityOf(type: KeyType, material: Buffer): ShownIdentity & Required<Identity> {
  const publicKey = type.publicKeyOf?.(material);
  return { ...type.identityOf(material), ...(publicKey && { publicKey: publicJwk(publicKey) }) };
}

function holdsMaterial({ material }: KeyType, jwk: VersionJwk): boolean {
  const bytes = material.fromJwk(jwk);
  bytes?.fill(0);
  return bytes !== undefined;
}

/** A claim secret that is not sealed: its bytes in base64url, without padding. */
function isClaimSecret(text: unknown): boolean {
  return typeof text === "string" && /^[\w-]{43}$/.test(text);
}

/** A compact JWE. */
function isJwe(text: unknown): boolean {
  return typeof text === "string" && /^[\w-]+(\.[\w-]*){4}$/.test(text);
}

/** A keyring as a state or a backup holds it. */
export type StoredKeyring = Omit<Keyring, "type">;

export function storedKeyring({ type: _, ...stored }: Keyring): StoredKeyring {
  return stored;
}

export function formatKeyring(keyring: Keyring): string {
  return JSON.stringify(storedKeyring(keyring));
}

export function versionHead(version: number, createdAt: Date): VersionHead {
  return { kid: String(version), iat: Math.floor(createdAt.getTime() / 1000) };
}

/** A version with its material. */
export function versionJwk(type: KeyType, version: number, material: Buffer, createdAt: Date): VersionJwk {
  return { ...type.material.toJwk(material), ...versionHead(version, createdAt) };
}

/** Whether the keyring holds the version's material itself. */
export function isHeld(entry: KeyringVersion): entry is VersionJwk {
  return "kty" in entry;
}

/** The material of a version that the keyring holds; the caller zeroes it. */
export function heldMaterial({ type }: Keyring, jwk: VersionJwk): Buffer {
  const material = type.material.fromJwk(jwk);
  if (material) return material;
  throw new Error("a keyring is parsed before it is read");
}

/** One version. Throws InvalidInput where the keyring does not hold it. */
export function versionIn(keyring: Keyring, version: number): KeyringVersion {
  const entry = keyring.keys[version - 1];
  if (entry) return entry;
  throw new KeymgmtError(
    "InvalidInput",
    `Expected the keyring to hold version ${version}; it holds ${keyring.keys.length} versions.`,
  );
}

/** The identity of a version's material. It needs no keystore. */
export function versionIdentity(keyring: Keyring, version: number): Identity {
  const entry = versionIn(keyring, version);
  if (!isHeld(entry)) return { kcv: entry.kcv, ...(entry.cmac !== undefined && { cmac: entry.cmac }) };
  const material = heldMaterial(keyring, entry);
  try {
    return keyring.type.identityOf(material);
  } finally {
    material.fill(0);
  }
}

/** The key check value of one version. It needs no keystore. */
export function kcvOf(keyring: Keyring, version: number): string {
  return versionIdentity(keyring, version).kcv;
}

/** Id of the ManagedKey that has the keyring. */
export function keyIdOf(keyring: Keyring, name: string): string {
  return `${name}-${kcvOf(keyring, 1)}`;
}

/** The key check values of all versions, from version 1 on. */
export function kcvsOf(keyring: Keyring): string[] {
  return keyring.keys.map((_, index) => kcvOf(keyring, index + 1));
}

/** Every version without its material. */
export function describeVersions(keyring: Keyring, minEnabledVersion: number): KeyVersion[] {
  return keyring.keys.map(({ iat }, index) => {
    const publicKey = publicKeyIn(keyring, index + 1);
    return {
      version: index + 1,
      createdAt: new Date(iat * 1000).toISOString(),
      kcv: kcvOf(keyring, index + 1),
      enabled: index + 1 >= minEnabledVersion,
      ...(publicKey && { publicKey: publicPem(publicKey), fingerprint: fingerprintOf(publicKey) }),
    };
  });
}

/** The public halves of the enabled versions: a JWK set in JSON (RFC 7517). Undefined for a symmetric key. */
export function jwksOf(keyring: Keyring, minEnabledVersion: number): string | undefined {
  const publicKeys = keyring.keys.flatMap((_, index) => {
    const publicKey = index + 1 < minEnabledVersion ? undefined : publicKeyIn(keyring, index + 1);
    return publicKey ? [publicKey] : [];
  });
  return publicKeys.length === 0 ? undefined : formatJwks(publicKeys);
}

/** Public halves of one key as the output `jwks` has them. */
export function formatJwks(publicKeys: KeyObject[]): string {
  return JSON.stringify(jwkSet(publicKeys));
}

/** The public half of one version of an asymmetric key. It needs no keystore. */
export function publicKeyIn(keyring: Keyring, version: number): KeyObject | undefined {
  const { publicKeyOf, readPublicJwk } = keyring.type;
  const entry = versionIn(keyring, version);
  if (!isHeld(entry)) return readPublicJwk?.(entry.publicKey);
  if (!publicKeyOf) return undefined;
  const material = heldMaterial(keyring, entry);
  try {
    return publicKeyOf(material);
  } finally {
    material.fill(0);
  }
}
