import assert from "node:assert/strict";
import {
  CreateAliasCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import { api, rule } from "../rule.js";
import { ACCOUNT, createKey, metadataOf, post, refusal, start, type TestKms, WEST } from "../support.js";

const policyOf = (statement: object) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
const root = `arn:aws:iam::${ACCOUNT}:root`;

describe("local KMS: descriptions, tags, policies and lists", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  const tag = (KeyId: string, tags: Record<string, string>) =>
    kms.client().send(
      new TagResourceCommand({
        KeyId,
        Tags: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
      }),
    );
  const tagsOf = async (KeyId: string) =>
    (await kms.client().send(new ListResourceTagsCommand({ KeyId }))).Tags;
  const putPolicy = (KeyId: string, Policy: string, options = {}) =>
    kms.client().send(new PutKeyPolicyCommand({ KeyId, Policy, ...options }));

  rule(
    "UpdateKeyDescription changes the description that DescribeKey shows",
    api("UpdateKeyDescription"),
    async () => {
      const { KeyId } = await createKey(kms.client(), { Description: "before" });
      await kms.client().send(new UpdateKeyDescriptionCommand({ KeyId, Description: "after" }));
      assert.equal((await metadataOf(kms.client(), KeyId)).Description, "after");
    },
  );

  rule(
    "TagResource adds tags and replaces values; UntagResource of a tag that is not there is no error",
    api("TagResource"),
    async () => {
      const { KeyId } = await createKey(kms.client(), { Tags: [{ TagKey: "a", TagValue: "1" }] });
      await tag(KeyId, { a: "2", b: "3" });
      assert.deepEqual(await tagsOf(KeyId), [
        { TagKey: "a", TagValue: "2" },
        { TagKey: "b", TagValue: "3" },
      ]);
      await kms.client().send(new UntagResourceCommand({ KeyId, TagKeys: ["a", "never there"] }));
      assert.deepEqual(await tagsOf(KeyId), [{ TagKey: "b", TagValue: "3" }]);
    },
  );

  rule(
    "TagException: a tag key that begins with aws:, the same key twice, more than 50 tags in a request; LimitExceededException: more than 50 tags on a key",
    api("TagResource"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const reserved = await refusal(tag(KeyId, { "aws:x": "1" }));
      assert.deepEqual(
        [reserved.name, reserved.message],
        ["TagException", "Tags beginning with aws: are reserved"],
      );
      const Tags = [
        { TagKey: "twice", TagValue: "1" },
        { TagKey: "twice", TagValue: "2" },
      ];
      assert.equal((await refusal(createKey(kms.client(), { Tags }))).name, "TagException");
      const many = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, ""]));
      const tooMany = await refusal(tag(KeyId, many(51)));
      assert.deepEqual([tooMany.name, tooMany.message], ["TagException", "Too many tags"]);
      await tag(KeyId, many(50));
      await tag(KeyId, { t0: "changed" });
      assert.equal((await refusal(tag(KeyId, { one: "more" }))).name, "LimitExceededException");
    },
  );

  rule(
    "ListResourceTags lists in pages; a marker of another operation is an InvalidMarkerException",
    api("ListResourceTags"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      await tag(KeyId, { a: "1", b: "2", c: "3" });
      const first = await kms.client().send(new ListResourceTagsCommand({ KeyId, Limit: 2 }));
      assert.deepEqual([first.Tags!.map((t) => t.TagKey), first.Truncated], [["a", "b"], true]);
      const Marker = first.NextMarker;
      const second = await kms.client().send(new ListResourceTagsCommand({ KeyId, Limit: 2, Marker }));
      assert.deepEqual(
        [second.Tags!.map((t) => t.TagKey), second.Truncated, second.NextMarker],
        [["c"], false, undefined],
      );
      for (const listing of [
        kms.client().send(new ListKeysCommand({ Marker })),
        kms.client().send(new ListAliasesCommand({ Marker })),
      ])
        assert.equal((await refusal(listing)).name, "InvalidMarkerException");
    },
  );

  rule(
    "ListKeys lists every key of the account and Region once, in pages, also while keys are created",
    api("ListKeys"),
    async () => {
      const client = kms.client(WEST);
      const keys: string[] = [];
      for (let i = 0; i < 23; i += 1)
        keys.push((await createKey(client, { MultiRegion: i % 2 === 0 })).KeyId);
      const seen: string[] = [];
      let Marker: string | undefined;
      do {
        const page = await client.send(new ListKeysCommand({ Limit: 5, Marker }));
        assert.ok(page.Keys!.length <= 5);
        seen.push(...page.Keys!.map((key) => key.KeyId!));
        Marker = page.NextMarker;
        if (seen.length === 10) await createKey(client);
      } while (Marker);
      assert.deepEqual(seen.filter((id) => keys.includes(id)).sort(), keys.sort());
      assert.equal(new Set(seen).size, seen.length);
    },
  );

  rule(
    "GetKeyPolicy gives the policy that was put; a policy that a key does not have is a NotFoundException",
    api("GetKeyPolicy"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const Policy = `${policyOf({ Effect: "Allow", Principal: { AWS: root }, Action: "kms:*", Resource: "*" })}`;
      await putPolicy(KeyId, Policy);
      const shown = await kms.client().send(new GetKeyPolicyCommand({ KeyId }));
      assert.deepEqual(JSON.parse(shown.Policy!), JSON.parse(Policy));
      const other = kms.client().send(new GetKeyPolicyCommand({ KeyId, PolicyName: "other" }));
      assert.deepEqual(await refusal(other), {
        name: "NotFoundException",
        message: "No such policy exists",
        status: 400,
      });
    },
  );

  rule(
    "A key that does not exist, or is in another Region, is a NotFoundException; what is no ARN of KMS is an InvalidArnException",
    api("DescribeKey"),
    async () => {
      const id = "1234abcd-12ab-34cd-56ef-1234567890ab";
      const there = `arn:aws:kms:us-east-1:${ACCOUNT}:key/${id}`;
      for (const [name, error, message] of [
        [id, "NotFoundException", `Key '${there}' does not exist`],
        [there, "NotFoundException", `Key '${there}' does not exist`],
        ["orders", "NotFoundException", "Invalid keyId 'orders'"],
        [there.replace("us-east-1", WEST), "NotFoundException", `Invalid arn ${WEST}`],
        ["arn:aws:kms:us-east-1", "InvalidArnException", "Invalid arn arn:aws:kms:us-east-1"],
      ] as const) {
        assert.deepEqual(await refusal(metadataOf(kms.client(), name)), {
          name: error,
          message,
          status: 400,
        });
      }
      const foreign = await refusal(metadataOf(kms.client(), there.replace(ACCOUNT, "999988887777")));
      assert.equal(foreign.name, "AccessDeniedException");
      assert.match(
        foreign.message,
        /is not authorized to perform: kms:DescribeKey on resource: arn:aws:kms:us-east-1:9999/,
      );
    },
  );

  rule(
    "Operations on a key take its key ID or key ARN: an alias name is a NotFoundException, an alias ARN an InvalidArnException",
    api("UpdateKeyDescription"),
    async () => {
      const request = new UpdateKeyDescriptionCommand({ KeyId: "alias/orders", Description: "" });
      const answer = await refusal(kms.client().send(request));
      assert.deepEqual(answer, {
        name: "NotFoundException",
        message: "Invalid keyId 'alias/orders'",
        status: 400,
      });
      const arn = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/orders`;
      const byArn = kms.client().send(new UpdateKeyDescriptionCommand({ KeyId: arn, Description: "" }));
      assert.deepEqual(await refusal(byArn), {
        name: "InvalidArnException",
        message: "Key Aliases are not supported for this operation",
        status: 400,
      });
    },
  );

  rule(
    "A malformed ARN is an InvalidArnException only where the operation has that error; Encrypt and CreateAlias say NotFoundException",
    api("Encrypt"),
    async () => {
      const client = kms.client();
      const KeyId = "arn:aws:kms:us-east-1:key";
      const Plaintext = Buffer.from("a");
      assert.equal((await refusal(metadataOf(client, KeyId))).name, "InvalidArnException");
      const encrypting = client.send(new EncryptCommand({ KeyId, Plaintext }));
      assert.equal((await refusal(encrypting)).name, "NotFoundException");
      const naming = client.send(
        new CreateAliasCommand({ AliasName: "alias/malformed", TargetKeyId: KeyId }),
      );
      assert.equal((await refusal(naming)).name, "NotFoundException");
    },
  );

  rule(
    "A key ID is a lower-case UUID, or mrk- and 32 hexadecimal digits: anything else is a NotFoundException that says so",
    api("DescribeKey"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      for (const id of [
        KeyId.toUpperCase(),
        KeyId.replaceAll("-", ""),
        `key/${KeyId}`,
        ` ${KeyId}`,
        "mrk-fake",
      ]) {
        assert.deepEqual(await refusal(metadataOf(kms.client(), id)), {
          name: "NotFoundException",
          message: `Invalid keyId '${id}'`,
          status: 400,
        });
      }
    },
  );

  rule(
    "ListKeys lists the keys of ResourceOwners SELF by default; a marker works only with the ResourceOwners that gave it",
    api("ListKeys"),
    async () => {
      for (let i = 0; i < 2; i += 1) await createKey(kms.client());
      const list = async (input: object) =>
        JSON.parse((await post(kms.url, "ListKeys", JSON.stringify(input))).text);
      const all = await list({});
      assert.deepEqual(await list({ ResourceOwners: ["SELF"] }), all);
      assert.deepEqual(await list({ ResourceOwners: ["OTHER_ACCOUNTS_VIA_RAM", "SELF"] }), all);
      assert.deepEqual(await list({ ResourceOwners: ["OTHER_ACCOUNTS_VIA_RAM"] }), {
        Keys: [],
        Truncated: false,
      });
      const { NextMarker: Marker } = await list({ Limit: 1 });
      const [, second] = all.Keys;
      assert.deepEqual((await list({ Limit: 1, Marker, ResourceOwners: ["SELF"] })).Keys, [second]);
      const other = await list({ Marker, ResourceOwners: ["OTHER_ACCOUNTS_VIA_RAM"] });
      assert.equal(other.__type, "InvalidMarkerException");
    },
  );

  rule(
    "The key policy AWS_RAM cannot be set (ValidationException), and is a NotFoundException where a key is not shared",
    api("PutKeyPolicy"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const everyone = policyOf({ Effect: "Allow", Principal: "*", Action: "kms:*", Resource: "*" });
      const putting = putPolicy(KeyId, everyone, { PolicyName: "AWS_RAM" });
      assert.equal((await refusal(putting)).name, "ValidationException");
      const getting = kms.client().send(new GetKeyPolicyCommand({ KeyId, PolicyName: "AWS_RAM" }));
      assert.equal((await refusal(getting)).name, "NotFoundException");
    },
  );

  rule(
    "A marker works only in the operation, account and Region that gave it: any other is an InvalidMarkerException",
    api("ListKeys"),
    async () => {
      for (let i = 0; i < 2; i += 1) await createKey(kms.client());
      const { NextMarker: Marker } = await kms.client().send(new ListKeysCommand({ Limit: 1 }));
      for (const listing of [
        kms.client().send(new ListAliasesCommand({ Marker })),
        kms.client(WEST).send(new ListKeysCommand({ Marker })),
        kms.client(undefined, "999988887777").send(new ListKeysCommand({ Marker })),
        kms.client().send(new ListKeysCommand({ Marker: `${Marker}x`.slice(3) })),
      ])
        assert.equal((await refusal(listing)).name, "InvalidMarkerException");
    },
  );

  rule(
    "A list has at most Limit entries, from 1 to 1000 (ListKeys), 100 (ListAliases) or 50 (ListResourceTags)",
    api("ListKeys"),
    async () => {
      const client = kms.client();
      const { KeyId } = await createKey(client);
      const lists = {
        1000: (Limit: number) => client.send(new ListKeysCommand({ Limit })),
        100: (Limit: number) => client.send(new ListAliasesCommand({ Limit })),
        50: (Limit: number) => client.send(new ListResourceTagsCommand({ KeyId, Limit })),
      };
      for (const [most, list] of Object.entries(lists)) {
        await list(1);
        await list(Number(most));
        for (const limit of [-1, 0, Number(most) + 1])
          assert.equal((await refusal(list(limit))).name, "ValidationException", `${limit} of ${most}`);
      }
    },
  );

  rule(
    "Tag keys have 1 to 128 characters and tag values 0 to 256, and both tell upper from lower case",
    api("Tag"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const longest = { ["k".repeat(128)]: "v".repeat(256), empty: "", Case: "x", case: "X" };
      await tag(KeyId, longest);
      const tags = (await tagsOf(KeyId))!.map(({ TagKey, TagValue }) => [TagKey!, TagValue!]);
      assert.deepEqual(Object.fromEntries(tags), longest);
      const wrongs: Record<string, string>[] = [
        { ["k".repeat(129)]: "" },
        { a: "v".repeat(257) },
        { "": "v" },
      ];
      for (const wrong of wrongs)
        assert.equal((await refusal(tag(KeyId, wrong))).name, "ValidationException");
    },
  );

  rule(
    "A description has at most 8192 characters, and may be empty",
    api("UpdateKeyDescription"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const describe = (Description: string) =>
        kms.client().send(new UpdateKeyDescriptionCommand({ KeyId, Description }));
      await describe("d".repeat(8192));
      assert.equal((await refusal(describe("d".repeat(8193)))).name, "ValidationException");
      await describe("");
      assert.equal((await metadataOf(kms.client(), KeyId)).Description, "");
    },
  );
});
