import { isMultiRegionKeyId } from "../awskms/arn";
import type { Kms } from "../awskms/client";
import { describeKmsKey, LONGEST_WINDOW_DAYS, scheduleDeletion, tagList } from "../awskms/kmsKeys";
import { ifPermitted } from "../awskms/optional";
import { say, sayingIfItFails } from "../awskms/say";
import { TAG } from "../awskms/taggedKeys";
import { isKeymgmtError } from "../errors";
import { kcvOf, parseKeyring } from "../keys/keyring";
import { type HadKey, hadByOtherDistributions, madeByEarlierRun, onTrial, takenUp } from "./madeBefore";
import { observeAlias } from "./observe";
import { isMadeInThisRun } from "./thisRun";
import { ensureMaterial, stateAfterImport, takeBack } from "./versions";
import {
  contextOf,
  type KeyRef,
  type KmsKeyRecord,
  type KmsKeyRecords,
  type Owner,
  versionsOf,
} from "./wire";

/**
 * The KMS key that a version had under a distribution which was removed, taken back from deletion: what was encrypted under
 * it decrypts again, which no new KMS key could do. That it had the same material is proved by AWS, which takes an import
 * of the same bytes and refuses any other; then the KMS key is given back to deletion and left alone.
 */
export async function comeBack(
  kms: Kms,
  owner: Owner,
  version: number,
  kcv: string,
): Promise<KmsKeyRecord | undefined> {
  for (const candidate of await hadByOtherDistributions(kms, owner, version)) {
    const record = await givenUp(kms, owner, version, candidate, kcv);
    if (!record) continue;
    const taken = () => isTaken(kms, owner, version, record, candidate);
    if (await namingKmsKey(kms, owner, version, record, taken)) return record;
  }
  return undefined;
}

/**
 * The same for a KMS key that is rotated on demand: it is tagged with the first version that it held, and takes back each
 * later one that it held. One that an earlier, interrupted run made or took back comes first. Undefined where there is none.
 */
export async function comeBackWithAll(kms: Kms, owner: Owner): Promise<KmsKeyRecords | undefined> {
  const keyring = parseKeyring(owner.key.keyring);
  const found = await firstHeld(kms, owner, madeEarlier(owner.key));
  if (!found) return undefined;
  const { first, kept } = found;
  const records: KmsKeyRecords = { [first]: kept };
  return namingKmsKey(kms, owner, first, kept, async () => {
    for (let version = first + 1; version <= owner.key.keyVersion; version++) {
      const record = { ...kept, kcv: kcvOf(keyring, version), keyMaterialId: undefined };
      if (await isHeld(kms, owner, version, record)) records[version] = record;
    }
    const state = await stateAfterImport(kms, owner, kept);
    for (const record of Object.values(records)) record.state = state;
    await leaveOutWaiting(kms, owner, records);
    return records;
  });
}

/** AWS also takes the material of a rotation that was cut short, which is not the current one yet: it is still to be rotated to. */
async function leaveOutWaiting(kms: Kms, owner: Owner, records: KmsKeyRecords): Promise<void> {
  const versions = versionsOf(records);
  const { keyId } = records[versions[0]!]!;
  const seen = await ifPermitted("a rotation that was cut short is not recognised", () =>
    describeKmsKey(kms, keyId, contextOf(owner)),
  );
  const current = versions.find((version) => records[version]!.keyMaterialId === seen?.keyMaterialId);
  for (const version of versions) if (current !== undefined && version > current) delete records[version];
}

/** Versions that an earlier run may have given to AWS. */
function madeEarlier({ id, keyVersion }: KeyRef): number[] {
  const versions = Array.from({ length: keyVersion }, (_, index) => index + 1);
  return versions.filter((version) => !isMadeInThisRun(id, version));
}

