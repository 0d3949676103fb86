import assert from "node:assert/strict";
import sinon from "sinon";
import { resourcesOf } from "../../../provider/resources";
import type { Values } from "../../../provider/resources/resource";
import { Run } from "../../../provider/run";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import { checked, inChina, inputs, inputsOf, mistakesOf } from "./goodInputs";

const check = (changes: Values) => mistakesOf("KeyDistribution", changes);

describe("check of a KeyDistribution", () => {
  it("takes good inputs and adds what will come of them", async () => {
    assert.deepEqual(await check({}), []);
    const { keyring: _, ...key } = inputs.KeyDistribution.key;
    assert.deepEqual(await checked("KeyDistribution"), {
      ...inputs.KeyDistribution,
      key,
      purpose: ["decrypt", "encrypt"],
      keyVersion: 1,
      multiRegion: true,
      primaryRegion: "us-west-1",
      onRemoval:
        "deletes the alias, and in 30 days the KMS keys in us-west-1: nothing decrypts their data then",
    });
  });

  it("says what a removal does, where that is known", async () => {
    const { onRemoval } = await checked("KeyDistribution", {
      deletionWindowDays: 7,
      adopt: { versions: {} },
    });
    assert.equal(
      onRemoval,
      "deletes the alias, and in 7 days the KMS keys in us-west-1 that are not adopted: nothing decrypts their data then",
    );
    for (const path of ["deletionWindowDays", "kms"])
      assert.equal((await checked("KeyDistribution", { [path]: UNKNOWN })).onRemoval, UNKNOWN, path);
  });

  it("lets the queue know how many distributions the program declares, which no state has", async () => {
    const run = new Run();
    const expected = sinon.spy(run.connections, "countDistribution");
    const { inputs: planned } = await resourcesOf(run).KeyDistribution.check(
      undefined,
      { ...inputs.KeyDistribution, declared: 404 },
      true,
    );
    assert.deepEqual(expected.args, [[inputs.KeyDistribution.kms, 404]]);
    assert.ok(!("declared" in planned));
  });

  it("shows the new version of a key that rotates", async () => {
    assert.equal((await checked("KeyDistribution", { "key.keyVersion": 2 })).keyVersion, 2);
    assert.equal((await checked("KeyDistribution", { "key.keyVersion": UNKNOWN })).keyVersion, UNKNOWN);
  });

  it("refuses a map of endpoints that lacks a Region in which there may be replicas", async () => {
    const endpoint = { "us-west-1": "https://kms.a.example", "us-east-1": "https://kms.b.example" };
    const [mistake, ...others] = await mistakesOf("KeyDistribution", { "kms.endpoint": endpoint });
    assert.match(
      mistake!,
      /^Expected `endpoint`, which is a map .* one for eu-west-1; it names us-west-1, us-east-1\./,
    );
    assert.deepEqual(others, []);
    const replicaRegions = ["us-east-1"];
    assert.deepEqual(
      await mistakesOf("KeyDistribution", { "kms.endpoint": endpoint, "key.replicaRegions": replicaRegions }),
      [],
    );
  });

  it("makes single-Region keys where the key has no replicaRegions", async () => {
    assert.equal((await checked("KeyDistribution", { "key.replicaRegions": [] })).multiRegion, false);
  });

  it("plans nothing from what is not known yet", async () => {
    const unknown = await checked("KeyDistribution", { kms: UNKNOWN, key: UNKNOWN });
    for (const name of ["keyVersion", "multiRegion", "primaryRegion"]) assert.ok(!(name in unknown), name);
    const inside = { "key.replicaRegions": UNKNOWN, "kms.keyCollection": UNKNOWN };
    const { multiRegion, primaryRegion } = await checked("KeyDistribution", inside);
    assert.deepEqual([multiRegion, primaryRegion], [UNKNOWN, UNKNOWN]);
  });

  it("fills in what was left out", async () => {
    const left = {
      purpose: undefined,
      protection: undefined,
      rotationStrategy: undefined,
      deletionWindowDays: undefined,
    };
    assert.deepEqual(await check(left), []);
    assert.deepEqual(await checked("KeyDistribution", left), await checked("KeyDistribution"));
  });

  it("takes a purpose in any order for the same", async () => {
    for (const purpose of [
      ["encrypt", "decrypt"],
      ["decrypt", "encrypt"],
    ]) {
      assert.deepEqual(await check({ purpose }), []);
      assert.deepEqual((await checked("KeyDistribution", { purpose })).purpose, ["decrypt", "encrypt"]);
    }
  });

  it("refuses a purpose that is not allowed for the type", async () => {
    const expected =
      'Expected `purpose` to be ["encrypt", "decrypt"], which is what a key of type aes256-gcm96 is for in AWS KMS; what came is another list.';
    assert.deepEqual(await check({ purpose: ["encrypt"] }), [expected]);
    assert.deepEqual(await check({ purpose: [] }), [expected]);
    assert.deepEqual(await check({ purpose: ["sign", "verify"] }), [expected]);
    assert.deepEqual(await check({ purpose: ["encrypt", UNKNOWN] }), []);
  });

  it('refuses protection "software"', async () => {
    assert.deepEqual(await check({ protection: "software" }), [
      'Expected `protection` to be "hsm"; what came is not. AWS KMS keeps every key in HSMs.',
    ]);
  });

  it("refuses a rotation strategy that there is not", async () => {
    assert.deepEqual(await check({ rotationStrategy: "automatic" }), [
      'Expected `rotationStrategy` to be "manual" or "on-demand"; what came is not.',
    ]);
  });

  it("refuses the primary Region among replicaRegions", async () => {
    assert.deepEqual(await check({ "key.replicaRegions": ["eu-west-1", "us-west-1"] }), [
      'Expected `replicaRegions` of key "orders" without "us-west-1": it is the primary Region (`keyCollection` of the KmsProvider), which cannot hold a replica too.',
    ]);
  });

  it("refuses a deletion window that AWS KMS does not have", async () => {
    for (const days of [6, 31, 0, -7]) {
      assert.deepEqual(await check({ deletionWindowDays: days }), [
        `Expected \`deletionWindowDays\` to be from 7 to 30, got ${days}.`,
      ]);
    }
    for (const days of [7, 30]) assert.deepEqual(await check({ deletionWindowDays: days }), []);
    assert.deepEqual(await check({ deletionWindowDays: 7.5 }), [
      "Expected `deletionWindowDays` to be of type integer, got number.",
    ]);
  });

  it("refuses a key name that makes the alias too long", async () => {
    const fits = "k".repeat(256 - "alias/hashicorp/-1700000000".length);
    assert.deepEqual(await check({ "key.name": fits }), []);
    assert.deepEqual(await check({ "key.name": `${fits}k` }), [
      "Expected the alias alias/hashicorp/<key name>-<timestamp> to have 256 characters at the most, got 257; shorten the key's name.",
    ]);
  });

  it("takes extra aliases in any order, and none in an empty list", async () => {
    const extraAliases = ["alias/shop/orders_1", `alias/${"a".repeat(250)}`, UNKNOWN];
    assert.deepEqual(await check({ extraAliases }), []);
    assert.deepEqual(
      (await checked("KeyDistribution", { extraAliases: ["alias/b", "alias/a"] })).extraAliases,
      ["alias/a", "alias/b"],
    );
    assert.equal((await checked("KeyDistribution", { extraAliases: [] })).extraAliases, undefined);
    assert.deepEqual(await check({ extraAliases: UNKNOWN }), []);
  });

  it("refuses extra aliases that AWS does not take, that are there twice, or that distributions have", async () => {
    for (const wrong of ["orders", "alias/", "alias/a b", "alias/aws/s3", `alias/${"a".repeat(251)}`])
      assert.deepEqual(await check({ extraAliases: ["alias/a", wrong] }), [
        'Expected `extraAliases` to have aliases such as "alias/orders": "alias/", then letters, digits, "/", "_" and "-", 256 characters at the most, and not AWS\'s own "alias/aws/"; one that came is none.',
      ]);
    assert.deepEqual(await check({ extraAliases: ["alias/a", "alias/a"] }), [
      'Expected `extraAliases` to have each alias once, got "alias/a" twice.',
    ]);
    const { aliasName } = inputs.KeyDistribution;
    for (const own of [aliasName, "alias/hashicorp/bills-1700000000"])
      assert.deepEqual(await check({ extraAliases: [own] }), [
        `Expected \`extraAliases\` to have names of your own, got "${own}", which has the form of the alias that each distribution has anyway.`,
      ]);
    const many = Array.from({ length: 50 }, (_, index) => `alias/a${index}`);
    assert.deepEqual(await check({ extraAliases: many.slice(1) }), []);
    assert.deepEqual(await check({ extraAliases: many }), [
      "Expected `extraAliases` to have 49 aliases at the most, because a KMS key has 50 and the distribution's own is one of them, got 50.",
    ]);
  });

  it("refuses an alias that another distribution of the program has in that Region", async () => {
    const { KeyDistribution, KeyReplica } = resourcesOf(new Run());
    const extraAliases = ["alias/orders"];
    const one = await checked("KeyDistribution", { extraAliases });
    const other = { ...one, name: "bills-1760000000", aliasName: "alias/hashicorp/bills-1760000000" };
    const replicaOf = ({ name, aliasName }: Values, region: string) =>
      inputsOf("KeyReplica", {
        "distribution.name": name,
        "distribution.extraAliases": extraAliases,
        aliasName,
        region,
      });
    const checks = [
      KeyDistribution.check(one, one),
      KeyReplica.check(undefined, replicaOf(one, "eu-west-1")),
      KeyDistribution.check(one, one), // the engine checks what it replaces twice
      KeyDistribution.check(other, other),
      KeyReplica.check(undefined, replicaOf(other, "eu-west-1")),
    ];
    const mistakes = await Promise.all(checks.map(async (each) => (await each).mistakes));
    const refusal = (region: string) => [
      `Expected alias/orders in ${region} to be an alias of one KeyDistribution, got two that have it. Remove it from the \`extraAliases\` of one of them.`,
    ];
    assert.deepEqual(mistakes, [[], [], [], refusal("us-west-1"), refusal("eu-west-1")]);
  });

  it("refuses a policy that is no JSON document, without quoting it", async () => {
    for (const policy of ["allow all", "", "[]", "null", '"text"', '{"Version":']) {
      assert.deepEqual(await check({ policy }), [
        'Expected `policy` to be a JSON document, such as pulumi.jsonStringify({ Version: "2012-10-17", Statement: [ … ] }).',
      ]);
    }
  });

  it("refuses tags under reserved prefixes", async () => {
    assert.deepEqual(await check({ tags: { "Keymgmt:Stack": "x" } }), [
      'Expected `tags` without the reserved prefixes "aws:" and "keymgmt:", got the key "Keymgmt:Stack".',
    ]);
  });

  it("needs a KmsProvider and a ManagedKey", async () => {
    assert.deepEqual(await check({ kms: undefined }), [
      "Expected `kms`, which is missing; the output of a resource that `--target` leaves out is missing too.",
    ]);
    assert.deepEqual(await check({ key: undefined }), [
      "Expected `key`, which is missing; the output of a resource that `--target` leaves out is missing too.",
    ]);
  });

  it("refuses a primary Region in another partition than the replica Regions", async () => {
    assert.deepEqual(
      await check({ "kms.keyCollection": "us-gov-west-1", "key.replicaRegions": ["eu-west-1"] }),
      [
        'Expected `replicaRegions` of key "orders" in the AWS partition of "us-gov-west-1" (aws-us-gov), got "eu-west-1", which is in aws: AWS KMS replicates a key within one partition only. Declare a ManagedKey of its own for aws.',
      ],
    );
    assert.deepEqual(await check({ "kms.keyCollection": UNKNOWN }), []);
  });

  it("refuses a primary Region in China, where symmetric keys have 128 bits", async () => {
    for (const region of ["cn-north-1", "cn-northwest-1"])
      assert.deepEqual(await check({ "kms.keyCollection": region, "key.replicaRegions": [] }), [
        inChina("keyCollection", region),
      ]);
    for (const unknown of ["kms.keyCollection", "key.type"])
      assert.deepEqual(
        await check({ "kms.keyCollection": "cn-north-1", "key.replicaRegions": [], [unknown]: UNKNOWN }),
        [],
      );
  });

  it("refuses wrapping keys that are too short for P-521, but not for an HSM, which wraps by an AES key", async () => {
    const p521 = { "key.type": "ecdsa-p521", "kms.wrappingKeySpec": "RSA_2048", purpose: ["sign", "verify"] };
    assert.deepEqual(await check(p521), [
      'Expected `wrappingKeySpec` of the KmsProvider to be RSA_4096 or RSA_3072 for key "orders" of type ecdsa-p521, got "RSA_2048": AWS KMS imports such keys only under longer wrapping keys.',
    ]);
    const keystore = "pkcs11:token=keys?module-path=/lib.so&pin-source=env://PIN";
    assert.deepEqual(await check({ ...p521, "key.keystore": keystore, "key.material": undefined }), []);
  });

  it("refuses more tags than a KMS key can have, those of the KmsProvider counted once each", async () => {
    const tags = (from: number, to: number) =>
      Object.fromEntries(Array.from({ length: to - from + 1 }, (_, index) => [`tag${from + index}`, "x"]));
    const together = (kms: unknown, own: unknown) => check({ "kms.tags": kms, tags: own });
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
