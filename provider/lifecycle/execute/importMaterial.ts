/** Imports material into KMS keys. */

import { isKeymgmtError } from "../../errors";
import { validToOf } from "../../keys/expiry";
import { wrappableVersion } from "../../keys/keystores/readVersion";
import { eventually } from "../../kms/eventually";
import type { KeyState } from "../../kms/keyState";
import {
  describeKmsKey,
  type ImportOptions,
  importMaterial,
  isPendingDeletionError,
  unlessPendingDeletion,
  waitEnabled,
} from "../../kms/kmsKeys";
import { warnIfDenied } from "../../kms/optional";
import { namingReplica } from "../../kms/replicas";
import { versionsOf } from "../../state/records";
import type { KmsKeyRecord, KmsKeyRecords } from "../../state/types";
import type { Desired, Known, PendingMaterial } from "../plan/known";
import type { OutcomeOf, StepOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";
import { refusalOf } from "./refusals";

type Into = Pick<KmsKeyRecord, "keyId" | "keyMaterialId">;

/**
 * Imports one version's material into a KMS key, for the first time or again. A KMS key that had material accepts only the same material.
 * AWS allows that at any time; it changes only the expiry date.
 */
export async function importVersion(
  regional: RegionalDistribution,
  region: string,
  version: number,
  { keyId, keyMaterialId }: Into,
  importType: ImportOptions["importType"] = keyMaterialId === undefined ? undefined : "EXISTING_KEY_MATERIAL",
): Promise<Partial<KmsKeyRecord>> {
  const { run, owner } = regional;
  const material = await wrappableVersion(run.keystores, regional.keyring, regional.keystoreInputs, version);
  try {
    const validTo = validToOf(owner.expiry, run.now());
    const options = regional.importOptions(region);
    const how = { ...options, importType: importType ?? options.importType, keyMaterialId, validTo };
    const imported = await importMaterial(
      regional.at(region),
      keyId,
      material,
      how,
      regional.context(version),
    );
    return {
      importedAt: imported.importedAt,
      ...(imported.keyMaterialId && { keyMaterialId: imported.keyMaterialId }),
      kcv: regional.kcv(version),
      validTo: validTo?.toISOString(),
    };
  } finally {
    material.release();
  }
}

/** The step "import": of a version of the records, of a candidate, or in another Region. */
export async function importStep(
  regional: RegionalDistribution,
  step: StepOf<"import">,
  known: Known,
  desired: Desired,
): Promise<OutcomeOf<"import">> {
  if (step.isCandidate) return proveCandidate(regional, step.version, known, desired);
  return step.region === regional.region
    ? importHere(regional, step, known, desired)
    : importIntoReplica(regional, step, known, desired);
}

async function importHere(
  regional: RegionalDistribution,
  step: StepOf<"import">,
  known: Known,
  desired: Desired,
): Promise<OutcomeOf<"import">> {
  const { version } = step;
  const record = known.records[version]!;
  const lacksMaterial = record.state === "PendingImport";
  const shares = desired.strategy === "on-demand" ? record : { keyId: record.keyId };
  try {
    const imported = await importVersion(regional, regional.region, version, shares);
    const isWhole = desired.strategy !== "on-demand" || isLastMissing(known, version);
    if (lacksMaterial && isWhole && desired.strategy === "on-demand") await importLater(regional, known);
    const wasImported = Object.values(known.records).some(
      ({ keyId, importedAt }) => keyId === record.keyId && importedAt !== undefined,
    );
    const state =
      !lacksMaterial || !isWhole ? record.state : await stateAfterImport(regional, record.keyId, wasImported);
    // AWS has accepted the material, so the keyring holds the material of this adopted KMS key. It is managed like any other from now on.
    return { ...imported, state, ...(record.adopted && { adopted: undefined, recovered: true }) };
  } catch (error) {
    if (isPendingDeletionError(error)) return "pendingDeletion";
    if (record.adopted && isKeymgmtError(error, "IncorrectKeyMaterial"))
      throw refusalOf(regional, desired, known, {
        ...step,
        do: "refuse",
        why: "adopted, without its material",
      });
    throw error;
  }
}

/** Imports later versions than the state has, which an interrupted rotation has imported into the KMS key. AWS requires all its materials. */
async function importLater(regional: RegionalDistribution, { records }: Known): Promise<void> {
  const latest = versionsOf(records).at(-1)!;
  const { keyId } = records[latest]!;
  for (let version = latest + 1; version <= regional.owner.key.keyVersion; version++)
    await ifHeld(() => importVersion(regional, regional.region, version, { keyId }));
}

/** Whether every other version of the KMS key has been imported again. */
function isLastMissing({ records, reimported }: Known, version: number): boolean {
  return versionsOf(records).every((each) => each === version || reimported.includes(each));
}

/** AWS accepts only material that the KMS key has had, so a successful import proves that the KMS key is the version's. */
async function proveCandidate(
  regional: RegionalDistribution,
  version: number,
  { candidates }: Known,
  { strategy }: Desired,
): Promise<OutcomeOf<"import">> {
  const { record, isNamed } = candidates[version]!;
  const { keyId, state } = record;
  const others = Object.entries(candidates).filter(([each]) => Number(each) !== version);
  const isWhole = isNamed
    ? !others.some(([, other]) => other.record.keyId === keyId)
    : strategy !== "on-demand"; // it may hold later versions; the next step searches for them
  try {
    const imported = await importVersion(regional, regional.region, version, { keyId });
    if (!isNamed)
      regional.run.say(
        `${regional.named(version)} recovers its former KMS key ${keyId} in ${regional.region}`,
      );
    regional.verified.add(keyId);
    const isSettled = state === "PendingImport" && isWhole;
    return { ...imported, state: isSettled ? await stateAfterImport(regional, keyId, true) : state };
  } catch (error) {
    if (isKeymgmtError(error, "IncorrectKeyMaterial")) return "other";
    if (state === "PendingImport" && isPendingDeletionError(error)) return "pendingDeletion";
    throw error;
  }
}

async function importIntoReplica(
  regional: RegionalDistribution,
  { version, region }: StepOf<"import">,
  known: Known,
  { strategy }: Desired,
): Promise<OutcomeOf<"import">> {
  const { records, pending } = known;
  if (strategy === "on-demand") {
    const { keyId } = records[versionsOf(records).at(-1)!]!;
    const { keyMaterialId } = pending!.imported;
    return unlessPendingDeletion(() => importVersion(regional, region, version, { keyId, keyMaterialId }));
  }
  const { keyId } = records[version]!;
  const there = regional.at(region);
  return namingReplica(there, keyId, async () => {
    const imported = await unlessPendingDeletion(() => importVersion(regional, region, version, { keyId }));
    if (imported === "pendingDeletion") return imported;
    await waitEnabled(there, keyId, regional.context(version));
    return { state: "Enabled" };
  });
}

/** The first import enables a KMS key. A later import keeps the state that it had before, which may be Disabled. */
async function stateAfterImport(
  regional: RegionalDistribution,
  keyId: string,
  wasImported: boolean,
): Promise<KeyState> {
  if (!wasImported) return "Enabled";
  const { kms } = regional;
  const seen = await warnIfDenied(
    kms,
    "a KMS key whose material was imported again is assumed to be Enabled",
    () =>
      eventually(
        `KMS key ${keyId} to show its imported material in ${kms.region}`,
        () => describeKmsKey(kms, keyId, regional.context()),
        // AWS has accepted the import, so any of these states is an outdated read.
        { result: ({ state }) => ["PendingImport", "Creating", "Updating", "Deleted"].includes(state) },
      ),
  );
  return seen?.state ?? "Enabled";
}

/** Imports new material. An update that failed half-way may have imported it already. */
export async function importNewMaterial(
  regional: RegionalDistribution,
  version: number,
  { keyId }: Into,
): Promise<PendingMaterial> {
  const into = (type: "NEW_KEY_MATERIAL" | "EXISTING_KEY_MATERIAL") =>
    importVersion(regional, regional.region, version, { keyId }, type);
  const imported = await into("NEW_KEY_MATERIAL").catch((error) => {
    if (!isKeymgmtError(error, "IncorrectKeyMaterial")) throw error;
    return into("EXISTING_KEY_MATERIAL");
  });
  return { version, imported, regions: [] };
}

/** Finds imported material that waits for its rotation: AWS accepts it again, because the KMS key already has it. */
export async function findPending(
  regional: RegionalDistribution,
  from: number,
  to: number,
  { keyId }: Into,
): Promise<PendingMaterial | undefined> {
  for (let version = from; version <= to; version++) {
    const imported = await ifHeld(() =>
      importVersion(regional, regional.region, version, { keyId }, "EXISTING_KEY_MATERIAL"),
    );
    if (imported) return { version, imported, regions: [] };
  }
  return undefined;
}

/** Finds the later versions that a KMS key holds. AWS accepts the material of each, and refuses any other. */
export async function probe(
  regional: RegionalDistribution,
  first: number,
  shared: KmsKeyRecord,
): Promise<KmsKeyRecords> {
  const held: KmsKeyRecords = {};
  for (let version = first + 1; version <= regional.owner.key.keyVersion; version++) {
    const imported = await ifHeld(() =>
      importVersion(regional, regional.region, version, { keyId: shared.keyId }),
    );
    if (imported) held[version] = { ...shared, ...imported };
  }
  const { kms } = regional;
  const seen = await warnIfDenied(kms, "an interrupted rotation is not recognised", () =>
    describeKmsKey(kms, shared.keyId, regional.context()),
  );
  // AWS also accepts the material of an interrupted rotation. It is not current yet, so it is left to the next rotation.
  const all: KmsKeyRecords = { [first]: shared, ...held };
  const current = versionsOf(all).find((version) => all[version]!.keyMaterialId === seen?.keyMaterialId);
  for (const version of versionsOf(all)) if (current !== undefined && version > current) delete all[version];
  const state =
    shared.state === "PendingImport" ? await stateAfterImport(regional, shared.keyId, true) : shared.state;
  for (const record of Object.values(all)) record.state = state;
  return all;
}

async function ifHeld<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isKeymgmtError(error, "IncorrectKeyMaterial")) return undefined;
    throw error;
  }
}
