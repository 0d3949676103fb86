/** What a KMS key should be, what it is, and the steps from one to the other: the same in every Region. */
import type { Kms } from "../awskms/client";
import { eventually } from "../awskms/eventually";
import {
  describeKmsKey,
  type ImportOptions,
  importMaterial,
  isPendingDeletion,
  setEnabled,
} from "../awskms/kmsKeys";
import { ifPermitted } from "../awskms/optional";
import { isKeymgmtError, KeymgmtError } from "../errors";
import { kcvOf, parseKeyring } from "../keys/keyring";
import { toImport } from "../keys/keystores/versions";
import { expiresAsPlanned, validToOf } from "../keys/planExpiry";
import {
  contextOf,
  type KeyRef,
  type KmsKeyRecord,
  type KmsKeyRecords,
  type Owner,
  type RotationStrategy,
  versionsOf,
} from "./wire";

/** Versions that must have a KMS key: from minEnabledVersion to the latest. Those below keep the one they have. */
export function wantedVersions(key: KeyRef): number[] {
  const wanted: number[] = [];
  for (let version = key.minEnabledVersion; version <= key.keyVersion; version++) wanted.push(version);
  return wanted;
}

/** The state a version's KMS key should be in. */
export function wantedState(key: Pick<KeyRef, "minEnabledVersion">, version: number): "Enabled" | "Disabled" {
  return version >= key.minEnabledVersion ? "Enabled" : "Disabled";
}

/** Whether an update has anything to do for these records, the alias included. */
export function needsWork(
  key: KeyRef,
  records: KmsKeyRecords,
  aliasTarget: unknown,
  strategy: RotationStrategy = "manual",
): boolean {
  const latest = records[key.keyVersion];
  if (!latest || aliasTarget !== latest.keyId) return true;
  if (strategy === "on-demand") return latest.state !== "Enabled";
  if (wantedVersions(key).some((version) => !records[version])) return true;
  return versionsOf(records).some((version) => {
    const { state } = records[version]!;
    return !isAsWanted(key, version, state);
  });
}

/** A disabled version without its material is as unusable as it should be; it is imported again once it is wanted. */
function isAsWanted(key: KeyRef, version: number, state: string): boolean {
  const wanted = wantedState(key, version);
  return state === wanted || state === "Deleted" || (wanted === "Disabled" && state === "PendingImport");
}

/**
 * Gives a version's KMS key its material and takes it back from deletion, as far as its state asks for it. Afterwards it is
 * Enabled or Disabled. A KMS key that AWS no longer knows is an error: a new one could not decrypt what the old one encrypted.
 */
export async function ensureUsable(
  kms: Kms,
  owner: Owner,
  version: number,
  record: KmsKeyRecord,
): Promise<void> {
  await takeBack(kms, owner, version, record);
  if (record.state === "Deleted") await lookAgain(kms, owner, version, record);
  if (record.state === "PendingImport") await ensureImported(kms, owner, version, record);
  if (record.state !== "Enabled" && record.state !== "Disabled") throw notUsable(kms, owner, version, record);
}

/** Cancels a deletion that was scheduled outside this program: the data under every version must stay decryptable. */
export async function takeBack(kms: Kms, owner: Owner, version: number, record: KmsKeyRecord): Promise<void> {
  if (record.state !== "PendingDeletion" && record.state !== "PendingReplicaDeletion") return;
  const context = contextOf(owner, version);
  await kms.call("CancelKeyDeletion", { KeyId: record.keyId }, context).catch((error) => {
    // It was taken back meanwhile: by an earlier attempt whose answer was lost, or by somebody else.
    if (!isKeymgmtError(error, "InvalidState")) throw error;
  });
  // AWS leaves the key Disabled, or PendingImport where its material is not there.
  const seen = await ifPermitted("the state after CancelKeyDeletion is taken to be Disabled", () =>
    eventually(
      `KMS key ${record.keyId} to be taken back from deletion`,
      () => describeKmsKey(kms, record.keyId, context),
      { result: ({ state }) => state === "PendingDeletion" || state === "PendingReplicaDeletion" },
    ),
  );
  record.state = seen?.state ?? "Disabled";
}

/** Whoever may not look takes a KMS key of an earlier run for one without material, and its deletion may be scheduled. */
async function ensureImported(kms: Kms, owner: Owner, version: number, record: KmsKeyRecord): Promise<void> {
  try {
    await ensureMaterial(kms, owner, version, record);
  } catch (error) {
    if (!isPendingDeletion(error)) throw error;
    record.state = "PendingDeletion";
    await takeBack(kms, owner, version, record);
  }
}

/** A read that lagged behind a write may have taken a new KMS key for one that is gone. */
async function lookAgain(kms: Kms, owner: Owner, version: number, record: KmsKeyRecord): Promise<void> {
  const seen = await ifPermitted("a KMS key that seemed to be gone is not looked for again", () =>
    describeKmsKey(kms, record.keyId, contextOf(owner, version)),
  );
  record.state = seen?.state ?? record.state;
}

