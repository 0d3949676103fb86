/**
 * The claim secret of a key: 32 random bytes beside the versions in its keyring. The tag `keymgmt:claim` of a KMS key is a MAC under
 * it, and shows that whoever made the KMS key had the keyring.
 */
import { randomBytes } from "node:crypto";
import { isKeymgmtError, KeymgmtError } from "../errors";
import type { Keyring } from "./keyring";
import { isSealed, keystoreOf } from "./keystores/keystore";
import { openBytes, type SealedBefore, sealBytes } from "./keystores/seal";
import type { KeystoreSession } from "./keystores/session";

const BYTES = 32;

/**
 * The claim secret, which the caller zeroes; undefined in a keyring of release 0.1.0. It asks for the root key only where one seals
 * the keyring. Throws KeystoreUnavailable.
 */
export async function claimSecretOf(
  session: KeystoreSession,
  keyring: Keyring,
  key: string,
): Promise<Buffer | undefined> {
  const { claimSecret: kept } = keyring;
  if (kept === undefined) return undefined;
  const keystore = keystoreOf(keyring.keystore);
  if (!isSealed(keystore)) {
    if (!kept.includes(".")) return Buffer.from(kept, "base64url");
    throw broken(key, "it is sealed, and no root key seals the keyring");
  }
  if (!kept.includes(".")) throw broken(key, "it is not sealed, as the rest of the keyring is");
  const known = session.claimSecrets.get(kept);
  if (known !== undefined) return Buffer.from(known, "base64url");
  const { buffer, byteOffset, length } = await openBytes(session, keystore, { key, purpose: "claim" }, kept);
  const opened = Buffer.from(buffer, byteOffset, length);
  if (opened.length !== BYTES) throw broken(key, `it has ${opened.length} bytes`);
  session.claimSecrets.set(kept, opened.toString("base64url"));
  return opened;
}

/** Undefined where the root key that seals the keyring is not at hand: what only looks goes on without. */
export async function ifOpen<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isKeymgmtError(error, "KeystoreUnavailable")) return undefined;
    throw error;
  }
}

/** The keyring with a new claim secret. Throws KeystoreUnavailable where the root key that seals it is not at hand. */
export function withNewClaimSecret(
  session: KeystoreSession,
  keyring: Keyring,
  key: string,
): Promise<Keyring> {
  return withClaimSecret(session, keyring, key, randomBytes(BYTES));
}

/** The keyring with this claim secret, which is zeroed, kept as its versions are. */
export async function withClaimSecret(
  session: KeystoreSession,
  { keystore: url, keys, claimSecret: _, ...rest }: Keyring,
  key: string,
  secret: Buffer,
): Promise<Keyring> {
  const keyring = { ...(url !== undefined && { keystore: url }), ...rest };
  try {
    const text = secret.toString("base64url");
    const keystore = keystoreOf(url);
    if (!isSealed(keystore)) return { ...keyring, claimSecret: text, keys };
    const of = { key, purpose: "claim" } as const;
    const claimSecret = await sealBytes(session, keystore, of, secret, lastSealed(key, keys));
    session.claimSecrets.set(claimSecret, text);
    return { ...keyring, claimSecret, keys };
  } finally {
    secret.fill(0);
  }
}

/** Whether a claim secret can be added without asking for a root key. */
export function needsNoRootKey(keyring: Keyring): boolean {
  return !isSealed(keystoreOf(keyring.keystore));
}

function lastSealed(key: string, keys: Keyring["keys"]): SealedBefore | undefined {
  const latest = keys.at(-1);
  return latest && "jwe" in latest ? { of: { key, version: keys.length }, jwe: latest.jwe } : undefined;
}

function broken(key: string, came: string): KeymgmtError {
  return new KeymgmtError(
    "KeystoreUnavailable",
    `Expected the claim secret of key "${key}" in the state, kept as its versions are; ${came}. Restore the stack's state from a backup; nothing was changed.`,
    { key },
  );
}
