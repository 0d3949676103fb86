/** Adopts existing KMS keys that the program names. */

import type { KeyMetadata } from "@aws-sdk/client-kms";
import { isKeymgmtError, KeymgmtError } from "../../errors";
import { publicKeyIn } from "../../keys/keyring";
import { fingerprintOf, publicKeyOfDer } from "../../keys/privateKeys/publicKeys";
import { parseKmsArn } from "../../kms/arn";
import { isPendingDeletion, keyStateOf } from "../../kms/keyState";
import { publicKeyDerOf } from "../../kms/kmsKeys";
import { undefinedIfDenied, warnIfDenied } from "../../kms/optional";
import { CLAIM } from "../../kms/taggedKeys";
import type { KmsKeyRecord, KmsKeyRecords } from "../../state/types";
import { tagsIfPermitted } from "../claims/ownershipCheck";
import { copyOf } from "../claims/proof";
import { observeAlias } from "../drift/observe";
import { makesNew } from "../plan/adoptRules";
import type { Candidate } from "../plan/known";
import type { OutcomeOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";

/**
 * Looks at the KMS keys to adopt. A KMS key whose material the key holds (by `kcvs`) is a candidate: an import then proves it, because AWS
 * accepts only the material that the KMS key has. All others enter the state as they are in AWS. Nothing is changed. Throws if a KMS key
 * is not what the program says.
 */
export async function adoptKmsKeys(regional: RegionalDistribution): Promise<OutcomeOf<"adopt">> {
  const { aliasName, versions, kcvs = {} } = regional.adopt!;
  const named = versions ?? { [regional.owner.key.keyVersion]: aliasName! };
  refuseOtherMaterial(regional, kcvs);
  const found: KmsKeyRecords = {};
  for (const [version, keyId] of Object.entries(named)) {
    const record = await adoptKmsKey(regional, Number(version), keyId, kcvs[version]);
    if (record) found[version] = record;
  }
  const target = !versions
    ? found[regional.owner.key.keyVersion]?.keyId
    : aliasName === undefined
      ? undefined
      : await keyInUse(regional, aliasName, found);
  const records: KmsKeyRecords = {};
  const candidates: Record<number, Candidate> = {};
  for (const [version, record] of Object.entries(found)) {
    if (record.adopted) records[version] = record;
    else
      candidates[Number(version)] = {
        record,
        isNamed: true,
        wasPendingDeletion: isPendingDeletion(record.state),
      };
  }
  return { records, candidates, target, isAll: makesNew(regional.adopt!) };
}

/** The key must have the key check values in `adopt`. So the KMS keys of a backup are adopted only by a key that was restored from it. */
function refuseOtherMaterial(regional: RegionalDistribution, kcvs: Record<string, string>): void {
  for (const [version, kcv] of Object.entries(kcvs)) {
    const held = regional.kcv(Number(version));
    if (held !== kcv)
      throw new KeymgmtError(
        "InvalidInput",
        `Expected ${regional.named(Number(version))} to have the key check value ${kcv}, as \`adopt\` says; the key's is ${held}: it is another key. Restore the ManagedKey from the same backup, or remove \`adopt\`. Nothing was changed.`,
        regional.context(Number(version)),
      );
  }
}

/** Undefined if the KMS key of a disabled version no longer exists. */
async function adoptKmsKey(
  regional: RegionalDistribution,
  version: number,
  named: string,
  kcv: string | undefined,
): Promise<KmsKeyRecord | undefined> {
  const { owner, region } = regional;
  const must = (holds: boolean, arn: string, expected: string, got: unknown) => {
    if (!holds) throw cannotAdopt(regional, version, arn, expected, got);
  };
  const inAccount = (arn: string) => {
    const account = owner.kms.accountId;
    const { accountId } = parseKmsArn(arn);
    must(!account || accountId === account, arn, `of AWS account ${account}`, accountId);
  };
  if (named.startsWith("arn:")) inAccount(named);
  const seen = await lookAt(regional, version, named);
  if (!seen) return undefined;
  const { KeyId, Arn, KeyState, Origin, KeySpec, KeyUsage, ValidTo, CurrentKeyMaterialId } = seen;
  const arn = Arn!;
  must(Origin === "EXTERNAL", arn, "with imported key material (Origin EXTERNAL)", Origin);
  const { keySpec, name } = regional.keyType;
  const { KeyUsage: keyUsage } = regional.keySpecAndUsage;
  must(KeySpec === keySpec, arn, `of KeySpec ${keySpec}, as a key of type ${name} has,`, KeySpec);
  must(KeyUsage === keyUsage, arn, `of KeyUsage ${keyUsage}, as \`purpose\` says,`, KeyUsage);
  const kind = seen.MultiRegionConfiguration?.MultiRegionKeyType;
  if (regional.isMultiRegion)
    must(kind === "PRIMARY", arn, `that is a multi-Region primary in ${region}`, kind ?? "single-Region");
  else must(kind === undefined, arn, "that is single-Region, as a key without `replicaRegions` is", kind);
  inAccount(arn);
  await refuseOtherPublicKey(regional, version, seen);
  const claim = kcv === undefined ? undefined : await ownClaim(regional, KeyId!);
  return {
    keyId: KeyId!,
    keyArn: arn,
    state: keyStateOf(KeyState!),
    ...(kcv === undefined ? { adopted: true } : { kcv, claim }),
    validTo: ValidTo?.toISOString(),
    keyMaterialId: CurrentKeyMaterialId,
  };
}

/**
 * The public half of an asymmetric KMS key shows whose private key it holds. It is read before anything is imported. In another state than
 * Enabled AWS does not give it (https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html); then an import proves the KMS key.
 */
async function refuseOtherPublicKey(
  regional: RegionalDistribution,
  version: number,
  { KeyId, Arn, KeyState }: KeyMetadata,
): Promise<void> {
  const held = publicKeyIn(regional.keyring, version);
  if (!held || KeyState !== "Enabled") return;
  const loses = `whether the adopted KMS key ${KeyId} holds the private key of ${regional.named(version)} is not known before an import`;
  const der = await warnIfDenied(regional.kms, loses, () =>
    publicKeyDerOf(regional.kms, KeyId!, regional.context(version)),
  );
  if (!der) return;
  const [expected, came] = [held, publicKeyOfDer(der)].map(fingerprintOf);
  if (came !== expected)
    throw cannotAdopt(
      regional,
      version,
      Arn!,
      `whose public key has the fingerprint ${expected}`,
      `fingerprint ${came}`,
    );
}

/** Its claim, which its replicas have too. Undefined if another KMS key has the same claim; then it gets a new one. */
async function ownClaim(regional: RegionalDistribution, keyId: string): Promise<string | undefined> {
  const { run, kms } = regional;
  const claim = (await tagsIfPermitted(regional, keyId))?.[CLAIM];
  if (claim === undefined) return undefined;
  const listed = (await undefinedIfDenied(() => run.listings.taggedKeys(kms))) ?? [];
  return copyOf(claim, keyId, listed) ? undefined : claim;
}

async function lookAt(regional: RegionalDistribution, version: number, named: string) {
  try {
    return (await regional.kms.call("DescribeKey", { KeyId: named }, regional.context(version))).KeyMetadata!;
  } catch (error) {
    if (!isKeymgmtError(error, "NotFound") || version >= regional.owner.key.minEnabledVersion) throw error;
    regional.run.say(
      `KMS key ${named} of ${regional.named(version)} does not exist any more; the version is disabled, and gets no other`,
    );
    return undefined;
  }
}

/** The adopted KMS key that the alias points to. Undefined if the alias does not exist; it is then created. */
async function keyInUse(
  regional: RegionalDistribution,
  aliasName: string,
  records: KmsKeyRecords,
): Promise<string | undefined> {
  const target = await observeAlias(regional.kms, aliasName);
  if (!target) return undefined;
  if (Object.values(records).some(({ keyId }) => keyId === target)) return target;
  throw new KeymgmtError(
    "InvalidInput",
    `Expected ${aliasName} in ${regional.region} to point to one of the KMS keys of key "${regional.owner.key.name}" that \`adopt\` names; it points to ${target}. Was the key rotated after the backup was made? Restore from a newer backup: to move the alias back would put an older version in use. Nothing was changed.`,
    { ...regional.context(), region: regional.region, keyId: target },
  );
}

function cannotAdopt(
  regional: RegionalDistribution,
  version: number,
  arn: string,
  expected: string,
  got: unknown,
): KeymgmtError {
  return new KeymgmtError(
    "InvalidInput",
    `Expected \`adopt\` to name a KMS key ${expected} for ${regional.named(version)}, got ${arn} (${got}). Nothing was changed.`,
    { ...regional.context(version), region: regional.region, keyId: arn },
  );
}
