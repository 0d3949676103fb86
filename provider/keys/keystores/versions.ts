/** Versions of a key into and out of its keystore. */
import { inMemory, type WrappableMaterial } from "../../awskms/wrapping";
import { KeymgmtError } from "../../errors";
import { claimSecretOf, withClaimSecret } from "../claimSecret";
import { keyCheckValue } from "../keyCheckValue";
import {
  type Keyring,
  type KeyringVersion,
  kcvOf,
  type ReferredVersion,
  versionHead,
  versionIn,
  versionJwk,
} from "../keyring";
import { namesEachVersion, readReferenceOf, referenceTo } from "../reference";
import { shownReference } from "../shownReference";
import { type HsmKeystore, isHsmUri } from "./hsm/uri";
import { findInHsm, hsmToImport, makeInHsm, putIntoHsm } from "./hsm/versions";
import { isSealed, keystoreOf } from "./keystore";
import { seal, unseal } from "./seal";
import type { KeystoreSession } from "./session";

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
export async function toImport(
  session: KeystoreSession,
  keyring: Keyring,
  key: string,
  version: number,
): Promise<WrappableMaterial> {
  const entry = versionIn(keyring, version);
  const keystore = keystoreOf(keyring.keystore);
  if (keystore.kind === "pkcs11" && "from" in entry)
    return hsmToImport(session, keystore, { key, version }, entry);
  return inMemory(await materialOf(session, keyring, key, version));
}

/** The material of one version, out of its keystore; the caller zeroes it. Throws KeystoreUnavailable. */
export async function materialOf(
  session: KeystoreSession,
  keyring: Keyring,
  key: string,
  version: number,
): Promise<Buffer> {
  const entry = versionIn(keyring, version);
  const material = await read(session, keyring, key, version, entry);
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
  session: KeystoreSession,
  { keystore: url = "state" }: Keyring,
  key: string,
  version: number,
  entry: KeyringVersion,
): Promise<Buffer> {
  if ("k" in entry) return Buffer.from(entry.k, "base64url");
  if (isHsmUri(url))
    throw new KeymgmtError(
      "KeystoreUnavailable",
      `Expected the material of version ${version} of key "${key}"; it is in an HSM, which gives it to AWS KMS alone, wrapped. Back it up by the HSM's own means.`,
      { key, version },
    );
  if ("from" in entry)
    return readReferenceOf(
      entry.kcv,
      entry.from,
      `the material of version ${version} of key "${key}"`,
      session.say,
    );
  const keystore = keystoreOf(url);
  if (!isSealed(keystore))
    throw new KeymgmtError(
      "KeystoreUnavailable",
      `Expected the keyring of key "${key}" to name the keystore that sealed it, got "${shownReference(url)}". Restore the stack's state from a backup; nothing was changed.`,
      { key, version },
    );
  return unseal(session, keystore, { key, version }, entry);
}

/** The keyring with one more version: of this material, which is zeroed, or of what the HSM that keeps it makes or has. */
export async function withVersion(
  session: KeystoreSession,
  keyring: Keyring,
  keeping: Keeping,
  material: Buffer | undefined,
  createdAt: Date,
): Promise<Keyring> {
  const version = keyring.keys.length + 1;
  const entry = material
    ? await kept(session, version, material, createdAt, keeping, keyring.keys.at(-1))
    : await ofHsm(session, version, createdAt, keeping, keyring.keys.at(-1));
  return { ...keyring, keys: [...keyring.keys, entry] };
}

/** Whether new versions come from the HSM that keeps them: it makes them, or `material` names keys in it. */
export function comesFromHsm({ keystore, reference }: Keeping): boolean {
  return isHsmUri(keystore) && (reference === undefined || isHsmUri(reference));
}

async function ofHsm(
  session: KeystoreSession,
  version: number,
  createdAt: Date,
  { key, keystore: url, reference }: Keeping,
  before: KeyringVersion | undefined,
): Promise<KeyringVersion> {
  const keystore = keystoreOf(url) as HsmKeystore;
  const of = { key, version };
  const held =
    reference === undefined
      ? await makeInHsm(session, keystore, of, elsewhere(before))
      : await findInHsm(session, keystore, of, { from: referenceTo(version, reference) }, elsewhere(before));
  return { ...versionHead(version, createdAt), ...held };
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
 * that is not to be held, or in an HSM already, is looked for where it is to be found: what has another key check value is
 * refused, and nothing is lost.
 */
export async function movedTo(
  session: KeystoreSession,
  keyring: Keyring,
  keeping: Keeping,
): Promise<Keyring> {
  const keys: KeyringVersion[] = [];
  for (const { kid, iat } of keyring.keys) {
    const version = Number(kid);
    const kcv = kcvOf(keyring, version);
    const from = inHsmAs(keyring, version, keeping);
    if (from !== undefined) {
      const keystore = keystoreOf(keeping.keystore) as HsmKeystore;
      const held = await findInHsm(session, keystore, { key: keeping.key, version }, { kcv, from });
      keys.push({ kid, iat, ...held });
    } else if (keeping.keystore === "none") {
      const from = referenceTo(version, String(keeping.reference));
      const what = `the material of version ${version} of key "${keeping.key}"`;
      (await readReferenceOf(kcv, from, what, session.say)).fill(0);
      keys.push({ kid, iat, kcv, from });
    } else {
      const material = await materialOf(session, keyring, keeping.key, version);
      keys.push(await kept(session, version, material, new Date(iat * 1000), keeping, keys.at(-1)));
    }
  }
  const moved = { ...emptyKeyring(keeping.keystore), keys };
  const secret = await claimSecretOf(session, keyring, keeping.key);
  return secret ? withClaimSecret(session, moved, keeping.key, secret) : moved;
}

/** The key that an HSM has for a version already: it is a backup of the one it was in, or its owner put it there. */
function inHsmAs(keyring: Keyring, version: number, { keystore, reference }: Keeping): string | undefined {
  if (!isHsmUri(keystore)) return undefined;
  const entry = versionIn(keyring, version);
  if (isHsmUri(keyring.keystore) && "from" in entry) return entry.from;
  return isHsmUri(reference) && namesEachVersion(reference) ? referenceTo(version, reference) : undefined;
}

export function emptyKeyring(keystore: string): Keyring {
  return keystore === "state" ? { keys: [] } : { keystore, keys: [] };
}

/** One version where it is to be kept, as the one before it is. Zeroes the material. */
async function kept(
  session: KeystoreSession,
  version: number,
  material: Buffer,
  createdAt: Date,
  { key, keystore: url, reference }: Keeping,
  before: KeyringVersion | undefined,
): Promise<KeyringVersion> {
  const of = { key, version };
  const head = versionHead(version, createdAt);
  try {
    const keystore = keystoreOf(url);
    if (keystore.kind === "pkcs11")
      return { ...head, ...(await putIntoHsm(session, keystore, of, material, elsewhere(before))) };
    const kcv = keyCheckValue(material);
    if (keystore.kind === "none") return { ...head, kcv, from: referenceTo(version, String(reference)) };
    const jwk = versionJwk(version, material, createdAt);
    if (keystore.kind === "state") return jwk;
    return await seal(session, keystore, of, jwk, kcv, before && "jwe" in before ? before : undefined);
  } finally {
    material.fill(0);
  }
}

function elsewhere(entry: KeyringVersion | undefined): ReferredVersion | undefined {
  return entry && "from" in entry ? entry : undefined;
}
