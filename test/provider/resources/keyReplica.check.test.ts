import assert from "node:assert/strict";
import type { Values } from "../../../provider/resources/resource";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import { checked, inChina, inputs, mistakesOf } from "./goodInputs";

const check = (changes: Values) => mistakesOf("KeyReplica", changes);

describe("check of a KeyReplica", () => {
  it("takes good inputs and adds the version that will come", async () => {
    assert.deepEqual(await check({}), []);
    const { keyring: _, ...key } = inputs.KeyReplica.distribution.key;
    const { versions: __, ...distribution } = { ...inputs.KeyReplica.distribution, key };
    assert.deepEqual(await checked("KeyReplica"), {
      ...inputs.KeyReplica,
      distribution,
      keyVersion: 1,
      onRemoval:
        "deletes the alias, and in 30 days the KMS keys in eu-west-1: nothing decrypts their data then",
    });
    assert.equal((await checked("KeyReplica", { "distribution.key.keyVersion": 2 })).keyVersion, 2);
  });

  it("fills in what was left out", async () => {
    const left = { deletionWindowDays: undefined };
    assert.deepEqual(await checked("KeyReplica", left), await checked("KeyReplica"));
  });

  it("plans nothing from what is not known yet", async () => {
    for (const path of ["distribution", "distribution.key"]) {
      assert.ok(!("keyVersion" in (await checked("KeyReplica", { [path]: UNKNOWN }))), path);
    }
    assert.equal(
      (await checked("KeyReplica", { "distribution.key.keyVersion": UNKNOWN })).keyVersion,
      UNKNOWN,
    );
  });

  it("refuses a Region that its KmsProvider's map of endpoints lacks", async () => {
    const endpoint = { "us-west-1": "https://kms.a.example", "us-east-1": "https://kms.b.example" };
    const [mistake, ...others] = await check({ "distribution.kms.endpoint": endpoint });
    assert.match(
      mistake!,
      /^Expected `endpoint`, which is a map .* one for eu-west-1; it names us-west-1, us-east-1\./,
    );
    assert.deepEqual(others, []);
    assert.deepEqual(await check({ region: "us-east-1", "distribution.kms.endpoint": endpoint }), []);
    assert.deepEqual(await check({ "distribution.kms.endpoint": UNKNOWN }), []);
  });

  const notDeclared = (region: string, declared: string) =>
    `Expected \`region\` to be one of \`replicaRegions\` of key "orders" (${declared}), got "${region}". Regions are fixed when the key is made, because a KMS key cannot become multi-Region later.`;

  it("refuses a Region that the key does not declare", async () => {
    assert.deepEqual(await check({ region: "ap-south-1" }), [
      notDeclared("ap-south-1", "eu-west-1, us-east-1"),
    ]);
    assert.deepEqual(await check({ "distribution.key.replicaRegions": [] }), [
      notDeclared("eu-west-1", "there are none"),
    ]);
  });

  it("refuses the primary Region, which no key declares", async () => {
    assert.deepEqual(await check({ region: "us-west-1" }), [
      notDeclared("us-west-1", "eu-west-1, us-east-1"),
    ]);
  });

  it("refuses a Region of China, where symmetric keys have 128 bits", async () => {
    const declared = { "distribution.key.replicaRegions": ["cn-northwest-1"] };
    assert.deepEqual(await check({ region: "cn-northwest-1", ...declared }), [
      inChina("region", "cn-northwest-1"),
    ]);
  });

  it("refuses what is no Region", async () => {
    assert.deepEqual(await check({ region: "eu-west1" }), [
      'Expected `region` to be an AWS Region such as "us-east-1"; did you mean "eu-west-1"?',
    ]);
  });

  it("does not hold a Region to a list that is not known yet", async () => {
    assert.deepEqual(await check({ region: "ap-south-1", "distribution.key.replicaRegions": UNKNOWN }), []);
    assert.deepEqual(
      await check({ region: "ap-south-1", "distribution.key.replicaRegions": ["eu-west-1", UNKNOWN] }),
      [],
    );
  });

  it("refuses a deletion window that AWS KMS does not have", async () => {
    for (const days of [6, 31]) {
      assert.deepEqual(await check({ deletionWindowDays: days }), [
        `Expected \`deletionWindowDays\` to be from 7 to 30, got ${days}.`,
      ]);
    }
  });

  it("refuses policy and tags as a KeyDistribution does", async () => {
    assert.deepEqual(await check({ policy: "allow all", tags: { "aws:x": "y" } }), [
      'Expected `policy` to be a JSON document, such as pulumi.jsonStringify({ Version: "2012-10-17", Statement: [ … ] }).',
      'Expected `tags` without the reserved prefixes "aws:" and "keymgmt:", got the key "aws:x".',
    ]);
  });

  it("needs a distribution and a Region", async () => {
    assert.deepEqual(await check({ distribution: undefined }), [
      "Expected `distribution`, which is missing; the output of a resource that `--target` leaves out is missing too.",
    ]);
    assert.deepEqual(await check({ region: undefined }), [
      "Expected `region`, which is missing; the output of a resource that `--target` leaves out is missing too.",
    ]);
  });

  it("refuses more tags than a KMS key can have, those of the KmsProvider counted once each", async () => {
    const tags = (from: number, to: number) =>
      Object.fromEntries(Array.from({ length: to - from + 1 }, (_, index) => [`tag${from + index}`, "x"]));
    const together = (kms: unknown, own: unknown) => check({ "distribution.kms.tags": kms, tags: own });
    assert.deepEqual(await together(tags(1, 30), tags(11, 46)), []);
    assert.deepEqual(await together(tags(1, 30), tags(12, 47)), [
      "Expected `tags` of this resource and of its KmsProvider to be 46 at the most together, because a KMS key has 50 and keymgmt's own are among them, got 47. Remove tags from either.",
    ]);
    assert.deepEqual(await together(UNKNOWN, tags(1, 46)), []);
    assert.deepEqual(await together(tags(1, 46), UNKNOWN), []);
    assert.deepEqual(await together(tags(1, 2), tags(3, 50)), [
      "Expected `tags` to hold 46 tags at the most, got 48.",
    ]);
  });
});
