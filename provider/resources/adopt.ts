import { parseKmsArn } from "../awskms/arn";
import type { Kms } from "../awskms/client";
import { LONGEST_WINDOW_DAYS, scheduleDeletion } from "../awskms/kmsKeys";
import { say } from "../awskms/say";
import { isKeymgmtError, KeymgmtError } from "../errors";
import { kcvOf, parseKeyring } from "../keys/keyring";
import type { Adopt } from "./adoptRules";
import { observeAlias } from "./observe";
import { ensureMaterial, stateAfterImport, takeBack } from "./versions";
import { contextOf, type KmsKeyRecord, type KmsKeyRecords, type Owner, versionsOf } from "./wire";

interface Adopted {
  records: KmsKeyRecords;
  /** The KMS key that the adopted alias points to. */
  inUse?: KmsKeyRecord;
}

/**
 * Looks at the KMS keys to adopt, and then has AWS take the material of those versions that the key holds: AWS takes what
 * the KMS key has and refuses any other, so each is what the backup or the user says. Nothing else changes. Throws where one
 * cannot be what it is to be; all of it can be done again.
 */
export async function adoptKmsKeys(kms: Kms, owner: Owner, adopt: Adopt): Promise<Adopted> {
  const { aliasName, kcvs = {} } = adopt;
  const named = adopt.versions ?? { [owner.key.keyVersion]: aliasName! };
  refuseOtherMaterial(owner, kcvs);
  const records: KmsKeyRecords = {};
  for (const [version, keyId] of Object.entries(named)) {
    const record = await adoptKmsKey(kms, owner, Number(version), keyId, kcvs[version]);
    if (record) records[version] = record;
  }
  const inUse = !adopt.versions
    ? records[owner.key.keyVersion]
    : aliasName === undefined
      ? undefined
      : await keyInUse(kms, owner, aliasName, records);
  const held = versionsOf(records).filter((version) => kcvs[version] !== undefined);
  const unsettled = held.filter((version) => !/^(En|Dis)abled$/.test(records[version]!.state));
  for (const version of held) await prove(kms, owner, version, records[version]!);
  // One that had lost material, or waited for its deletion, is Enabled or Disabled once it has all of it.
  for (const version of unsettled)
    records[version]!.state = await stateAfterImport(kms, owner, records[version]!);
  return { records, inUse };
}

/** The key must hold what is said of it: a backup's KMS keys are not for a key that was not restored from it. */
function refuseOtherMaterial(owner: Owner, kcvs: Record<string, string>): void {
  const keyring = parseKeyring(owner.key.keyring);
  for (const [version, kcv] of Object.entries(kcvs)) {
    const held = kcvOf(keyring, Number(version));
    if (held !== kcv)
      throw new KeymgmtError(
        "InvalidInput",
        `Expected version ${version} of key "${owner.key.name}" to have the key check value ${kcv}, as \`adopt\` says; the key's is ${held}: it is another key. Restore the ManagedKey from the same backup, or take \`adopt\` away. Nothing was changed.`,
        contextOf(owner, Number(version)),
      );
  }
}

