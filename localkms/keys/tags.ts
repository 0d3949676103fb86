import type { Tag } from "@aws-sdk/client-kms";
import { KmsError, limitExceeded } from "../api/errors.js";

const MOST_TAGS = 50;

/** The tags after `added` replaced those of the same key. Rules: https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html */
export function withTags(tags: readonly Tag[], added: readonly Tag[]): Tag[] {
  const result = new Map(tags.map((tag) => [tag.TagKey!, tag.TagValue!]));
  const seen = new Set<string>();
  for (const { TagKey, TagValue } of added as { TagKey: string; TagValue: string }[]) {
    if (TagKey.toLowerCase().startsWith("aws:")) {
      throw new KmsError(
        "TagException",
        "Tags beginning with aws: are reserved for AWS use and cannot be set",
      );
    }
    if (seen.has(TagKey)) throw new KmsError("TagException", "Duplicate tag keys");
    seen.add(TagKey);
    result.set(TagKey, TagValue);
  }
  if (result.size > MOST_TAGS) throw limitExceeded(`A KMS key can have at most ${MOST_TAGS} tags`);
  return [...result].map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
}
