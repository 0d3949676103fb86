/** Moves a keyring from one keystore to another, and adds the identities that release 0.1.0 did not record. */
import { isKeymgmtError } from "../../errors";
import { claimSecretOf, withClaimSecret } from "../claimSecret";
import {
  type Keyring,
  type KeyringVersion,
  type ReferredVersion,
  shownIdentityOf,
  versionIdentity,
  versionIn,
} from "../keyring";
import { readKnownKey } from "../readReference";
import { namesEachVersion, passphraseOf, referenceTo } from "../reference";
import { emptyKeyring, storedVersion } from "./addVersion";
import { type HsmKeystore, isHsmUri } from "./hsm/uri";
import { findInHsm } from "./hsm/versions";
import { type KeystoreInputs, keystoreOf } from "./keystore";
import { materialOf, materialOfVersion, refuseUnnamedReference, sayIfIdentityIsShort } from "./readVersion";
import type { KeystoreSession } from "./session";

/** Whether the existing versions are where the inputs say. */
export function isInPlace(keyring: Keyring, { keystore, reference }: KeystoreInputs): boolean {
  if ((keyring.keystore ?? "state") !== keystore) return false;
  if (keystore !== "none" || !namesEachVersion(reference)) return true;
  return keyring.keys.every(
    (entry, index) => "from" in entry && entry.from === referenceTo(index + 1, reference),
  );
}

/**
 * The keyring in another keystore, or with references to another place. Every version is read from its present place. A version that the
 * new keyring does not hold, or that is in the new HSM already, is read from its new place too. Other material there is refused, so
 * nothing is lost.
 */
export async function movedKeyring(
  session: KeystoreSession,
  keyring: Keyring,
  inputs: KeystoreInputs,
): Promise<Keyring> {
  let moved = emptyKeyring(keyring.type, inputs.keystore);
  for (const entry of keyring.keys) {
    const there = await movedVersion(session, keyring, moved, inputs, entry);
    moved = { ...moved, keys: [...moved.keys, there] };
  }
  const secret = await claimSecretOf(session, keyring, inputs.key);
  return secret ? withClaimSecret(session, moved, inputs.key, secret) : moved;
}

async function movedVersion(
  session: KeystoreSession,
  keyring: Keyring,
  moved: Keyring,
  inputs: KeystoreInputs,
  { kid, iat }: KeyringVersion,
): Promise<KeyringVersion> {
  const { type } = keyring;
  const of = { key: inputs.key, version: Number(kid) };
  const identity = versionIdentity(keyring, of.version);
  const object = objectInHsm(keyring, of.version, inputs);
  if (object !== undefined) {
    const hsm = { session, keystore: keystoreOf(inputs.keystore) as HsmKeystore, type };
    sayIfIdentityIsShort(session, of, identity);
    return { kid, iat, ...(await findInHsm(hsm, of, { ...identity, from: object })) };
  }
  if (inputs.keystore === "none") {
    const from = referenceTo(of.version, String(inputs.reference));
    sayIfIdentityIsShort(session, of, identity);
    const passphrase = passphraseOf(of.version, inputs.passphrase);
    const material = await readKnownKey(type, identity, from, materialOfVersion(of), session.say, passphrase);
    const whole = shownIdentityOf(type, material);
    material.fill(0);
    return { kid, iat, ...whole, from };
  }
  const material = await materialOf(session, keyring, inputs, of.version);
  return storedVersion(session, moved, inputs, material, new Date(iat * 1000));
}

/** The URI of a version that the new HSM holds already: it is a backup of the former HSM, or the owner put the key there. */
function objectInHsm(
  keyring: Keyring,
  version: number,
  { keystore, reference }: KeystoreInputs,
): string | undefined {
  if (!isHsmUri(keystore)) return undefined;
  const entry = versionIn(keyring, version);
  if (isHsmUri(keyring.keystore) && "from" in entry) return entry.from;
  return isHsmUri(reference) && namesEachVersion(reference) ? referenceTo(version, reference) : undefined;
}

/**
 * The keyring with the whole identity of its versions. Release 0.1.0 recorded only a part. Sealed versions need no more, because the seal
 * protects them. A version that cannot be read stays as it is.
 */
export async function withIdentities(
  session: KeystoreSession,
  keyring: Keyring,
  inputs: KeystoreInputs,
): Promise<Keyring> {
  const keys: KeyringVersion[] = [];
  for (const entry of keyring.keys)
    keys.push(
      "from" in entry && entry.cmac === undefined ? await identified(session, keyring, inputs, entry) : entry,
    );
  return { ...keyring, keys };
}

async function identified(
  session: KeystoreSession,
  { type }: Keyring,
  { key, keystore: url, reference, passphrase }: KeystoreInputs,
  entry: ReferredVersion,
): Promise<ReferredVersion> {
  const of = { key, version: Number(entry.kid) };
  try {
    const keystore = keystoreOf(url);
    if (keystore.kind === "pkcs11")
      return { ...entry, ...(await findInHsm({ session, keystore, type }, of, entry)) };
    refuseUnnamedReference(entry.from, of, reference);
    const what = materialOfVersion(of);
    const opening = passphraseOf(of.version, passphrase);
    const material = await readKnownKey(type, entry, entry.from, what, session.say, opening);
    const identity = shownIdentityOf(type, material);
    material.fill(0);
    return { ...entry, ...identity };
  } catch (error) {
    if (!isKeymgmtError(error, "KeystoreUnavailable")) throw error;
    return entry;
  }
}
