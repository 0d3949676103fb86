/**
 * Rotation on demand: one KMS key holds the material of every version, and AWS decrypts with each. A new version is
 * imported as new material into the primary, then into every replica, and then RotateKeyOnDemand makes it the current one.
 * Source: ImportKeyMaterial and RotateKeyOnDemand in the API reference.
 */
import { type Kms, openKms } from "../awskms/client";
import { type ImportOptions, importMaterial, LONGEST_WINDOW_DAYS, scheduleDeletion } from "../awskms/kmsKeys";
import { rotateOnDemand } from "../awskms/rotation";
import { isKeymgmtError } from "../errors";
import { kcvOf, parseKeyring } from "../keys/keyring";
import { toImport } from "../keys/keystores/versions";
import { validToOf } from "../keys/planExpiry";
import {
  applyMetadata,
  type Convergence,
  failedHalfWay,
  type MadeKmsKey,
  noteTakenUp,
  pointAlias,
  showApplied,
} from "./converge";
import { syncMetadata } from "./metadata";
import { observeAlias } from "./observe";
import { inEvery, replicasSeen } from "./rotateReplicas";
import { importOptions, isImported, stateAfterImport, syncState, takeBack } from "./versions";
import { contextOf, type KmsKeyRecord, type KmsKeyRecords, type Owner, versionsOf } from "./wire";

type ImportType = ImportOptions["importType"];

export interface OnDemandConvergence extends Convergence {
  /** What the KMS key is to hold: of a new one the latest version, of a replica what its primary holds. */
  held: Record<string, Pick<KmsKeyRecord, "keyMaterialId">>;
  /** KMS keys that were removed and come back, with all that they held. */
  comeBack?(): Promise<KmsKeyRecords | undefined>;
  /** Adds a version to a KMS key that holds others. */
  add(version: number, records: KmsKeyRecords): Promise<void>;
}

/** The same steps as `converge`, with one KMS key for all versions. */
export async function convergeOnDemand(convergence: OnDemandConvergence): Promise<void> {
  const { kms, owner, inputs, outputs, last, held, add } = convergence;
  const records = outputs.versions;
  const isNew = versionsOf(records).length === 0;
  try {
    const wanted = versionsOf(held as KmsKeyRecords);
    const has = isNew ? await begin(convergence, wanted) : "as asked";
    const [first] = versionsOf(records) as [number];
    if (has !== "as asked") noteTakenUp(convergence, first);
    const shared = records[first]!;
    if (last) showApplied(convergence, last);
    await takeBack(kms, owner, first, shared);
    if (last) await applyMetadata(convergence, last);
    await ensureMaterials(kms, owner, records, shared);
    await syncState(kms, owner, owner.key.keyVersion, shared);
    for (const record of Object.values(records)) record.state = shared.state;
    if (has !== "as asked") await syncMetadata(kms, owner, first, shared, has, inputs);
    for (const version of wanted) if (!records[version]) await add(version, records);
    await pointAlias(kms, owner, outputs, !isNew);
    outputs.drift = [];
  } catch (error) {
    throw failedHalfWay(convergence, error as Error);
  }
}

/** The KMS key that comes back, or one that is made; and what metadata it has. */
async function begin(
  { outputs: { versions }, held, comeBack, make }: OnDemandConvergence,
  wanted: number[],
): Promise<MadeKmsKey["has"]> {
  const back = await comeBack?.();
  if (back) {
    Object.assign(versions, back);
    return "to be seen";
  }
  const { record, has } = await make(wanted[0]!);
  for (const version of wanted)
    versions[version] = { ...record, kcv: undefined, keyMaterialId: held[version]!.keyMaterialId };
  return has;
}

/** A KMS key is Enabled only with all its materials, so all that may be missing or is due is imported. */
async function ensureMaterials(
  kms: Kms,
  owner: Owner,
  records: KmsKeyRecords,
  shared: KmsKeyRecord,
): Promise<void> {
  const missing = shared.state === "PendingImport";
  const wasImported = shared.importedAt !== undefined;
  for (const version of versionsOf(records)) {
    const record = records[version]!;
    if (!missing && isImported(record, owner)) continue;
    Object.assign(record, await importVersion(kms, owner, version, record));
  }
  if (missing) shared.state = wasImported ? await stateAfterImport(kms, owner, shared) : "Enabled";
}

