/** Versions of a key into and out of its keystore. */

import { isKeymgmtError, KeymgmtError } from "../../errors";
import { inMemory, type WrappableMaterial } from "../../kms/wrapping";
import { claimSecretOf, withClaimSecret } from "../claimSecret";
import { cameInstead, type Identity, identityOf, isSame } from "../keyCheckValue";
import {
  type Keyring,
  type KeyringVersion,
  keyIdOf,
  type ReferredVersion,
  versionHead,
  versionIdentity,
  versionIn,
  versionJwk,
} from "../keyring";
import { namesEachVersion, readReferenceOf, referenceTo } from "../reference";
import { type HsmKeystore, isHsmUri } from "./hsm/uri";
import { findInHsm, hsmToImport, makeInHsm, putIntoHsm } from "./hsm/versions";
import { isSealed, keystoreOf } from "./keystore";
import { seal, unseal } from "./seal";
import type { KeystoreSession } from "./session";

/** A keystore that a key is to be kept in, and where its versions are to be read from, if its owner keeps them: the program's word. */
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
  keeping: Pick<Keeping, "key" | "reference">,
  version: number,
): Promise<WrappableMaterial> {
  const entry = versionIn(keyring, version);
  const keystore = keystoreOf(keyring.keystore);
  if (keystore.kind === "pkcs11" && "from" in entry) {
    sayIfHalfKnown(session, keeping.key, version, entry);
    return hsmToImport(session, keystore, { key: keeping.key, version }, entry);
  }
  return inMemory(await materialOf(session, keyring, keeping, version));
}

/**
 * A keyring comes from the state, which others may write. So the program says in which keystore it is: otherwise somebody could put
 * material of theirs there in the clear, or sealed by a root key of theirs.
 */
export function refuseOtherKeystore({ keystore = "state" }: Keyring, { key, keystore: said }: Keeping): void {
  if (keystore === said) return;
  throw new KeymgmtError(
    "KeystoreUnavailable",
    `Expected the keyring of key "${key}" in the state to be in the keystore that the program names, "${said}"; it is in "${keystore}". Did \`keystore\` change? Then update the ManagedKey too. Else somebody has written the state: restore it from a backup. Nothing was changed.`,
    { key },
  );
}

/** The material of one version, out of its keystore; the caller zeroes it. Throws KeystoreUnavailable. */
export async function materialOf(
  session: KeystoreSession,
  keyring: Keyring,
  keeping: Pick<Keeping, "key" | "reference">,
  version: number,
): Promise<Buffer> {
  const { key } = keeping;
  const entry = versionIn(keyring, version);
  const material = await read(session, keyring, keeping, version, entry);
  const [known, came] = [versionIdentity(keyring, version), identityOf(material)];
  if (isSame(known, came)) return material;
  material.fill(0);
  throw new KeymgmtError(
    "KeystoreUnavailable",
    `Expected version ${version} of key "${key}" with key check value ${known.kcv}; what its keystore holds ${cameInstead(came, known)}. Restore the stack's state from a backup; nothing was changed.`,
    { key, version },
  );
}

async function read(
  session: KeystoreSession,
  keyring: Keyring,
  { key, reference }: Pick<Keeping, "key" | "reference">,
  version: number,
  entry: KeyringVersion,
): Promise<Buffer> {
  const { keystore: url = "state" } = keyring;
  if ("k" in entry) return Buffer.from(entry.k, "base64url");
  if (isHsmUri(url))
    throw new KeymgmtError(
      "KeystoreUnavailable",
      `Expected the material of version ${version} of key "${key}"; it is in an HSM, which gives it to AWS KMS alone, wrapped. Back it up by the HSM's own means.`,
      { key, version },
    );
  if ("from" in entry) {
    refuseUnnamed(entry.from, key, version, reference);
    sayIfHalfKnown(session, key, version, entry);
    return readReferenceOf(
      entry,
      entry.from,
      `the material of version ${version} of key "${key}"`,
      session.say,
    );
  }
  const keystore = keystoreOf(url);
  if (!isSealed(keystore)) throw new Error("a keyring is read with its keystore");
  const of = { key, version, id: keyIdOf(keyring, key), keystore: url };
  return unseal(session, keystore, of, entry);
}

/** What stands in a state or a backup is no command to run and no file to read. Neither is shown: it may be anything. */
export function refuseUnnamed(
  from: string,
  key: string,
  version: number,
  reference: string | undefined,
): void {
  if (reference !== undefined && from === referenceTo(version, reference)) return;
  throw new KeymgmtError(
    "KeystoreUnavailable",
    `Expected \`material\` of key "${key}" in the program to name where version ${version} is read, as the keyring does; it names ${reference === undefined ? "no place" : "another place"}, and what the keyring alone says is not followed. Give \`material\` as a reference with {version} that is right for every version, such as env://ORDERS_{version}. Nothing was changed.`,
    { key, version },
  );
}

/** Release 0.1.0 recorded 40 bits of what tells a version apart. The next update of the ManagedKey records the rest. */
function sayIfHalfKnown(
  session: KeystoreSession,
  key: string,
  version: number,
  { kcv, cmac }: Identity,
): void {
  if (cmac === undefined)
    session.say(
      `version ${version} of key "${key}" is known by its key check value ${kcv} alone, which other material can be made to have; the next update of the ManagedKey records more`,
    );
}