/** Undefined where AWS no longer knows the KMS key of a version that is disabled anyway. */
async function adoptKmsKey(
  kms: Kms,
  owner: Owner,
  version: number,
  named: string,
  kcv: string | undefined,
): Promise<KmsKeyRecord | undefined> {
  const must = (holds: boolean, arn: string, expected: string, got: unknown) => {
    if (!holds) throw cannotAdopt(kms, owner, version, arn, expected, got);
  };
  const inAccount = (arn: string) => {
    const account = owner.kms.accountId;
    const { accountId } = parseKmsArn(arn);
    must(!account || accountId === account, arn, `of AWS account ${account}`, accountId);
  };
  if (named.startsWith("arn:")) inAccount(named);
  const seen = await lookAt(kms, owner, version, named);
  if (!seen) return undefined;
  const { KeyId, Arn, KeyState, Origin, KeySpec, ValidTo, CurrentKeyMaterialId, MultiRegionConfiguration } =
    seen;
  const arn = Arn!;
  must(Origin === "EXTERNAL", arn, "with imported key material (Origin EXTERNAL)", Origin);
  must(KeySpec === "SYMMETRIC_DEFAULT", arn, "of KeySpec SYMMETRIC_DEFAULT", KeySpec);
  const kind = MultiRegionConfiguration?.MultiRegionKeyType;
  if (owner.key.replicaRegions.length > 0)
    must(kind === "PRIMARY", arn, `that is a multi-Region primary in ${kms.region}`, kind ?? "single-Region");
  else must(kind === undefined, arn, "that is single-Region, as a key without `replicaRegions` is", kind);
  inAccount(arn);
  return {
    keyId: KeyId!,
    keyArn: arn,
    state: KeyState!,
    ...(kcv === undefined ? { adopted: true } : { kcv }),
    validTo: ValidTo?.toISOString(),
    keyMaterialId: CurrentKeyMaterialId,
  };
}

async function lookAt(kms: Kms, owner: Owner, version: number, named: string) {
  try {
    return (await kms.call("DescribeKey", { KeyId: named }, contextOf(owner, version))).KeyMetadata!;
  } catch (error) {
    if (!isKeymgmtError(error, "NotFound") || version >= owner.key.minEnabledVersion) throw error;
    say(
      `KMS key ${named} of version ${version} of key "${owner.key.name}" is gone; the version is disabled, and goes without`,
    );
    return undefined;
  }
}

/** The KMS key that the alias points to, one of those that are adopted; undefined where it is gone, and is made again. */
async function keyInUse(
  kms: Kms,
  owner: Owner,
  aliasName: string,
  records: KmsKeyRecords,
): Promise<KmsKeyRecord | undefined> {
  const target = await observeAlias(kms, aliasName);
  if (!target) return undefined;
  const inUse = Object.values(records).find(({ keyId }) => keyId === target);
  if (inUse) return inUse;
  throw new KeymgmtError(
    "InvalidInput",
    `Expected ${aliasName} in ${kms.region} to point to one of the KMS keys of key "${owner.key.name}" that \`adopt\` names; it points to ${target}. Was the key rotated after the backup was made? Restore from a newer backup; moving the alias back would put an older version in use. Nothing was changed.`,
    { ...contextOf(owner), region: kms.region, keyId: target },
  );
}

/** Has AWS take the version's material. A KMS key on its way to deletion can take none, so it is taken back for that. */
async function prove(kms: Kms, owner: Owner, version: number, record: KmsKeyRecord): Promise<void> {
  const leaving = record.state.endsWith("Deletion");
  await takeBack(kms, owner, version, record);
  try {
    await ensureMaterial(kms, owner, version, record);
  } catch (error) {
    if (!isKeymgmtError(error, "IncorrectKeyMaterial")) throw error;
    if (leaving) await scheduleDeletion(kms, record.keyId, LONGEST_WINDOW_DAYS, contextOf(owner, version));
    throw new KeymgmtError(
      "IncorrectKeyMaterial",
      `Expected KMS key ${record.keyArn} to have the material of version ${version} of key "${owner.key.name}" (key check value ${record.kcv}); AWS says that it has another. Nothing was changed. Is \`adopt\` of this key, and of its latest backup?`,
      error.context,
      { cause: error },
    );
  }
}

function cannotAdopt(
  kms: Kms,
  owner: Owner,
  version: number,
  arn: string,
  expected: string,
  got: unknown,
): KeymgmtError {
  return new KeymgmtError(
    "InvalidInput",
    `Expected \`adopt\` to name a KMS key ${expected} for version ${version} of key "${owner.key.name}", got ${arn} (${got}). Nothing was changed.`,
    { ...contextOf(owner, version), region: kms.region, keyId: arn },
  );
}
