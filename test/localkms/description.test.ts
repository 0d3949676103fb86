import assert from "node:assert/strict";
import {
  GetKeyPolicyCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import { ACCOUNT, createKey, metadataOf, refusal, start, type TestKms, WEST } from "./support.js";

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

  it("changes a description", async () => {
    const { KeyId } = await createKey(kms.client(), { Description: "before" });
    await kms.client().send(new UpdateKeyDescriptionCommand({ KeyId, Description: "after" }));
    assert.equal((await metadataOf(kms.client(), KeyId)).Description, "after");
  });

  it("adds, replaces and removes tags", async () => {
    const { KeyId } = await createKey(kms.client(), { Tags: [{ TagKey: "a", TagValue: "1" }] });
    await tag(KeyId, { a: "2", b: "3" });
    assert.deepEqual(await tagsOf(KeyId), [
      { TagKey: "a", TagValue: "2" },
      { TagKey: "b", TagValue: "3" },
    ]);
    await kms.client().send(new UntagResourceCommand({ KeyId, TagKeys: ["a", "never there"] }));
    assert.deepEqual(await tagsOf(KeyId), [{ TagKey: "b", TagValue: "3" }]);
  });

  it("refuses aws: tags, a tag twice in one call and more than 50", async () => {
    const { KeyId } = await createKey(kms.client());
    assert.equal((await refusal(tag(KeyId, { "aws:x": "1" }))).name, "TagException");
    const Tags = [
      { TagKey: "twice", TagValue: "1" },
      { TagKey: "twice", TagValue: "2" },
    ];
    assert.equal((await refusal(createKey(kms.client(), { Tags }))).name, "TagException");
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, ""]));
    await tag(KeyId, many(50));
    await tag(KeyId, { t0: "changed" });
    assert.equal((await refusal(tag(KeyId, { one: "more" }))).name, "LimitExceededException");
  });

  it("lists tags in pages", async () => {
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
    assert.equal(
      (await refusal(kms.client().send(new ListKeysCommand({ Marker })))).name,
      "InvalidMarkerException",
    );
  });

  it("lists every key of the Region once, in pages, whatever comes in between", async () => {
    const client = kms.client(WEST);
    const keys: string[] = [];
    for (let i = 0; i < 23; i += 1) keys.push((await createKey(client, { MultiRegion: i % 2 === 0 })).KeyId);
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
  });

  it("keeps a policy as it was given, under the name default only", async () => {
    const { KeyId } = await createKey(kms.client());
    const Policy = ` ${policyOf({ Effect: "Allow", Principal: { AWS: root }, Action: "kms:*", Resource: "*" })}`;
    await putPolicy(KeyId, Policy);
    assert.equal((await kms.client().send(new GetKeyPolicyCommand({ KeyId }))).Policy, Policy);
    const other = kms.client().send(new GetKeyPolicyCommand({ KeyId, PolicyName: "other" }));
    assert.deepEqual(await refusal(other), {
      name: "NotFoundException",
      message: "No such policy exists",
      status: 400,
    });
  });

  it("refuses what is no policy document", async () => {
    const { KeyId } = await createKey(kms.client());
    for (const policy of [
      "{",
      "[]",
      "{}",
      policyOf({ Effect: "Maybe", Principal: "*", Action: "kms:*" }),
      policyOf({ Effect: "Allow", Action: "*" }),
    ]) {
      assert.equal(
        (await refusal(putPolicy(KeyId, policy))).name,
        "MalformedPolicyDocumentException",
        policy,
      );
    }
    assert.equal(
      (await refusal(createKey(kms.client(), { Policy: "{" }))).name,
      "MalformedPolicyDocumentException",
    );
  });

  it("refuses a policy that locks the account out, unless the check is bypassed", async () => {
    const { KeyId } = await createKey(kms.client());
    const readOnly = policyOf({
      Effect: "Allow",
      Principal: { AWS: root },
      Action: "kms:Describe*",
      Resource: "*",
    });
    const foreign = policyOf({
      Effect: "Allow",
      Principal: { AWS: "999988887777" },
      Action: "kms:*",
      Resource: "*",
    });
    for (const policy of [readOnly, foreign]) {
      assert.deepEqual(await refusal(putPolicy(KeyId, policy)), {
        name: "MalformedPolicyDocumentException",
        message: "The new key policy will not allow you to update the key policy in the future.",
        status: 400,
      });
    }
    await putPolicy(KeyId, readOnly, { BypassPolicyLockoutSafetyCheck: true });
    await putPolicy(
      KeyId,
      policyOf({ Effect: "Allow", Principal: { AWS: [ACCOUNT] }, Action: ["kms:Put*"], Resource: "*" }),
    );
  });

  it("says which key it does not find", async () => {
    const id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    const there = `arn:aws:kms:us-east-1:${ACCOUNT}:key/${id}`;
    for (const [name, error, message] of [
      [id, "NotFoundException", `Key '${there}' does not exist`],
      [there, "NotFoundException", `Key '${there}' does not exist`],
      ["orders", "NotFoundException", "Invalid keyId 'orders'"],
      [there.replace("us-east-1", WEST), "NotFoundException", `Invalid arn ${WEST}`],
      ["arn:aws:kms:us-east-1", "InvalidArnException", "Invalid arn arn:aws:kms:us-east-1"],
    ] as const) {
      assert.deepEqual(await refusal(metadataOf(kms.client(), name)), { name: error, message, status: 400 });
    }
    const foreign = await refusal(metadataOf(kms.client(), there.replace(ACCOUNT, "999988887777")));
    assert.equal(foreign.name, "AccessDeniedException");
    assert.match(
      foreign.message,
      /is not authorized to perform: kms:DescribeKey on resource: arn:aws:kms:us-east-1:9999/,
    );
  });

  it("takes no alias where AWS takes key ids and key ARNs only", async () => {
    const request = new UpdateKeyDescriptionCommand({ KeyId: "alias/orders", Description: "" });
    const answer = await refusal(kms.client().send(request));
    assert.deepEqual(answer, {
      name: "NotFoundException",
      message: "Invalid keyId 'alias/orders'",
      status: 400,
    });
  });
});
