import assert from "node:assert/strict";
import { guess, rule } from "../rule.js";
import { start, type TestKms } from "../support.js";
import { localstack } from "./sources.js";
import { carriedOut, created, refused } from "./wire.js";

const tags = (given: Record<string, string>) =>
  Object.entries(given).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));

const numbered = (count: number) =>
  tags(Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, `value${i}`])));

describe("local KMS: tags as AWS was recorded", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  const tagsOf = async (KeyId: string) => (await carriedOut(kms, "ListResourceTags", { KeyId })).Tags;

  rule(
    "TagResource refuses a tag key that is given twice",
    localstack("test_tag_key_with_duplicate_tag_keys_raises_error"),
    async () => {
      const { KeyId } = await created(kms);
      const Tags = [...tags({ tag1: "value1" }), ...tags({ tag1: "another-value1" })];
      await refused(kms, ["TagResource", { KeyId, Tags }], "TagException", "Duplicate tag keys");
    },
  );

  rule(
    "CreateKey refuses more than 50 tags",
    localstack("test_create_key_with_too_many_tags_raises_error"),
    async () => {
      await refused(kms, ["CreateKey", { Tags: numbered(51) }], "TagException", "Too many tags");
      await created(kms, { Tags: numbered(50) });
    },
  );

  rule(
    "CreateKey refuses tag keys that begin with aws:, in any case",
    localstack("test_create_key_with_invalid_tag_key"),
    async () => {
      for (const key of ["aws:key1", "AWS:key1"]) {
        const Tags = tags({ [key]: "value1" });
        await refused(kms, ["CreateKey", { Tags }], "TagException", "Tags beginning with aws: are reserved");
      }
    },
  );

  rule(
    "TagResource refuses tag keys that begin with aws:",
    localstack("test_tag_existing_key_with_invalid_tag_key"),
    async () => {
      const { KeyId } = await created(kms);
      const Tags = tags({ "aws:key1": "value1" });
      await refused(
        kms,
        ["TagResource", { KeyId, Tags }],
        "TagException",
        "Tags beginning with aws: are reserved",
      );
    },
  );

  rule(
    "CreateKey refuses a tag key of more than 128 characters",
    localstack("test_create_key_with_invalid_tag_key[too_long_key]"),
    async () => {
      const key = "a".repeat(129);
      const text = `1 validation error detected: Value '${key}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must have length less than or equal to 128`;
      await refused(kms, ["CreateKey", { Tags: tags({ [key]: "value1" }) }], "ValidationException", text);
    },
  );

  rule(
    "CreateKey refuses a tag value of more than 256 characters",
    localstack("test_key_with_long_tag_value_raises_error"),
    async () => {
      const value = "v".repeat(257);
      const text = `1 validation error detected: Value '${value}' at 'tags.1.member.tagValue' failed to satisfy constraint: Member must have length less than or equal to 256`;
      await refused(kms, ["CreateKey", { Tags: tags({ tag1: value }) }], "ValidationException", text);
    },
  );

  rule(
    "TagResource changes tags and adds others, in order",
    localstack("test_update_and_add_tags_on_tagged_key"),
    async () => {
      const { KeyId } = await created(kms, {
        Tags: tags({ tag1: "value1", tag2: "value2", tag3: "value3" }),
      });
      const Tags = tags({ tag4: "value4", tag2: "updated_value2", tag5: "value5" });
      await carriedOut(kms, "TagResource", { KeyId, Tags });
      assert.deepEqual(
        await tagsOf(KeyId),
        tags({ tag1: "value1", tag2: "updated_value2", tag3: "value3", tag4: "value4", tag5: "value5" }),
      );
    },
  );

  rule(
    "UntagResource takes away the tags that it names",
    localstack("test_untag_key_partially"),
    async () => {
      const { KeyId } = await created(kms, {
        Tags: tags({ tag1: "value1", tag2: "value2", tag3: "value3" }),
      });
      await carriedOut(kms, "UntagResource", { KeyId, TagKeys: ["tag2"] });
      assert.deepEqual(await tagsOf(KeyId), tags({ tag1: "value1", tag3: "value3" }));
      await carriedOut(kms, "UntagResource", { KeyId, TagKeys: ["tag1", "tag3"] });
      assert.deepEqual(await tagsOf(KeyId), []);
    },
  );

  guess(
    "TagResource is a LimitExceededException where a key had more than 50 tags after it",
    "the API model has that error for it; recorded is only one request with more than 50",
    async () => {
      const { KeyId } = await created(kms, { Tags: numbered(50) });
      const text = "A KMS key can have at most 50 tags";
      await refused(
        kms,
        ["TagResource", { KeyId, Tags: tags({ one: "more" }) }],
        "LimitExceededException",
        text,
      );
    },
  );
});
