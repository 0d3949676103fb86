import { isKeymgmtError, type KeymgmtError } from "../errors";
import type { Kms } from "./client/client";
import { tagList } from "./kmsKeys";
import { ifPermitted, warn } from "./optional";

/** Tags that every KMS key of this project has. Fixed: they find a KMS key again when its id was lost. */
export const TAG = {
  key: "keymgmt:key",
  version: "keymgmt:version",
  distribution: "keymgmt:distribution",
  stack: "keymgmt:stack",
} as const;

const OWN_TAGS: readonly string[] = Object.values(TAG);

/** Whether a tag is one of those that find a KMS key, and not the user's. */
export const isOwnTag = (name: string) => OWN_TAGS.includes(name);

/** Proves that a KMS key which no state knows was made for this key: see lifecycle/claims/claim.ts. Release 0.1.0 gave none. */
export const CLAIM = "keymgmt:claim";

/** While AWS is to prove whose a KMS key is: the distribution that is proving it. */
export const PENDING_CLAIM = "keymgmt:pending-claim";

/** A replica that was taken back from its deletion for a rotation alone, and goes back to it. */
export const RECLAIMED_FOR_ROTATION = "keymgmt:leaving";

export interface TaggedKey {
  keyId: string;
  keyArn: string;
  tags: Record<string, string>;
}

const AT_ONCE = 16;

/** Every KMS key of the Region that is tagged as one of a distribution. As `listPartlyTaggedKeys`. */
export async function listTaggedKeys(kms: Kms): Promise<TaggedKey[]> {
  const found = await listPartlyTaggedKeys(kms);
  return found.filter(({ tags }) => tags[TAG.distribution] !== undefined);
}

/**
 * Every KMS key of the Region that has one of this project's tags, or more: ListKeys, and ListResourceTags for each. A KMS key
 * whose own policy refuses to show its tags is passed over, with one warning. Throws AccessDenied where the first ones all
 * refuse: then it is the caller who may not, and asking for the others would only fill CloudTrail.
 */
export async function listPartlyTaggedKeys(kms: Kms): Promise<TaggedKey[]> {
  const found: TaggedKey[] = [];
  let readable = 0;
  let refusal: KeymgmtError | undefined;
  let marker: string | undefined;
  do {
    const page = await kms.call("ListKeys", { Limit: 1000, Marker: marker });
    const keys = page.Keys ?? [];
    for (let start = 0; start < keys.length; start += AT_ONCE) {
      const asked = keys
        .slice(start, start + AT_ONCE)
        .map(({ KeyId, KeyArn }) => tagged(kms, KeyId!, KeyArn!));
      for (const answer of await Promise.all(asked)) {
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
    warn(kms, refusal, "KMS keys whose own policies refuse it are passed over in the search for lost ones");
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

/** The command that lists a distribution's KMS keys, for a person whose program may not. */
export function findCommand(region: string, distribution: string): string {
  return `aws resourcegroupstaggingapi get-resources --region ${region} --resource-type-filters kms --tag-filters Key=${TAG.distribution},Values=${distribution}`;
}

/** The command that gives a KMS key tags, for a person. */
export function tagCommand(region: string, keyId: string, tags: Record<string, string>): string {
  const listed = Object.entries(tags).map(([name, value]) => `TagKey=${name},TagValue=${value}`);
  return `aws kms tag-resource --region ${region} --key-id ${keyId} --tags ${listed.join(" ")}`;
}

/**
 * Brings a KMS key's tags from `old` to `now`. Needs kms:UntagResource where a tag goes. The stack's tag is always in the request:
 * by it a policy knows the KMS key whose own tags do not count yet (cli/iam-policy/policy.ts).
 */
export async function syncTags(
  kms: Kms,
  keyId: string,
  old: Record<string, string>,
  now: Record<string, string>,
): Promise<void> {
  const set = Object.fromEntries(Object.entries(now).filter(([key, value]) => old[key] !== value));
  const gone = Object.keys(old).filter((key) => now[key] === undefined);
  if (Object.keys(set).length) {
    const { [TAG.stack]: stack } = now;
    if (stack !== undefined) set[TAG.stack] = stack;
    await kms.call("TagResource", { KeyId: keyId, Tags: tagList(set) });
  }
  if (gone.length) {
    await ifPermitted(kms, "tags that were removed stay on the KMS keys", () =>
      kms.call("UntagResource", { KeyId: keyId, TagKeys: gone }),
    );
  }
}

/** All tags of a KMS key; none where AWS does not know the key. */
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
    if (!isKeymgmtError(error, "NotFound")) throw error; // deleted since it was listed
  }
  return tags;
}
