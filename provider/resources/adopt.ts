import { parseKmsArn } from "../awskms/arn";
import type { Kms } from "../awskms/client";
import { KeymgmtError } from "../errors";
import { hasUnknown, known } from "../schema/unknowns";
import { contextOf, type KeyRef, type KmsKeyRecord, type KmsKeyRecords, type Owner } from "./wire";

/** KMS keys that exist, to be taken under management as they are: those behind an alias, or listed by version. */
export interface Adopt {
  /** `alias/hashicorp/orders-1700000000`. Its KMS key becomes the key's latest version, its name the distribution's. */
  aliasName?: string;
  /** KMS key id or ARN by version. */
  versions?: Record<string, string>;
}

export function adoptMistakes(value: unknown, key: Partial<KeyRef> | undefined): string[] {
  const adopt = known(value) as Adopt | undefined;
  if (typeof adopt !== "object" || adopt === null || hasUnknown(adopt)) return [];
  const { aliasName, versions } = adopt;
  if ((aliasName === undefined) === (versions === undefined))
    return ["Expected `adopt` to have `aliasName` or `versions`, one of the two."];
  if (aliasName !== undefined) return aliasMistakes(aliasName);
  return Object.keys(versions ?? {}).flatMap((version) => versionMistakes(version, known(key?.keyVersion)));
}

function aliasMistakes(aliasName: unknown): string[] {
  if (typeof aliasName !== "string" || /^alias\/(?!aws\/)[a-zA-Z0-9/_-]+$/.test(aliasName)) return [];
  return [
    `Expected \`adopt.aliasName\` to be an alias such as "alias/hashicorp/orders-1700000000", got "${aliasName}".`,
  ];
}

function versionMistakes(version: string, latest: number | undefined): string[] {
  if (!/^[1-9]\d*$/.test(version))
    return [`Expected \`adopt.versions\` to name versions by number, got "${version}".`];
  if (latest === undefined || Number(version) <= latest) return [];
  return [
    `Expected \`adopt.versions\` to name versions that the key has, 1 to ${latest}, got ${version}. Give the KMS key a version that there is, or rotate the key first.`,
  ];
}

/** Looks at the KMS keys to adopt, and changes nothing. Throws where one cannot be what it is to be. */
export async function adoptKmsKeys(kms: Kms, owner: Owner, adopt: Adopt): Promise<KmsKeyRecords> {
  const named = adopt.versions ?? { [owner.key.keyVersion]: adopt.aliasName! };
  const records: KmsKeyRecords = {};
  for (const [version, keyId] of Object.entries(named))
    records[version] = await adoptKmsKey(kms, owner, Number(version), keyId);
  return records;
}

async function adoptKmsKey(kms: Kms, owner: Owner, version: number, named: string): Promise<KmsKeyRecord> {
  const { KeyMetadata } = await kms.call("DescribeKey", { KeyId: named }, contextOf(owner, version));
  const { KeyId, Arn, KeyState, Origin, KeySpec, ValidTo, CurrentKeyMaterialId, MultiRegionConfiguration } =
    KeyMetadata!;
  const multiRegion = owner.key.replicaRegions.length > 0;
  const must = (holds: boolean, expected: string, got: unknown) => {
    if (!holds) throw cannotAdopt(kms, owner, version, Arn!, expected, got);
  };
  must(Origin === "EXTERNAL", "with imported key material (Origin EXTERNAL)", Origin);
  must(KeySpec === "SYMMETRIC_DEFAULT", "of KeySpec SYMMETRIC_DEFAULT", KeySpec);
  const kind = MultiRegionConfiguration?.MultiRegionKeyType;
  if (multiRegion)
    must(kind === "PRIMARY", `that is a multi-Region primary in ${kms.region}`, kind ?? "single-Region");
  else must(kind === undefined, "that is single-Region, as a key without `replicaRegions` is", kind);
  const account = owner.kms.accountId;
  const { accountId } = parseKmsArn(Arn!);
  must(!account || accountId === account, `of AWS account ${account}`, accountId);
  return {
    keyId: KeyId!,
    keyArn: Arn!,
    state: KeyState!,
    adopted: true,
    validTo: ValidTo?.toISOString(),
    keyMaterialId: CurrentKeyMaterialId,
  };
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
