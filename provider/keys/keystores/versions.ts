/** Versions of a key into and out of its keystore. */
import { inMemory, type WrappableMaterial } from "../../awskms/wrapping";
import { KeymgmtError } from "../../errors";
import { keyCheckValue } from "../keyCheckValue";
import { type Keyring, type KeyringVersion, kcvOf, versionIn, versionJwk } from "../keyring";
import { namesEachVersion, readReferenceOf, referenceTo } from "../reference";
import { isSealed, type Keystore, parseKeystore } from "./keystore";
import { seal, unseal } from "./seal";

/** A keystore that a key is to be kept in, and where its versions are to be read from, if its owner keeps them. */
export interface Keeping {
  /** Name of the key. */
  key: string;
  /** The `keystore` input. */
  keystore: string;
  /** The `material` input, where it is a reference. */
  reference?: string;
}

/** One version for importMaterial; the caller releases it. Throws KeystoreUnavailable. */
export async function toImport(keyring: Keyring, key: string, version: number): Promise<WrappableMaterial> {
  return inMemory(await materialOf(keyring, key, version));
}

/** The material of one version, out of its keystore; the caller zeroes it. Throws KeystoreUnavailable. */
export async function materialOf(keyring: Keyring, key: string, version: number): Promise<Buffer> {
  const entry = versionIn(keyring, version);
  const material = await read(keyring, key, version, entry);
  const [kcv, came] = [kcvOf(keyring, version), keyCheckValue(material)];
  if (came === kcv) return material;
  material.fill(0);
  throw new KeymgmtError(
    "KeystoreUnavailable",
    `Expected version ${version} of key "${key}" with key check value ${kcv}; its keystore holds one with ${came}. Restore the stack's state from a backup; nothing was changed.`,
    { key, version },
  );
}

async function read(
  { keystore: url = "state" }: Keyring,
  key: string,
  version: number,
  entry: KeyringVersion,
): Promise<Buffer> {
  if ("k" in entry) return Buffer.from(entry.k, "base64url");
  if ("from" in entry)
    return readReferenceOf(entry.kcv, entry.from, `the material of version ${version} of key "${key}"`);
  const keystore = keystoreOf(url);
  if (!isSealed(keystore))
    throw new KeymgmtError(
      "KeystoreUnavailable",
      `Expected the keyring of key "${key}" to name the keystore that sealed it, got "${url}". Restore the stack's state from a backup; nothing was changed.`,
      { key, version },
    );
  return unseal(keystore, { key, version }, entry);
}

/** The keyring with one more version. Zeroes the material. */
export async function withVersion(
  keyring: Keyring,
  keeping: Keeping,
  material: Buffer,
  createdAt: Date,
): Promise<Keyring> {
  const version = keyring.keys.length + 1;
  return { ...keyring, keys: [...keyring.keys, await kept(version, material, createdAt, keeping)] };
}

/** Whether the versions that there are lie where they are to be kept. */
export function isKept(keyring: Keyring, { keystore, reference }: Keeping): boolean {
  if ((keyring.keystore ?? "state") !== keystore) return false;
  if (keystore !== "none" || !namesEachVersion(reference)) return true;
  return keyring.keys.every(
    (entry, index) => "from" in entry && entry.from === referenceTo(index + 1, reference),
  );
}

/**
 * The keyring in another keystore, or with its references to another place. Every version is read where it is now, and one
 * that is not to be held is read where it is to be found: what has another key check value is refused, and nothing is lost.
 */
export async function movedTo(keyring: Keyring, keeping: Keeping): Promise<Keyring> {
  const keys: KeyringVersion[] = [];
  for (const { kid, iat } of keyring.keys) {
    const version = Number(kid);
    const kcv = kcvOf(keyring, version);
    if (keeping.keystore === "none") {
      const from = referenceTo(version, String(keeping.reference));
      const what = `the material of version ${version} of key "${keeping.key}"`;
      (await readReferenceOf(kcv, from, what)).fill(0);
      keys.push({ kid, iat, kcv, from });
    } else {
      const material = await materialOf(keyring, keeping.key, version);
      keys.push(await kept(version, material, new Date(iat * 1000), keeping));
    }
  }
  return { ...emptyKeyring(keeping.keystore), keys };
}

export function emptyKeyring(keystore: string): Keyring {
  return keystore === "state" ? { keys: [] } : { keystore, keys: [] };
}

/** Zeroes the material. */
async function kept(
  version: number,
  material: Buffer,
  createdAt: Date,
  { key, keystore: url, reference }: Keeping,
): Promise<KeyringVersion> {
  const keystore = keystoreOf(url);
  const kcv = keyCheckValue(material);
  const jwk = versionJwk(version, material, createdAt);
  if (keystore.kind === "state") return jwk;
  if (keystore.kind !== "none") return seal(keystore, { key, version }, jwk, kcv);
  return { kid: jwk.kid, iat: jwk.iat, kcv, from: referenceTo(version, String(reference)) };
}

function keystoreOf(url: string): Keystore {
  const keystore = parseKeystore(url);
  if ("mistake" in keystore) throw new KeymgmtError("InvalidInput", keystore.mistake);
  return keystore;
}
