/** KMS keys that the program names, to be taken under management. */

import { isKeymgmtError, KeymgmtError } from "../../errors";
import { parseKmsArn } from "../../kms/arn";
import { isLeaving, keyStateOf } from "../../kms/keyState";
import { permitted } from "../../kms/optional";
import { CLAIM } from "../../kms/taggedKeys";
import type { KmsKeyRecord, KmsKeyRecords } from "../../state/types";
import { tagsIfPermitted } from "../claims/ownershipCheck";
import { copyOf } from "../claims/proof";
import { observeAlias } from "../drift/observe";
import { makesNew } from "../plan/adoptRules";
import type { Candidate } from "../plan/known";
import type { OutcomeOf } from "../plan/steps";
import type { Place } from "../regionalDistribution";

/**
 * Looks at the KMS keys to adopt. Those of versions that the key holds are candidates: AWS then proves each, as it takes what
 * the KMS key has and refuses any other. The others enter the state as they are in AWS. Nothing is changed. Throws where one
 * cannot be what it is to be.
 */
export async function adoptKmsKeys(place: Place): Promise<OutcomeOf<"adopt">> {
  const { aliasName, versions, kcvs = {} } = place.adopt!;
  const named = versions ?? { [place.owner.key.keyVersion]: aliasName! };
  refuseOtherMaterial(place, kcvs);
  const found: KmsKeyRecords = {};
  for (const [version, keyId] of Object.entries(named)) {
    const record = await adoptKmsKey(place, Number(version), keyId, kcvs[version]);
    if (record) found[version] = record;
  }
  const target = !versions
    ? found[place.owner.key.keyVersion]?.keyId
    : aliasName === undefined
      ? undefined
      : await keyInUse(place, aliasName, found);
  const records: KmsKeyRecords = {};
  const candidates: Record<number, Candidate> = {};
  for (const [version, record] of Object.entries(found)) {
    if (record.adopted) records[version] = record;
    else candidates[Number(version)] = { record, isNamed: true, wasPendingDeletion: isLeaving(record.state) };
  }
  return { records, candidates, target, isAll: makesNew(place.adopt!) };
}

/** The key must hold what is said of it: a backup's KMS keys are not for a key that was not restored from it. */
function refuseOtherMaterial(place: Place, kcvs: Record<string, string>): void {
  for (const [version, kcv] of Object.entries(kcvs)) {
    const held = place.kcv(Number(version));
    if (held !== kcv)
      throw new KeymgmtError(
        "InvalidInput",
        `Expected ${place.named(Number(version))} to have the key check value ${kcv}, as \`adopt\` says; the key's is ${held}: it is another key. Restore the ManagedKey from the same backup, or take \`adopt\` away. Nothing was changed.`,
        place.context(Number(version)),
      );
  }
}

/** Undefined where AWS no longer knows the KMS key of a version that is disabled anyway. */
async function adoptKmsKey(
  place: Place,
  version: number,
  named: string,
  kcv: string | undefined,
): Promise<KmsKeyRecord | undefined> {
  const { owner, region } = place;
  const must = (holds: boolean, arn: string, expected: string, got: unknown) => {
    if (!holds) throw cannotAdopt(place, version, arn, expected, got);
  };
  const inAccount = (arn: string) => {
    const account = owner.kms.accountId;
    const { accountId } = parseKmsArn(arn);
    must(!account || accountId === account, arn, `of AWS account ${account}`, accountId);
  };
  if (named.startsWith("arn:")) inAccount(named);
  const seen = await lookAt(place, version, named);
  if (!seen) return undefined;
  const { KeyId, Arn, KeyState, Origin, KeySpec, ValidTo, CurrentKeyMaterialId, MultiRegionConfiguration } =
    seen;
  const arn = Arn!;
  must(Origin === "EXTERNAL", arn, "with imported key material (Origin EXTERNAL)", Origin);
  const { keySpec } = place.keyType;
  must(KeySpec === keySpec, arn, `of KeySpec ${keySpec}`, KeySpec);
  const kind = MultiRegionConfiguration?.MultiRegionKeyType;
  if (place.isMultiRegion)
    must(kind === "PRIMARY", arn, `that is a multi-Region primary in ${region}`, kind ?? "single-Region");
  else must(kind === undefined, arn, "that is single-Region, as a key without `replicaRegions` is", kind);
  inAccount(arn);
  const claim = kcv === undefined ? undefined : await ownClaim(place, KeyId!);
  return {
    keyId: KeyId!,
    keyArn: arn,
    state: keyStateOf(KeyState!),
    ...(kcv === undefined ? { adopted: true } : { kcv, claim }),
    validTo: ValidTo?.toISOString(),
    keyMaterialId: CurrentKeyMaterialId,
  };
}

/** Its claim, which its replicas have too; undefined where another KMS key has a copy: then it gets a new one. */
async function ownClaim(place: Place, keyId: string): Promise<string | undefined> {
  const { run, kms } = place;
  const claim = (await tagsIfPermitted(place, keyId))?.[CLAIM];
  if (claim === undefined) return undefined;
  const listed = (await permitted(() => run.listings.taggedKeys(kms))) ?? [];
  return copyOf(claim, keyId, listed) ? undefined : claim;
}

async function lookAt(place: Place, version: number, named: string) {
  try {
    return (await place.kms.call("DescribeKey", { KeyId: named }, place.context(version))).KeyMetadata!;
  } catch (error) {
    if (!isKeymgmtError(error, "NotFound") || version >= place.owner.key.minEnabledVersion) throw error;
    place.run.say(
      `KMS key ${named} of ${place.named(version)} is gone; the version is disabled, and goes without`,
    );
    return undefined;
  }
}

/** The KMS key that the alias points to, one of those that are adopted; undefined where it is gone, and is made again. */
async function keyInUse(
  place: Place,
  aliasName: string,
  records: KmsKeyRecords,
): Promise<string | undefined> {
  const target = await observeAlias(place.kms, aliasName);
  if (!target) return undefined;
  if (Object.values(records).some(({ keyId }) => keyId === target)) return target;
  throw new KeymgmtError(
    "InvalidInput",
    `Expected ${aliasName} in ${place.region} to point to one of the KMS keys of key "${place.owner.key.name}" that \`adopt\` names; it points to ${target}. Was the key rotated after the backup was made? Restore from a newer backup; moving the alias back would put an older version in use. Nothing was changed.`,
    { ...place.context(), region: place.region, keyId: target },
  );
}

function cannotAdopt(
  place: Place,
  version: number,
  arn: string,
  expected: string,
  got: unknown,
): KeymgmtError {
  return new KeymgmtError(
    "InvalidInput",
    `Expected \`adopt\` to name a KMS key ${expected} for ${place.named(version)}, got ${arn} (${got}). Nothing was changed.`,
    { ...place.context(version), region: place.region, keyId: arn },
  );
}
