/** What the tags of a KMS key say of it. */
import { PENDING_CLAIM, TAG, type TaggedKey } from "../../kms/taggedKeys";

/** The version that a KMS key is tagged as. Release 0.1.0 wrote "2 of orders-1700000000" while it proved one. */
export function versionInTags({ tags }: TaggedKey): number | undefined {
  const [, version] = /^(\d+)( of .*)?$/.exec(tags[TAG.version] ?? "") ?? [];
  return version === undefined ? undefined : Number(version);
}

/** The distribution that a KMS key is of, and the one whose claim on it is pending. */
export function distributionsInTags({ tags }: TaggedKey): { distribution: string; claimant?: string } {
  const { [TAG.distribution]: tagged = "", [PENDING_CLAIM]: claimant } = tags;
  const [, former] = / of (.*)$/.exec(tags[TAG.version] ?? "") ?? [];
  return former === undefined
    ? { distribution: tagged, claimant }
    : { distribution: former, claimant: tagged };
}