/** The keyring with one more version: of this material, which is zeroed, or of what the HSM that keeps it makes or has. */
export async function withVersion(
  session: KeystoreSession,
  keyring: Keyring,
  keeping: Keeping,
  material: Buffer | undefined,
  createdAt: Date,
): Promise<Keyring> {
  const entry = material
    ? await kept(session, keyring.keys, material, createdAt, keeping)
    : await ofHsm(session, keyring.keys, createdAt, keeping);
  return { ...keyring, keys: [...keyring.keys, entry] };
}

/** Whether new versions come from the HSM that keeps them: it makes them, or `material` names keys in it. */
export function comesFromHsm({ keystore, reference }: Keeping): boolean {
  return isHsmUri(keystore) && (reference === undefined || isHsmUri(reference));
}

async function ofHsm(
  session: KeystoreSession,
  before: KeyringVersion[],
  createdAt: Date,
  { key, keystore: url, reference }: Keeping,
): Promise<KeyringVersion> {
  const keystore = keystoreOf(url) as HsmKeystore;
  const version = before.length + 1;
  const of = { key, version };
  const last = elsewhere(before.at(-1));
  const held =
    reference === undefined
      ? await makeInHsm(session, keystore, of, last)
      : await findInHsm(session, keystore, of, { from: referenceTo(version, reference) }, last);
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
 * that is not to be held, or in an HSM already, is looked for where it is to be found: other material is refused, and nothing is
 * lost.
 */
export async function movedTo(
  session: KeystoreSession,
  keyring: Keyring,
  keeping: Keeping,
): Promise<Keyring> {
  const keys: KeyringVersion[] = [];
  for (const { kid, iat } of keyring.keys) {
    const version = Number(kid);
    const identity = versionIdentity(keyring, version);
    const from = inHsmAs(keyring, version, keeping);
    if (from !== undefined) {
      const keystore = keystoreOf(keeping.keystore) as HsmKeystore;
      sayIfHalfKnown(session, keeping.key, version, identity);
      const wanted = { ...identity, from };
      const held = await findInHsm(session, keystore, { key: keeping.key, version }, wanted);
      keys.push({ kid, iat, ...held });
    } else if (keeping.keystore === "none") {
      const from = referenceTo(version, String(keeping.reference));
      const what = `the material of version ${version} of key "${keeping.key}"`;
      sayIfHalfKnown(session, keeping.key, version, identity);
      const material = await readReferenceOf(identity, from, what, session.say);
      keys.push({ kid, iat, ...identityOf(material), from });
      material.fill(0);
    } else {
      const material = await materialOf(session, keyring, keeping, version);
      keys.push(await kept(session, keys, material, new Date(iat * 1000), keeping));
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

/**
 * The keyring with all that tells its versions apart, where release 0.1.0 recorded less and the material is to be had without a root
 * key; what is sealed is held to its place by that. What is not to be had stays as it is.
 */
export async function withIdentities(
  session: KeystoreSession,
  keyring: Keyring,
  keeping: Keeping,
): Promise<Keyring> {
  const keys: KeyringVersion[] = [];
  for (const entry of keyring.keys)
    keys.push(
      "from" in entry && entry.cmac === undefined ? await identified(session, entry, keeping) : entry,
    );
  return { ...keyring, keys };
}

async function identified(
  session: KeystoreSession,
  entry: ReferredVersion,
  { key, keystore: url, reference }: Keeping,
): Promise<ReferredVersion> {
  const version = Number(entry.kid);
  try {
    const keystore = keystoreOf(url);
    if (keystore.kind === "pkcs11")
      return { ...entry, ...(await findInHsm(session, keystore, { key, version }, entry)) };
    refuseUnnamed(entry.from, key, version, reference);
    const what = `the material of version ${version} of key "${key}"`;
    const material = await readReferenceOf(entry, entry.from, what, session.say);
    const identity = identityOf(material);
    material.fill(0);
    return { ...entry, ...identity };
  } catch (error) {
    if (!isKeymgmtError(error, "KeystoreUnavailable")) throw error;
    return entry;
  }
}

export function emptyKeyring(keystore: string): Keyring {
  return keystore === "state" ? { keys: [] } : { keystore, keys: [] };
}

/** One version where it is to be kept, as those before it are. Zeroes the material. */
async function kept(
  session: KeystoreSession,
  before: KeyringVersion[],
  material: Buffer,
  createdAt: Date,
  { key, keystore: url, reference }: Keeping,
): Promise<KeyringVersion> {
  const version = before.length + 1;
  const of = { key, version };
  const last = before.at(-1);
  const head = versionHead(version, createdAt);
  try {
    const keystore = keystoreOf(url);
    if (keystore.kind === "pkcs11")
      return { ...head, ...(await putIntoHsm(session, keystore, of, material, elsewhere(last))) };
    const identity = identityOf(material);
    if (keystore.kind === "none")
      return { ...head, ...identity, from: referenceTo(version, String(reference)) };
    const jwk = versionJwk(version, material, createdAt);
    if (keystore.kind === "state") return jwk;
    const id = last ? keyIdOf({ keys: before }, key) : `${key}-${identity.kcv}`;
    const sealedLast = last && "jwe" in last ? last.jwe : undefined;
    return {
      ...head,
      ...identity,
      jwe: await seal(session, keystore, { ...of, id, keystore: url }, jwk, sealedLast),
    };
  } finally {
    material.fill(0);
  }
}

function elsewhere(entry: KeyringVersion | undefined): ReferredVersion | undefined {
  return entry && "from" in entry ? entry : undefined;
}
