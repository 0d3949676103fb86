import { KeymgmtError } from "../errors";
import { partitionOf } from "./endpoints/regions";

/** The parts of a KMS ARN, e.g. of `arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd`. */
export interface KmsArn {
  partition: string;
  region: string;
  /** 12 digits. */
  accountId: string;
  kind: "key" | "alias";
  /** A key's id (`mrk-1234abcd`), or an alias's full name (`alias/hashicorp/orders-1700000000`). */
  name: string;
}

const KMS_ARN = /^arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):(key\/[A-Za-z0-9-]+|alias\/[A-Za-z0-9/_-]+)$/;

/** Parses the ARN of a KMS key or alias. Throws InvalidInput. */
export function parseKmsArn(arn: string): KmsArn {
  const [, partition, region, accountId, resource] = KMS_ARN.exec(arn) ?? [];
  if (!partition || !region || !accountId || !resource) {
    throw new KeymgmtError(
      "InvalidInput",
      `Expected the ARN of a KMS key or alias, such as arn:aws:kms:us-east-1:111122223333:key/KEY-ID; what came is none.`,
    );
  }
  return resource.startsWith("key/")
    ? { partition, region, accountId, kind: "key", name: resource.slice("key/".length) }
    : { partition, region, accountId, kind: "alias", name: resource };
}

/** The ARN of the KMS key with this id. */
export function keyArn(region: string, accountId: string, keyId: string): string {
  return `arn:${partitionOf(region)}:kms:${region}:${accountId}:key/${keyId}`;
}

/** The ARN of the alias with this full name (`alias/…`). */
export function aliasArn(region: string, accountId: string, aliasName: string): string {
  return `arn:${partitionOf(region)}:kms:${region}:${accountId}:${aliasName}`;
}

/** Whether it is the full name of an alias that a customer may have: 256 characters at the most (CreateAlias's reference). */
export function isAliasName(text: string): boolean {
  return /^alias\/(?!aws\/)[a-zA-Z0-9/_-]{1,250}$/.test(text);
}

/** The ARN of a multi-Region key's primary or replica in `region`. Related ARNs differ only in the Region. */
export function relatedKeyArn(arn: string, region: string): string {
  const { accountId, kind, name } = parseKmsArn(arn);
  if (kind !== "key" || !isMultiRegionKeyId(name)) {
    throw new KeymgmtError(
      "InvalidInput",
      `Expected the ARN of a multi-Region key (key/mrk-…); what came is none.`,
    );
  }
  return keyArn(region, accountId, name);
}

/** Whether a key id belongs to a multi-Region key. Only these have the prefix `mrk-`. */
export function isMultiRegionKeyId(keyId: string): boolean {
  return keyId.startsWith("mrk-");
}

/** Partition and account of an IAM role's ARN, or undefined where it is none. */
export function parseRoleArn(text: string): { partition: string; accountId: string } | undefined {
  const [, partition, accountId] = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/[\w+=,.@/-]+$/.exec(text) ?? [];
  const isLong = text.length > 2048; // limit of AssumeRole
  return partition === undefined || accountId === undefined || isLong ? undefined : { partition, accountId };
}
