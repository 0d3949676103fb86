/** Values that are read from the tags of a KMS key. */
import { PENDING_CLAIM, TAG, type TaggedKey } from "../../kms/taggedKeys";

/** The version in the tags of a KMS key. While release 0.1.0 proved a candidate, it wrote "2 of orders-1700000000". */
export function versionInTags({ tags }: TaggedKey): number | undefined {
  const [, version] = /^(\d+)( of .*)?$/.exec(tags[TAG.version] ?? "") ?? [];
  return version === undefined ? undefined : Number(version);
}

/** The distribution in the tags of a KMS key, and the distribution whose claim is pending. */
export function distributionsInTags({ tags }: TaggedKey): { distribution: string; claimant?: string } {
  const { [TAG.distribution]: tagged = "", [PENDING_CLAIM]: claimant } = tags;
  const [, former] = / of (.*)$/.exec(tags[TAG.version] ?? "") ?? [];
  return former === undefined
    ? { distribution: tagged, claimant }
    : { distribution: former, claimant: tagged };
}
