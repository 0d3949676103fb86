/**
 * The claim secret of a key: random bytes beside the versions in its keyring. The tag `keymgmt:claim` of a KMS key is a MAC under it.
 * It shows that the creator of the KMS key had the keyring.
 */
import { randomBytes } from "node:crypto";
import { isKeymgmtError } from "../errors";
import type { Keyring } from "./keyring";
import { isSealed, keystoreOf } from "./keystores/keystore";
import type { SealedId } from "./keystores/rootKey";
import { type EarlierSeal, openBytes, sealBytes, sealedKey } from "./keystores/seal";
import type { KeystoreSession } from "./keystores/session";

export const CLAIM_SECRET_BYTES = 32;

/**
 * The claim secret, which the caller zeroes. Undefined in a keyring of release 0.1.0. The root key is read only where one seals the
 * keyring. Throws KeystoreUnavailable.
 */
export async function claimSecretOf(
  session: KeystoreSession,
  keyring: Keyring,
  key: string,
): Promise<Buffer | undefined> {
  const { claimSecret: kept } = keyring;
  if (kept === undefined) return undefined;
  const keystore = keystoreOf(keyring.keystore);
  if (!isSealed(keystore)) return Buffer.from(kept, "base64url");
  const known = session.claimSecrets.get(kept);
  if (known !== undefined) return Buffer.from(known, "base64url");
  const { buffer, byteOffset, length } = await openBytes(
    session,
    keystore,
    { ...sealedKey(keyring, key), purpose: "claim" },
    kept,
  );
  const opened = Buffer.from(buffer, byteOffset, length);
  session.claimSecrets.set(kept, opened.toString("base64url"));
  return opened;
}

/** Undefined where the root key that seals the keyring is not available. A read-only step continues without the result. */
export async function ifRootKeyAvailable<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isKeymgmtError(error, "KeystoreUnavailable")) return undefined;
    throw error;
  }
}

/** The keyring with a new claim secret. Throws KeystoreUnavailable where the root key that seals it is not available. */
export function withNewClaimSecret(
  session: KeystoreSession,
  keyring: Keyring,
  key: string,
): Promise<Keyring> {
  return withClaimSecret(session, keyring, key, randomBytes(CLAIM_SECRET_BYTES));
}

/** The keyring with this claim secret, stored as its versions are. Zeroes the secret. */
export async function withClaimSecret(
  session: KeystoreSession,
  { keys, ...keyring }: Keyring,
  key: string,
  secret: Buffer,
): Promise<Keyring> {
  try {
    const text = secret.toString("base64url");
    const keystore = keystoreOf(keyring.keystore);
    if (!isSealed(keystore)) return { ...keyring, claimSecret: text, keys };
    const of = { ...sealedKey({ ...keyring, keys }, key), purpose: "claim" } as const;
    const claimSecret = await sealBytes(session, keystore, of, secret, lastSealed(of, keys));
    session.claimSecrets.set(claimSecret, text);
    return { ...keyring, claimSecret, keys };
  } finally {
    secret.fill(0);
  }
}

/** Whether the keyring can be changed without a root key. */
export function isUnsealed(keyring: Keyring): boolean {
  return !isSealed(keystoreOf(keyring.keystore));
}

function lastSealed(of: SealedId & { purpose: "claim" }, keys: Keyring["keys"]): EarlierSeal | undefined {
  const { purpose: _, ...place } = of;
  const latest = keys.at(-1);
  return latest && "jwe" in latest ? { of: { ...place, version: keys.length }, jwe: latest.jwe } : undefined;
}
