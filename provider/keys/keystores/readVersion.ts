/** Reads versions of a key from its keystore. */
import { KeymgmtError } from "../../errors";
import { inMemory, type WrappableMaterial } from "../../kms/wrapping";
import { differenceOf, type Identity, isSame } from "../keyCheckValue";
import { heldMaterial, isHeld, type Keyring, versionIdentity, versionIn } from "../keyring";
import { readKnownKey } from "../readReference";
import { passphraseOf, referenceTo } from "../reference";
import { isHsmUri } from "./hsm/uri";
import { wrappedByHsm } from "./hsm/versions";
import { isSealed, type KeystoreInputs, keystoreOf } from "./keystore";
import { named, type VersionId } from "./rootKey";
import { sealedKey, unseal } from "./seal";
import type { KeystoreSession } from "./session";

/** The program's inputs about the place of a version. */
type Source = Pick<KeystoreInputs, "key" | "reference" | "passphrase">;

/** One version for importMaterial; the caller releases it. Throws KeystoreUnavailable. */
export async function wrappableVersion(
  session: KeystoreSession,
  keyring: Keyring,
  source: Source,
  version: number,
): Promise<WrappableMaterial> {
  const { key } = source;
  const { type } = keyring;
  const entry = versionIn(keyring, version);
  const keystore = keystoreOf(keyring.keystore);
  if (keystore.kind === "pkcs11" && "from" in entry) {
    sayIfIdentityIsShort(session, { key, version }, entry);
    return wrappedByHsm({ session, keystore, type }, { key, version }, entry);
  }
  return inMemory(await materialOf(session, keyring, source, version), type.wrapping);
}

/** The material of one version from its keystore; the caller zeroes it. Throws KeystoreUnavailable. */
export async function materialOf(
  session: KeystoreSession,
  keyring: Keyring,
  source: Source,
  version: number,
): Promise<Buffer> {
  const material = await read(session, keyring, source, version);
  const [known, came] = [versionIdentity(keyring, version), keyring.type.identityOf(material)];
  if (isSame(known, came)) return material;
  material.fill(0);
  const { key } = source;
  throw new KeymgmtError(
    "KeystoreUnavailable",
    `Expected version ${version} of key "${key}" with key check value ${known.kcv}; what its keystore holds ${differenceOf(came, known)}. Restore the stack's state from a backup; nothing was changed.`,
    { key, version },
  );
}

async function read(
  session: KeystoreSession,
  keyring: Keyring,
  { key, reference, passphrase }: Source,
  version: number,
): Promise<Buffer> {
  const entry = versionIn(keyring, version);
  if (isHeld(entry)) return heldMaterial(keyring, entry);
  if (isHsmUri(keyring.keystore))
    throw new KeymgmtError(
      "KeystoreUnavailable",
      `Expected the material of version ${version} of key "${key}"; it is in an HSM, which gives it to AWS KMS alone, wrapped. Back it up by the HSM's own means.`,
      { key, version },
    );
  if ("from" in entry) {
    refuseUnnamedReference(entry.from, { key, version }, reference);
    sayIfIdentityIsShort(session, { key, version }, entry);
    const what = materialOfVersion({ key, version });
    return readKnownKey(
      keyring.type,
      entry,
      entry.from,
      what,
      session.say,
      passphraseOf(version, passphrase),
    );
  }
  const keystore = keystoreOf(keyring.keystore);
  if (!isSealed(keystore)) throw new Error("a keyring is read with its keystore");
  return unseal(session, keystore, { ...sealedKey(keyring, key), version }, entry);
}

/**
 * A state or a backup may name a command to run or a file to read. It is used only where the program names the same one. Neither is
 * shown, because its text may be a secret.
 */
export function refuseUnnamedReference(
  from: string,
  { key, version }: VersionId,
  reference: string | undefined,
): void {
  if (reference !== undefined && from === referenceTo(version, reference)) return;
  throw new KeymgmtError(
    "KeystoreUnavailable",
    `Expected \`material\` of key "${key}" in the program to name where version ${version} is read, as the keyring does; it names ${reference === undefined ? "no place" : "another place"}, and a place that only the keyring names is not used. Give \`material\` as a reference with {version} that is right for every version, such as env://ORDERS_{version}. Nothing was changed.`,
    { key, version },
  );
}

/**
 * A keyring comes from the state, which others may write. So the program names its keystore. Otherwise somebody could write a keyring with
 * their own material, in plain text or sealed by their own root key.
 */
export function refuseOtherKeystore(
  { keystore = "state" }: Keyring,
  { key, keystore: said }: KeystoreInputs,
): void {
  if (keystore === said) return;
  throw new KeymgmtError(
    "KeystoreUnavailable",
    `Expected the keyring of key "${key}" in the state to be in the keystore that the program names, "${said}"; it is in "${keystore}". If \`keystore\` changed, update the ManagedKey too. Otherwise somebody else has written the state: restore it from a backup. Nothing was changed.`,
    { key },
  );
}

/** Release 0.1.0 recorded only the key check value, which is 40 bits. The next update of the ManagedKey records the whole identity. */
export function sayIfIdentityIsShort(
  session: KeystoreSession,
  { key, version }: VersionId,
  { kcv, cmac }: Identity,
): void {
  if (cmac === undefined)
    session.say(
      `version ${version} of key "${key}" is identified only by its key check value ${kcv}, and somebody can find other material with the same value; the next update of the ManagedKey records the whole identity`,
    );
}

/** What messages call the material of a version. */
export const materialOfVersion = (of: VersionId) => `the material of ${named(of)}`;