/** Imports one version's material into the KMS key: for the first time, or again. */
async function importVersion(
  kms: Kms,
  owner: Owner,
  version: number,
  { keyId, keyMaterialId }: Pick<KmsKeyRecord, "keyId" | "keyMaterialId">,
  importType: ImportType = keyMaterialId === undefined ? undefined : "EXISTING_KEY_MATERIAL",
): Promise<Partial<KmsKeyRecord>> {
  const keyring = parseKeyring(owner.key.keyring);
  const material = await toImport(keyring, owner.key.name, version);
  try {
    const kcv = kcvOf(keyring, version);
    const validTo = validToOf(owner.expiry, new Date());
    const options = importOptions(kms, owner);
    const how = { ...options, importType: importType ?? options.importType, keyMaterialId, validTo };
    const imported = await importMaterial(kms, keyId, material, how, contextOf(owner, version));
    return { ...imported, kcv, validTo: validTo?.toISOString() };
  } finally {
    material.release();
  }
}

/**
 * Rotates the primary KMS key to a version. AWS takes no new material while another waits for its rotation: one of a rotation
 * that was cut short before the key was rotated further goes first.
 */
export async function rotateTo(
  kms: Kms,
  owner: Owner,
  version: number,
  records: KmsKeyRecords,
  aliasName: string,
): Promise<void> {
  const latest = versionsOf(records).at(-1)!;
  const shared = records[latest]!;
  for (let between = latest + 1; between < version; between++)
    if (await isWaiting(kms, owner, between, shared))
      records[between] = await rotateOnce(kms, owner, between, shared, aliasName);
  records[version] = await rotateOnce(kms, owner, version, shared, aliasName);
}

/** Whether the KMS key has had the material of a version: AWS then takes it again. */
async function isWaiting(kms: Kms, owner: Owner, version: number, { keyId }: KmsKeyRecord): Promise<boolean> {
  try {
    await importVersion(kms, owner, version, { keyId }, "EXISTING_KEY_MATERIAL");
    return true;
  } catch (error) {
    if (isKeymgmtError(error, "IncorrectKeyMaterial")) return false;
    throw error;
  }
}

/**
 * One rotation; every replica gets the material first, as AWS demands. One that waits for its deletion can take none: it is
 * taken back for the rotation and its deletion scheduled again after that.
 */
async function rotateOnce(
  kms: Kms,
  owner: Owner,
  version: number,
  { keyId, keyArn }: KmsKeyRecord,
  aliasName: string,
): Promise<KmsKeyRecord> {
  const imported = await importNew(kms, owner, version, keyId);
  const keyMaterialId = imported.keyMaterialId!;
  const multiRegion = owner.key.replicaRegions.length > 0;
  const replicas = multiRegion ? await replicasSeen(kms, owner, version, keyId) : [];
  const leaving: string[] = [];
  await inEvery(replicas, async ({ region, state }) => {
    const there = openKms(owner.kms, region);
    if (await isLeaving(there, aliasName, state)) leaving.push(region);
    await takeBack(there, owner, version, { keyId, keyArn, state });
    await importVersion(there, owner, version, { keyId, keyMaterialId });
  });
  await rotateOnDemand(kms, keyId, keyMaterialId, contextOf(owner, version));
  for (const region of leaving)
    await scheduleDeletion(openKms(owner.kms, region), keyId, LONGEST_WINDOW_DAYS, contextOf(owner, version));
  const regions = replicas.map(({ region }) => region).filter((region) => !leaving.includes(region));
  return { ...imported, keyId, keyArn, state: "Enabled", ...(regions.length ? { replicas: regions } : {}) };
}

/**
 * Whether a replica was given up: it waits for its deletion, or a rotation that failed half-way has taken it back. That
 * leaves it Disabled, and its KeyReplica has deleted the alias there.
 */
async function isLeaving(there: Kms, aliasName: string, state: string): Promise<boolean> {
  if (state !== "Disabled") return state === "PendingDeletion";
  const loses = "a replica that a failed rotation took back from deletion stays Disabled";
  return (await observeAlias(there, aliasName, loses)) === "";
}

/** New material; an update that failed half-way may have imported it already. */
async function importNew(
  kms: Kms,
  owner: Owner,
  version: number,
  keyId: string,
): Promise<Partial<KmsKeyRecord>> {
  try {
    return await importVersion(kms, owner, version, { keyId }, "NEW_KEY_MATERIAL");
  } catch (error) {
    if (!isKeymgmtError(error, "IncorrectKeyMaterial")) throw error;
    return importVersion(kms, owner, version, { keyId }, "EXISTING_KEY_MATERIAL");
  }
}

/** A version in a replica, which a rotation of the primary has imported there already unless the replica is newer. */
export async function joinVersion(
  kms: Kms,
  owner: Owner,
  version: number,
  primary: KmsKeyRecord,
  { keyId, keyArn, state }: KmsKeyRecord,
): Promise<KmsKeyRecord> {
  const { keyMaterialId, kcv, importedAt, validTo, replicas } = primary;
  const there = replicas?.includes(kms.region);
  const imported = there
    ? { kcv, importedAt, validTo }
    : await importVersion(kms, owner, version, { keyId, keyMaterialId });
  return { ...imported, keyMaterialId, keyId, keyArn, state };
}
