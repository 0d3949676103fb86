/** ARNs, key ids and alias names of AWS KMS: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id */

/** An account and Region: the world in which a request is carried out. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface KmsArn extends Place {
  /** `key/<id>` or `alias/<name>`. */
  readonly resource: string;
}

/** AWS's partitions by Region prefix: China and GovCloud have their own. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

export const keyArn = (place: Place & { id: string }) => arn(place, `key/${place.id}`);
export const aliasArn = (place: Place & { name: string }) => arn(place, place.name);

function arn(place: Place, resource: string): string {
  return `arn:${partitionOf(place.region)}:kms:${place.region}:${place.account}:${resource}`;
}

/** Undefined where it is no ARN of a KMS key or alias. */
export function parseArn(text: string): KmsArn | undefined {
  const match = /^arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):((?:key|alias)\/.+)$/.exec(text);
  if (!match || partitionOf(match[2]!) !== match[1]) return undefined;
  return { region: match[2]!, account: match[3]!, resource: match[4]! };
}

/** A Region's form, as the API model's RegionType has it: `us-east-1`, `us-gov-west-1`. */
export const isRegion = (text: string) => text.length <= 32 && /^([a-z]+-){2,3}\d+$/.test(text);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A UUID, or `mrk-` and 32 hexadecimal digits for a multi-Region key. */
export const isKeyId = (text: string) => UUID.test(text) || /^mrk-[0-9a-f]{32}$/.test(text);

/** A key's id or alias name from its ARN; what is no ARN as it is. */
export const withoutArn = (name: string) => name.replace(/^arn:[^/]*:(key\/)?/, "");
