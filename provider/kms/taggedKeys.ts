import { isKeymgmtError, type KeymgmtError } from "../errors";
import type { Kms } from "./client/client";
import { tagList } from "./kmsKeys";
import { warnIfDenied, warnOfDenial } from "./optional";

/** Tags of every KMS key of this project. Their names never change, because lost KMS keys are found by them. */
export const TAG = {
  key: "keymgmt:key",
  version: "keymgmt:version",
  distribution: "keymgmt:distribution",
  stack: "keymgmt:stack",
} as const;

const OWN_TAGS: readonly string[] = Object.values(TAG);

/** Whether a tag is one of these, and not the user's. */
export const isOwnTag = (name: string) => OWN_TAGS.includes(name);

/** Proves that an orphan was created for this key: see lifecycle/claims/claim.ts. Release 0.1.0 did not set it. */
export const CLAIM = "keymgmt:claim";

/** Set while the ownership of a KMS key is being proved: the distribution that proves it. */
export const PENDING_CLAIM = "keymgmt:pending-claim";

/** Tag of a primary: the deletion of its replica in that Region was cancelled for a rotation, and is scheduled again after it. */
export const reclaimTag = (region: string) => `keymgmt:leaving:${region}`;

export interface TaggedKey {
  keyId: string;
  keyArn: string;
  tags: Record<string, string>;
}

const CONCURRENT_CALLS = 16;

/** Every KMS key of the Region with the tag of a distribution. Otherwise as `listPartlyTaggedKeys`. */
export async function listTaggedKeys(kms: Kms): Promise<TaggedKey[]> {
  const found = await listPartlyTaggedKeys(kms);
  return found.filter(({ tags }) => tags[TAG.distribution] !== undefined);
}

/**
 * Every KMS key of the Region with at least one of this project's tags: ListKeys, and ListResourceTags for each key. A KMS key whose
 * policy denies ListResourceTags is skipped, with one warning for all. Throws AccessDenied where AWS denies it for the whole first
 * batch: then the caller lacks the permission, and more calls would only fill CloudTrail.
 */
export async function listPartlyTaggedKeys(kms: Kms): Promise<TaggedKey[]> {
  const found: TaggedKey[] = [];
  let readable = 0;
  let refusal: KeymgmtError | undefined;
  let marker: string | undefined;
  do {
    const page = await kms.call("ListKeys", { Limit: 1000, Marker: marker });
    const keys = page.Keys ?? [];
    for (let start = 0; start < keys.length; start += CONCURRENT_CALLS) {
      const calls = keys
        .slice(start, start + CONCURRENT_CALLS)
        .map(({ KeyId, KeyArn }) => tagged(kms, KeyId!, KeyArn!));
      for (const answer of await Promise.all(calls)) {
        if (isKeymgmtError(answer)) refusal = answer;
        else {
          readable += 1;
          if (Object.values(TAG).some((name) => answer.tags[name] !== undefined)) found.push(answer);
        }
      }
      if (refusal && readable === 0) throw refusal;
    }
    marker = page.Truncated ? page.NextMarker : undefined;
  } while (marker);
  if (refusal)
    warnOfDenial(kms, refusal, "KMS keys whose policies deny it are skipped in the search for orphans");
  return found;
}

async function tagged(kms: Kms, keyId: string, keyArn: string): Promise<TaggedKey | KeymgmtError> {
  try {
    return { keyId, keyArn, tags: await tagsOf(kms, keyId) };
  } catch (error) {
    if (isKeymgmtError(error, "AccessDenied")) return error;
    throw error;
  }
}

/** The command that lists a distribution's KMS keys, for a user whose program lacks the permission. */
export function findCommand(region: string, distribution: string): string {
  return `aws resourcegroupstaggingapi get-resources --region ${region} --resource-type-filters kms --tag-filters Key=${TAG.distribution},Values=${distribution}`;
}

/** The command that tags a KMS key, for a user. */
export function tagCommand(region: string, keyId: string, tags: Record<string, string>): string {
  const listed = Object.entries(tags).map(([name, value]) => `TagKey=${name},TagValue=${value}`);
  return `aws kms tag-resource --region ${region} --key-id ${keyId} --tags ${listed.join(" ")}`;
}

/**
 * Changes a KMS key's tags from `old` to `now`. Needs kms:UntagResource to remove a tag. A request that sets tags always includes the
 * stack's tag: AWS does not see a new KMS key's own tags at once, so a policy checks the tag in the request
 * (cli/iam-policy/policy.ts).
 */
export async function syncTags(
  kms: Kms,
  keyId: string,
  old: Record<string, string>,
  now: Record<string, string>,
): Promise<void> {
  const set = Object.fromEntries(Object.entries(now).filter(([key, value]) => old[key] !== value));
  const removed = Object.keys(old).filter((key) => now[key] === undefined);
  if (Object.keys(set).length) {
    const { [TAG.stack]: stack } = now;
    if (stack !== undefined) set[TAG.stack] = stack;
    await kms.call("TagResource", { KeyId: keyId, Tags: tagList(set) });
  }
  if (removed.length) {
    await warnIfDenied(kms, "removed tags stay on the KMS keys", () =>
      kms.call("UntagResource", { KeyId: keyId, TagKeys: removed }),
    );
  }
}

/** All tags of a KMS key. Empty where AWS does not know the key. */
export async function tagsOf(kms: Kms, keyId: string): Promise<Record<string, string>> {
  const tags: Record<string, string> = {};
  let marker: string | undefined;
  try {
    do {
      const page = await kms.call("ListResourceTags", { KeyId: keyId, Marker: marker });
      for (const { TagKey, TagValue } of page.Tags ?? []) tags[TagKey!] = TagValue ?? "";
      marker = page.Truncated ? page.NextMarker : undefined;
    } while (marker);
  } catch (error) {
    if (!isKeymgmtError(error, "NotFound")) throw error; // the key was deleted after it was listed
  }
  return tags;
}