/** The KMS key that is there already, or that comes back, with the first version that it holds. */
async function firstHeld(
  kms: Kms,
  owner: Owner,
  versions: number[],
): Promise<{ first: number; kept: KmsKeyRecord } | undefined> {
  if (versions.length === 0) return undefined;
  const keyring = parseKeyring(owner.key.keyring);
  const begun = await madeByEarlierRun(kms, owner.distribution);
  for (const first of versions) {
    const there = begun.get(first);
    if (!there) continue;
    const kept = await takenUp(kms, owner, first, there, kcvOf(keyring, first));
    await namingKmsKey(kms, owner, first, kept, async () => {
      await takeBack(kms, owner, first, kept);
      await ensureMaterial(kms, owner, first, kept);
    });
    return { first, kept };
  }
  for (const first of versions) {
    const kept = await comeBack(kms, owner, first, kcvOf(keyring, first));
    if (kept) return { first, kept };
  }
  return undefined;
}

async function isHeld(kms: Kms, owner: Owner, version: number, record: KmsKeyRecord): Promise<boolean> {
  try {
    await ensureMaterial(kms, owner, version, record);
    return true;
  } catch (error) {
    if (isKeymgmtError(error, "IncorrectKeyMaterial")) return false;
    throw error;
  }
}

/**
 * A candidate that nobody uses: it waits for its deletion, or an earlier run that was killed has cancelled that (it is on
 * trial; or it is not Enabled, and the alias of its distribution is gone).
 */
async function givenUp(
  kms: Kms,
  owner: Owner,
  version: number,
  { keyId, keyArn, tags, isOnTrial }: HadKey,
  kcv: string,
): Promise<KmsKeyRecord | undefined> {
  if (isMultiRegionKeyId(keyId) !== owner.key.replicaRegions.length > 0) return undefined;
  const loses = "KMS keys that this key had before are not taken back";
  const seen = await ifPermitted(loses, () => describeKmsKey(kms, keyId, contextOf(owner, version)));
  if (!seen || seen.state === "Deleted") return undefined;
  if (!seen.state.endsWith("Deletion") && !isOnTrial) {
    if (seen.state === "Enabled") return undefined;
    const alias = `alias/${owner.kms.aliasPrefix}/${tags[TAG.distribution]}`;
    if ((await observeAlias(kms, alias, loses)) !== "") return undefined;
  }
  return { keyId, keyArn, state: seen.state, kcv };
}

async function isTaken(
  kms: Kms,
  owner: Owner,
  version: number,
  record: KmsKeyRecord,
  candidate: HadKey,
): Promise<boolean> {
  const { keyId } = record;
  const context = contextOf(owner, version);
  const tag = (tags: Record<string, string>) =>
    kms.call("TagResource", { KeyId: keyId, Tags: tagList(tags) }, context);
  const belongTo = (distribution: string) =>
    tag({ [TAG.distribution]: distribution, [TAG.version]: String(version) });
  try {
    await takeBack(kms, owner, version, record);
    // A run that is killed before it is tagged finds it again while it is not Enabled (givenUp). Where the import enables
    // it, it is tagged as on trial first.
    if (record.state === "PendingImport") await tag(onTrial(owner, version, candidate));
    await ensureMaterial(kms, owner, version, record);
    await belongTo(owner.distribution);
    say(
      `version ${version} of key "${owner.key.name}" takes back KMS key ${keyId} in ${kms.region}, which it had before`,
    );
    return true;
  } catch (error) {
    if (!isKeymgmtError(error, "IncorrectKeyMaterial")) throw error;
    await belongTo(candidate.former);
    await scheduleDeletion(kms, keyId, LONGEST_WINDOW_DAYS, context);
    say(
      `KMS key ${keyId} in ${kms.region} is tagged as version ${version} of key "${owner.key.name}" and has other material; its deletion is scheduled again, in ${LONGEST_WINDOW_DAYS} days`,
    );
    return false;
  }
}

/**
 * Does what remains to be done for a KMS key that no state knows of yet, whose deletion may be cancelled by now; names it
 * where that fails.
 */
function namingKmsKey<T>(
  { region }: Kms,
  { key }: Owner,
  version: number,
  { keyId }: KmsKeyRecord,
  work: () => Promise<T>,
): Promise<T> {
  const command = `aws kms schedule-key-deletion --region ${region} --key-id ${keyId} --pending-window-in-days ${LONGEST_WINDOW_DAYS}`;
  return sayingIfItFails(
    `KMS key ${keyId} in ${region} was being taken up as version ${version} of key "${key.name}" when that failed; the next update goes on with it. To leave it to its deletion instead: ${command}`,
    work,
  );
}
