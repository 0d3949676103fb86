import type { Tag } from "@aws-sdk/client-kms";
import { KmsError, limitExceeded } from "../api/errors.js";

const MOST_TAGS = 50;

/**
 * The tags after `added` replaced those of the same key. Rules: https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html;
 * errors as AWS was observed to answer: https://github.com/localstack/localstack/pull/12142
 */
export function withTags(tags: readonly Tag[], added: readonly Tag[]): Tag[] {
  if (new Set(added.map((tag) => tag.TagKey)).size < added.length) throw tagException("Duplicate tag keys");
  if (added.length > MOST_TAGS) throw tagException("Too many tags");
  const result = new Map(tags.map((tag) => [tag.TagKey!, tag.TagValue!]));
  for (const { TagKey, TagValue } of added as { TagKey: string; TagValue: string }[]) {
    if (TagKey.toLowerCase().startsWith("aws:")) {
      throw tagException("Tags beginning with aws: are reserved");
    }
    result.set(TagKey, TagValue);
  }
  if (result.size > MOST_TAGS) throw limitExceeded(`A KMS key can have at most ${MOST_TAGS} tags`);
  return [...result].map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
}

const tagException = (message: string) => new KmsError("TagException", message);
