/** Adds versions of a key to its keystore. */
import {
  type Keyring,
  type KeyringVersion,
  keyIdOf,
  type ReferredVersion,
  shownIdentityOf,
  versionHead,
  versionJwk,
} from "../keyring";
import type { KeyType } from "../keyTypes";
import { referenceTo } from "../reference";
import { type HsmKeystore, isHsmUri } from "./hsm/uri";
import { findInHsm, makeInHsm, putIntoHsm } from "./hsm/versions";
import { type KeystoreInputs, keystoreOf } from "./keystore";
import { seal } from "./seal";
import type { KeystoreSession } from "./session";

/** @param keystore the `keystore` input */
export function emptyKeyring(type: KeyType, keystore: string): Keyring {
  return { type, ...(keystore !== "state" && { keystore }), keys: [] };
}

/** The keyring with one more version: of this material, which is zeroed, or without any, of a key in the HSM that is its keystore. */
export async function withVersion(
  session: KeystoreSession,
  keyring: Keyring,
  inputs: KeystoreInputs,
  material: Buffer | undefined,
  createdAt: Date,
): Promise<Keyring> {
  const entry = material
    ? await storedVersion(session, keyring, inputs, material, createdAt)
    : await versionOfHsm(session, keyring, inputs, createdAt);
  return { ...keyring, keys: [...keyring.keys, entry] };
}

/** Whether new versions come from the HSM that is the keystore: it makes them, or `material` names keys in it. */
export function isFromHsm({ keystore, reference }: KeystoreInputs): boolean {
  return isHsmUri(keystore) && (reference === undefined || isHsmUri(reference));
}

async function versionOfHsm(
  session: KeystoreSession,
  { type, keys }: Keyring,
  { key, keystore: url, reference }: KeystoreInputs,
  createdAt: Date,
): Promise<KeyringVersion> {
  const hsm = { session, keystore: keystoreOf(url) as HsmKeystore, type };
  const version = keys.length + 1;
  const last = referred(keys.at(-1));
  const held =
    reference === undefined
      ? await makeInHsm(hsm, { key, version }, last)
      : await findInHsm(hsm, { key, version }, { from: referenceTo(version, reference) }, last);
  return { ...versionHead(version, createdAt), ...held };
}

/** The next version of a keyring, stored as those before it are. Zeroes the material. */
export async function storedVersion(
  session: KeystoreSession,
  keyring: Keyring,
  { key, keystore: url, reference }: KeystoreInputs,
  material: Buffer,
  createdAt: Date,
): Promise<KeyringVersion> {
  const { type, keys } = keyring;
  const version = keys.length + 1;
  const last = keys.at(-1);
  const head = versionHead(version, createdAt);
  try {
    const keystore = keystoreOf(url);
    if (keystore.kind === "pkcs11") {
      const hsm = { session, keystore, type };
      return { ...head, ...(await putIntoHsm(hsm, { key, version }, material, referred(last))) };
    }
    const identity = shownIdentityOf(type, material);
    if (keystore.kind === "none")
      return { ...head, ...identity, from: referenceTo(version, String(reference)) };
    const jwk = versionJwk(type, version, material, createdAt);
    if (keystore.kind === "state") return jwk;
    const id = last ? keyIdOf(keyring, key) : `${key}-${identity.kcv}`;
    const of = { key, version, id, keystore: url, type: type.name };
    const sealedLast = last && "jwe" in last ? last.jwe : undefined;
    return { ...head, ...identity, jwe: await seal(session, keystore, of, jwk, sealedLast) };
  } finally {
    material.fill(0);
  }
}

function referred(entry: KeyringVersion | undefined): ReferredVersion | undefined {
  return entry && "from" in entry ? entry : undefined;
}