/** Enables or disables the version's KMS key where it is not as minEnabledVersion says. */
export async function syncState(
  kms: Kms,
  owner: Owner,
  version: number,
  record: KmsKeyRecord,
): Promise<void> {
  if (isAsWanted(owner.key, version, record.state)) return;
  const wanted = wantedState(owner.key, version);
  await setEnabled(kms, record.keyId, wanted === "Enabled", contextOf(owner, version));
  record.state = wanted;
}

/**
 * Imports a version's material again where it does not expire as the program says (it is due, the period has changed, or
 * somebody else imported it otherwise), or where no import is known of: a KMS key that was found shows by taking it that it
 * has that material. The same material is allowed at any time; it changes nothing but when it expires.
 */
export async function ensureExpiry(
  kms: Kms,
  owner: Owner,
  version: number,
  record: KmsKeyRecord,
): Promise<void> {
  if (record.adopted || isImported(record, owner)) return;
  await ensureMaterial(kms, owner, version, record);
}

/** Whether the version was imported, and expires as the program says. */
export function isImported({ importedAt, validTo }: KmsKeyRecord, { expiry }: Owner): boolean {
  return importedAt !== undefined && expiresAsPlanned(validTo, expiry, new Date());
}

/** Imports a version's material, for the first time or again. AWS refuses any other than the KMS key has had. */
export async function ensureMaterial(
  kms: Kms,
  owner: Owner,
  version: number,
  record: KmsKeyRecord,
): Promise<void> {
  const keyring = parseKeyring(owner.key.keyring);
  const material = await toImport(keyring, owner.key.name, version);
  try {
    const validTo = validToOf(owner.expiry, new Date());
    const { importedAt, keyMaterialId } = await importMaterial(
      kms,
      record.keyId,
      material,
      { ...importOptions(kms, owner), validTo },
      contextOf(owner, version),
    );
    if (record.state === "PendingImport") record.state = await stateAfterImport(kms, owner, record);
    Object.assign(
      record,
      { importedAt, validTo: validTo?.toISOString() },
      keyMaterialId ? { keyMaterialId } : {},
    );
    if (record.adopted) {
      delete record.adopted; // AWS takes only the material that it had: so it is held after all
      record.kcv = kcvOf(keyring, version);
    }
  } catch (error) {
    throw record.adopted && isKeymgmtError(error, "IncorrectKeyMaterial")
      ? notHeld(kms, owner, version, record)
      : error;
  } finally {
    material.release();
  }
}

/** A replica takes only material that its primary has had, and AWS wants that said (ImportKeyMaterial's reference). */
export function importOptions(kms: Kms, { kms: { keyCollection, wrappingKeySpec } }: Owner): ImportOptions {
  return {
    wrappingKeySpec,
    importType: kms.region === keyCollection ? undefined : "EXISTING_KEY_MATERIAL",
  };
}

/** A first import enables the KMS key. One that comes back may have been disabled before its material went. */
export async function stateAfterImport(kms: Kms, owner: Owner, record: KmsKeyRecord): Promise<string> {
  if (record.importedAt === undefined) return "Enabled";
  const seen = await ifPermitted("a KMS key whose material came back is taken to be Enabled", () =>
    eventually(
      `KMS key ${record.keyId} to have its material back in ${kms.region}`,
      () => describeKmsKey(kms, record.keyId, contextOf(owner)),
      { result: ({ state }) => state === "PendingImport" },
    ),
  );
  return seen?.state ?? "Enabled";
}

function notHeld(kms: Kms, owner: Owner, version: number, { keyArn, keyId }: KmsKeyRecord): KeymgmtError {
  return new KeymgmtError(
    "IncorrectKeyMaterial",
    `Expected KMS key ${keyArn} to have its key material: it was adopted as version ${version} of key "${owner.key.name}", whose keyring does not hold that material. Import it from where it is kept, then refresh; or rotate the key and raise \`minEnabledVersion\` above ${version}.`,
    { ...contextOf(owner, version), region: kms.region, keyId },
  );
}

function notUsable(kms: Kms, owner: Owner, version: number, record: KmsKeyRecord): KeymgmtError {
  return new KeymgmtError(
    record.state === "Deleted" ? "NotFound" : "InvalidState",
    record.state === "Deleted"
      ? `Expected version ${version} of key "${owner.key.name}" at KMS key ${record.keyArn}; AWS no longer knows it. What was encrypted under it cannot be decrypted by another KMS key, so none was made in its place. Raise \`minEnabledVersion\` above ${version}, rotating first if it is the latest.`
      : `Expected KMS key ${record.keyArn} (version ${version} of key "${owner.key.name}") to be usable, got state ${record.state}. Run the update again once AWS has settled.`,
    { ...contextOf(owner, version), region: kms.region, keyId: record.keyId },
  );
}
