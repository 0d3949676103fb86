import type { Tag } from "@aws-sdk/client-kms";
import { KmsError, limitExceeded } from "../../api/errors.js";
import type { Call } from "../../operations/call.js";
import type { KeyRecord } from "../record.js";

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

/** The key with other tags. What they were is kept for as long as it counts. */
export function retagged({ kms, now }: Call, key: KeyRecord, tags: readonly Tag[]): KeyRecord {
  const former = [...(key.formerTags ?? []), { tags: key.tags, until: now }];
  const counting = former.filter(({ until }) => until > now - kms.settings.tagsCountAfterMillis);
  return { ...key, tags, formerTags: counting.length > 0 ? counting : undefined };
}

/**
 * The tags by which the use of a key is authorized: those of some time ago, when a new key had none.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/abac.html ("up to five minutes").
 */
export function tagsThatCount({ kms, now }: Call, key: KeyRecord): readonly Tag[] {
  const then = now - kms.settings.tagsCountAfterMillis;
  if (key.createdAt > then) return [];
  return key.formerTags?.find(({ until }) => until > then)?.tags ?? key.tags;
}

const tagException = (message: string) => new KmsError("TagException", message);
