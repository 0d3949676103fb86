/** `restore` of a ManagedKey: a new key gets its versions from a backup. */

import { KeymgmtError } from "../../errors";
import type { Say } from "../../say";
import type { Restore } from "../../schema/types";
import { hasUnknown, known } from "../../schema/unknowns";
import { shownReference } from "../../secrecy/shownReference";
import type { KeyVersion } from "../keyring";
import { readSecret, readText } from "../readReference";
import { isReference, referenceMistakes } from "../reference";
import { type Backup, fingerprintOf, openBackup } from "./backup";
import { type BackupKey, identityKey, passphraseKey } from "./backupKeys";

/** @param isNew whether the key will be created from it; an existing key needs no fingerprint */
export function restoreMistakes(value: unknown, isNew: boolean): string[] {
  const restore = known(value) as Partial<Restore> | undefined;
  if (typeof restore !== "object" || restore === null || hasUnknown(restore)) return [];
  const { from, passphrase, identity, fingerprint, kcvs, rotatedOn } = restore;
  const mistakes = typeof from === "string" ? referenceMistakes(from, "`restore.from`") : [];
  if ((passphrase === undefined) === (identity === undefined))
    mistakes.push("Expected `restore` to have `passphrase` or `identity`, one of the two.");
  // The value is not shown, because it may be the passphrase.
  for (const [name, secret] of Object.entries({ passphrase, identity }))
    if (secret !== undefined && !isReferenceToSecret(secret))
      mistakes.push(
        `Expected \`restore.${name}\` to say where it is read from: env://NAME, file:///path (absolute) or "exec:command argument …".`,
      );
  if (fingerprint === undefined && isNew) mistakes.push(fingerprintMissing("`restore.fingerprint`"));
  if (fingerprint !== undefined && !isFingerprint(fingerprint))
    mistakes.push(fingerprintMalformed("`restore.fingerprint`"));
  if (Array.isArray(kcvs) && (kcvs.length === 0 || !kcvs.every(isKcv)))
    mistakes.push(
      "Expected `restore.kcvs` to be the key check values (10 hex digits) of every version, from version 1 on.",
    );
  if (rotatedOn !== undefined && !/^\d{4}-\d\d-\d\d$/.test(String(rotatedOn)))
    mistakes.push(`Expected \`restore.rotatedOn\` to be a date such as 2026-01-31.`);
  return mistakes;
}

/** Does not show the fingerprint of the file: a user who copies it from the message has not verified the file. */
export function fingerprintMissing(name: string): string {
  return `Expected ${name}, the 64 hex digits that \`keymgmt export\` printed when it made the backup: somebody who has the public key or the passphrase of a backup can make another one that opens too. Nothing was restored. If you did not keep it, as with a backup of release 0.1.0: \`keymgmt export --fingerprint FILE\` prints the fingerprint of a file; give it only if you know that the file is yours.`;
}

/** Names the expected form. */
export function fingerprintMalformed(name: string): string {
  return `Expected ${name} to be 64 hex digits in lower case, as \`keymgmt export\` printed them; what came is not.`;
}

/** Whether it is a SHA-256 in hex. */
export function isFingerprint(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{64}$/.test(text);
}

/** Whether a text is a reference from which a secret can be read. */
export function isReferenceToSecret(text: unknown): text is string {
  return isReference(text) && referenceMistakes(text, "").length === 0;
}

function isKcv(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{10}$/.test(value);
}

/** Opens the backup that `restore` names. It must be of this key and hold the planned versions. */
export async function restoredFrom(restore: Restore, key: Backup["key"], say: Say): Promise<Backup> {
  const backup = await openBackupAt(restore, say);
  const expected = (what: string, came: string) =>
    new KeymgmtError(
      "InvalidInput",
      `Expected the backup in ${shownReference(restore.from)} to be of ${what}; it is of ${came}. Nothing was made.`,
      { key: key.name },
    );
  if (backup.key.name !== key.name) throw expected(`key "${key.name}"`, `key "${backup.key.name}"`);
  if (backup.key.type !== key.type) throw expected(`a key of type ${key.type}`, backup.key.type);
  if (isMultiRegion(backup.key) !== isMultiRegion(key))
    throw expected(
      `a key with \`replicaRegions\` [${key.replicaRegions}], which never changes between none and some`,
      `one with [${backup.key.replicaRegions}]`,
    );
  if (backup.kcvs.join() !== restore.kcvs.join())
    throw expected(
      `versions with the key check values ${restore.kcvs.join(", ")}`,
      `${backup.kcvs.join(", ")}; run \`keymgmt import\` with it again`,
    );
  return backup;
}

const isMultiRegion = ({ replicaRegions }: Backup["key"]) => replicaRegions.length > 0;

/** Opens the backup that the references name, if it has the expected fingerprint. */
export async function openBackupAt(
  restore: Pick<Restore, "from" | "passphrase" | "identity" | "fingerprint">,
  say: Say,
): Promise<Backup> {
  if (restore.fingerprint === undefined)
    throw new KeymgmtError("InvalidInput", fingerprintMissing("`restore.fingerprint`"));
  const text = await readText(restore.from, "a backup");
  const from = shownReference(restore.from);
  if (fingerprintOf(text) !== restore.fingerprint)
    throw new KeymgmtError(
      "InvalidInput",
      `Expected the backup in ${from} to have the fingerprint that \`restore\` or --fingerprint says; it has another, so it is another file. Nothing was restored. Did you make a newer backup? Give the fingerprint that \`keymgmt export\` printed then.`,
    );
  return openBackup(text, await openingKey(restore, say), from);
}

async function openingKey(
  { passphrase, identity }: Pick<Restore, "passphrase" | "identity">,
  say: Say,
): Promise<BackupKey> {
  return passphrase === undefined
    ? identityKey(await readSecret(String(identity), "the private key that opens the backup", say))
    : passphraseKey(await readSecret(passphrase, "the passphrase of the backup", say));
}

/** Nothing is restored into an existing key. Where its material is not the backup's, the user must be told. */
export function refuseOtherKey(name: unknown, restore: unknown, versions: KeyVersion[]): void {
  const kcvs = known(known(restore as Partial<Restore> | undefined)?.kcvs);
  const [wanted, held] = [known(kcvs?.[0]), versions[0]?.kcv];
  if (wanted === undefined || wanted === held) return;
  throw new KeymgmtError(
    "InvalidInput",
    `Expected no key "${name}" in this stack, so that it can be restored; there is one, and its version 1 has the key check value ${held}, not ${wanted} as in the backup. Nothing was changed. Remove \`restore\` (\`pulumi config rm keymgmt:restore.${name}\`), or restore into another stack. If the existing key was made by an update that was then refused, nothing is encrypted under it: remove it from the state (\`pulumi state delete --force <its URN>\`) and run \`pulumi up\` again.`,
    { key: String(name) },
  );
}
