import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import sinon from "sinon";
import { KEY_TYPES } from "../../../provider/keys/keyTypes";
import type { Values } from "../../../provider/resources/resource";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import { checked, inChina, inputs, inputsOf, material, mistakesOf, resources } from "./goodInputs";

const check = (changes: Values, olds?: Values) => mistakesOf("ManagedKey", changes, olds);

/** Changes that leave a key whose material is made for it. */
const made = { material: undefined, rotationTrigger: undefined };

describe("check of a ManagedKey", () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: Date.UTC(2026, 0, 31, 12), toFake: ["Date"] });
  });
  afterEach(() => clock.restore());

  it("takes good inputs and adds the plan to them", async () => {
    assert.deepEqual(await check({}), []);
    assert.deepEqual(await checked("ManagedKey"), {
      ...inputs.ManagedKey,
      keyVersion: 1,
      rotatedOn: "2026-01-31",
      formerStacks: [],
    });
  });

  it("goes on with material that an earlier release took, and refuses it as new", async () => {
    const text = Buffer.from("thirty-two printable characters!").toString("base64");
    const olds = { ...(await checked("ManagedKey")), material: text };
    assert.deepEqual(await check({ material: text }, olds), []);
    assert.match((await check({ material: text })).join(), /ASCII text/);
  });

  it("fills in what was left out", async () => {
    const all = Object.keys(inputs.ManagedKey).filter((name) => name !== "name");
    const left = Object.fromEntries(all.map((name) => [name, undefined]));
    assert.deepEqual(await check(left), []);
    assert.deepEqual(await checked("ManagedKey", left), {
      name: "orders",
      type: "aes256-gcm96",
      replicaRegions: [],
      minEnabledVersion: 1,
      deletionAllowed: false,
      keystore: "state",
      keyVersion: 1,
      formerStacks: [],
      rotatedOn: "2026-01-31",
    });
  });

  it("puts the Regions in order, which means nothing", async () => {
    const turned = { replicaRegions: ["us-east-1", "eu-west-1"] };
    assert.deepEqual((await checked("ManagedKey", turned)).replicaRegions, ["eu-west-1", "us-east-1"]);
    assert.deepEqual(await check(turned, await checked("ManagedKey")), []);
  });

  it("refuses replica Regions of two partitions, which AWS KMS does not replicate between", async () => {
    assert.deepEqual(await check({ replicaRegions: ["eu-west-1", "us-gov-east-1"] }), [
      'Expected `replicaRegions` of key "orders" in the AWS partition of "eu-west-1" (aws), got "us-gov-east-1", which is in aws-us-gov: AWS KMS replicates a key within one partition only. Declare a ManagedKey of its own for aws-us-gov.',
    ]);
    assert.deepEqual(await check({ replicaRegions: ["us-gov-east-1", "us-gov-west-1"] }), []);
    assert.deepEqual(await check({ replicaRegions: ["us-gov-east-1", UNKNOWN] }), []);
  });

  it("refuses replica Regions in China, where symmetric keys have 128 bits, but not those of a key that is there", async () => {
    const china = { replicaRegions: ["cn-north-1", "cn-northwest-1"] };
    assert.deepEqual(
      await check(china),
      china.replicaRegions.map((region) => inChina("replicaRegions", region)),
    );
    assert.deepEqual(await check({ replicaRegions: ["us-east-1", UNKNOWN] }), []);
    assert.deepEqual(
      await check({ ...china, deletionAllowed: true }, await checked("ManagedKey", china)),
      [],
    );
  });

  it("refuses replica Regions in China for keys that an HSM can only wrap by RSA_AES_KEY_WRAP", async () => {
    const HSM = "pkcs11:token=keys?module-path=/lib.so&pin-source=env://PIN";
    const china = { replicaRegions: ["cn-north-1"], material: undefined };
    for (const type of ["ecdsa-p256", "hmac-sha256"]) assert.deepEqual(await check({ ...china, type }), []);
    assert.deepEqual(await check({ ...china, type: "hmac-sha256", keystore: HSM }), []);
    const signing = { ...china, type: "ecdsa-p256" };
    for (const olds of [undefined, await checked("ManagedKey", signing)])
      assert.deepEqual(await check({ ...signing, keystore: HSM }, olds), [
        'Expected `replicaRegions` to be outside of China for key "orders" of type ecdsa-p256, got "cn-north-1": an HSM wraps private keys by RSA_AES_KEY_WRAP, which AWS KMS does not have in its China Regions (aws-cn). Use another Region, or another keystore.',
      ]);
  });

  describe("shows the rotation that will come", () => {
    it("with its version and dates", async () => {
      const period = { ...made, rotationPeriod: "P1M" };
      const olds = await checked("ManagedKey", period);
      assert.equal(olds.rotateAfter, "2026-02-28");
      clock.setSystemTime(Date.UTC(2026, 1, 28));
      const { keyVersion, rotatedOn, rotateAfter } = await checked("ManagedKey", period, olds);
      assert.deepEqual([keyVersion, rotatedOn, rotateAfter], [2, "2026-02-28", "2026-03-28"]);
    });

    it("the same in a preview and in an update later that day", async () => {
      const olds = await checked("ManagedKey", made);
      const changed = { ...made, rotationTrigger: "now", rotationPeriod: "90d" };
      clock.setSystemTime(Date.UTC(2026, 5, 1, 0, 0, 0, 0));
      const preview = await checked("ManagedKey", changed, olds);
      clock.setSystemTime(Date.UTC(2026, 5, 1, 23, 59, 59, 999));
      assert.deepEqual(await checked("ManagedKey", changed, olds), preview);
    });

    it("and no other when the same inputs come again", async () => {
      const olds = await checked("ManagedKey");
      clock.setSystemTime(Date.UTC(2030, 0, 1));
      assert.deepEqual(await checked("ManagedKey", {}, olds), olds);
    });
  });

  it("refuses a name that cannot stand in an alias", async () => {
    for (const [name, wrong] of [
      ["", "is empty"],
      ["my key", "has another one at place 3"],
      ["orders:1", "has another one at place 7"],
      ["bestellungen-für", "has another one at place 15"],
    ]) {
      assert.deepEqual(await check({ name }), [
        `Expected \`name\` to hold only letters, digits, "/", "_" and "-", because it becomes part of a KMS alias; what came ${wrong}.`,
      ]);
    }
    assert.deepEqual(await check({ name: "team/orders_2-a" }), []);
  });

  it("refuses a type that AWS KMS does not take", async () => {
    const names = KEY_TYPES.map(({ name }) => `"${name}"`).join(" or ");
    for (const type of ["aes128-gcm96", "rsa-1024", "ml-dsa-65", "AES256-GCM96"])
      assert.deepEqual(await check({ type }), [`Expected \`type\` to be ${names}; what came is not.`]);
  });

  it("refuses Regions that there are not", async () => {
    assert.deepEqual(await check({ replicaRegions: ["eu-wset-1", "moon-1"] }), [
      'Expected `replicaRegions` to be an AWS Region such as "us-east-1"; did you mean "eu-west-1"?',
      'Expected `replicaRegions` to be an AWS Region such as "us-east-1"; what came is none.',
    ]);
  });

  it("refuses a Region that AWS does not have, but none that the state has already", async () => {
    const refused =
      'Expected `replicaRegions` to be an AWS Region such as "us-east-1", got "eu-west-9", which this release does not know; did you mean "eu-west-1"? If AWS has opened it since, set KEYMGMT_REGIONS=eu-west-9 in the environment.';
    assert.deepEqual(await check({ replicaRegions: ["eu-west-9"] }), [refused]);
    const olds = { ...(await checked("ManagedKey")), replicaRegions: ["eu-west-9"] };
    assert.deepEqual(await check({ replicaRegions: ["eu-west-9"] }, olds), []);
  });

  it("says of a misspelt Region of an existing key that, and nothing of a change", async () => {
    for (const deletionAllowed of [true, false]) {
      const olds = await checked("ManagedKey", { deletionAllowed, replicaRegions: ["eu-west-1"] });
      assert.deepEqual(await check({ replicaRegions: ["eu-wset-1"] }, olds), [
        'Expected `replicaRegions` to be an AWS Region such as "us-east-1"; did you mean "eu-west-1"?',
      ]);
      const [refused, ...others] = await check({ replicaRegions: ["eu-west-11"] }, olds);
      assert.match(
        refused!,
        /got "eu-west-11", which this release does not know; did you mean "eu-west-1"\?/,
      );
      assert.deepEqual(others, []);
    }
  });

  it("refuses a Region named twice", async () => {
    assert.deepEqual(await check({ replicaRegions: ["eu-west-1", "us-east-1", "eu-west-1"] }), [
      'Expected `replicaRegions` to name each Region once, got "eu-west-1" twice.',
    ]);
  });

  it("does not take two Regions that are not known yet for the same", async () => {
    assert.deepEqual(await check({ replicaRegions: [UNKNOWN, UNKNOWN] }), []);
  });

  describe("minEnabledVersion", () => {
    const above = (version: number, latest: number) =>
      `Expected \`minEnabledVersion\` to be from 1 to ${latest}, got ${version}.`;

    it("is not below 1", async () => {
      for (const version of [0, -1])
        assert.deepEqual(await check({ minEnabledVersion: version }), [above(version, 1)]);
    });

    it("is not above the latest version", async () => {
      assert.deepEqual(await check({ minEnabledVersion: 2 }), [above(2, 1)]);
      const olds = { ...(await checked("ManagedKey", made)), keyVersion: 7 };
      assert.deepEqual(await check({ ...made, minEnabledVersion: 8 }, olds), [above(8, 7)]);
      assert.deepEqual(await check({ ...made, minEnabledVersion: 7 }, olds), []);
    });

    it("may be the version that this update makes", async () => {
      const olds = await checked("ManagedKey", made);
      assert.deepEqual(await check({ ...made, rotationTrigger: "now", minEnabledVersion: 2 }, olds), []);
    });

    it("has no upper bound while the latest version is not known", async () => {
      const olds = await checked("ManagedKey", made);
      const unknown = { ...made, rotationTrigger: UNKNOWN };
      assert.deepEqual(await check({ ...unknown, minEnabledVersion: 2 }, olds), []);
      assert.deepEqual(await check({ ...unknown, minEnabledVersion: 0 }, olds), [
        "Expected `minEnabledVersion` to be at least 1, got 0.",
      ]);
    });

    it("is a whole number", async () => {
      assert.deepEqual(await check({ minEnabledVersion: "1" }), [
        "Expected `minEnabledVersion` to be of type integer, got string.",
      ]);
    });
  });

  it("refuses a rotationPeriod that is no duration", async () => {
    for (const period of ["quarterly", "90", "", "12h", "0d", "P-3M", "101y"]) {
      assert.deepEqual(await check({ ...made, rotationPeriod: period }), [
        `Expected \`rotationPeriod\` to be a duration from a day to 100 years, such as "90d", "12w", "1y" or ISO 8601 "P3M"; what came is none.`,
      ]);
    }
    assert.deepEqual(await check({ ...made, rotationPeriod: 90 }), [
      "Expected `rotationPeriod` to be of type string, got number.",
    ]);
  });

  describe("own material", () => {
    it("is 32 bytes in base64", async () => {
      assert.deepEqual(await check({ material: "correct horse battery staple" }), [
        "Expected `material` to be 32 bytes in base64, hex or a JWK; what came is none of them.",
      ]);
      assert.deepEqual(await check({ material: randomBytes(16).toString("base64") }), [
        "Expected `material` to be 32 bytes in base64, hex or a JWK; what came decodes to 16 bytes. Make some with: openssl rand -base64 32",
      ]);
      assert.deepEqual(await check({ material: Buffer.alloc(32).toString("base64") }), [
        "Expected `material` to be random; all its bytes are equal. Make some with: openssl rand -base64 32",
      ]);
      assert.deepEqual(await check({ material: 5 }), ["Expected `material` to be of type string."]);
    });

    it("does not go with a rotationPeriod", async () => {
      assert.deepEqual(await check({ rotationPeriod: "90d" }), [
        "Expected `rotationPeriod` or `material`, got both: with own material a new version comes when you change `material`, unless it is a reference that holds `{version}`.",
      ]);
    });

    const together =
      "Expected `material` to change together with `rotationTrigger`: a new version needs new material. Change `material`, or remove it to let the provider generate it.";

    it("changes when rotationTrigger does", async () => {
      const olds = await checked("ManagedKey");
      assert.deepEqual(await check({ rotationTrigger: "2026-02" }, olds), [together]);
      const fresh = { rotationTrigger: "2026-02", material: randomBytes(32).toString("base64") };
      assert.deepEqual(await check(fresh, olds), []);
      assert.equal((await checked("ManagedKey", fresh, olds)).keyVersion, 2);
      assert.deepEqual(await check({ rotationTrigger: "2026-02", material: undefined }, olds), []);
    });

    it("may be a reference, which is not read", async () => {
      for (const reference of ["env://NO_SUCH", "file:///no/such", "exec:/no/such command"])
        assert.deepEqual(await check({ ...made, material: reference }), []);
      assert.deepEqual(await check({ ...made, material: "env://NO-SUCH" }), [
        'Expected `material` to be env://NAME, file:///path (absolute) or "exec:command argument …"; what came is none of them, and is not shown here in case it holds a key.',
      ]);
    });

    it("in another place is new material, unless the reference names every version", async () => {
      const olds = await checked("ManagedKey", { ...made, material: "env://A" });
      const versionOf = async (material: unknown, more = {}) =>
        (await checked("ManagedKey", { ...made, material, ...more }, olds)).keyVersion;
      assert.equal(await versionOf("env://A"), 1);
      assert.equal(await versionOf("env://B"), 2);
      assert.equal(await versionOf("env://A_{version}"), 1);
      assert.equal(await versionOf("env://A_{version}", { rotationTrigger: "b" }), 2);
      assert.equal(await versionOf(undefined), 1);
    });

    it("that names every version goes with rotationPeriod and rotationTrigger", async () => {
      const key = { ...made, material: "env://A_{version}", rotationPeriod: "90d" };
      const olds = await checked("ManagedKey", key);
      assert.deepEqual(await check({ ...key, rotationTrigger: "b" }, olds), []);
    });

    const HSM = "pkcs11:token=keys?module-path=/lib.so&pin-source=env://PIN";

    it("does not stand in the inputs where the keystore seals it or an HSM has it", async () => {
      for (const [keystore, shown] of [
        ["env://ROOT", "env://ROOT"],
        ["awskms://alias/root?region=us-east-1", "awskms://alias/root"],
        [HSM, "pkcs11:token=keys?module-path=/lib.so&…"],
      ] as const) {
        assert.deepEqual(await check({ keystore }), [
          `Expected \`material\` to be a reference (env://NAME, file:///path or exec:command) with \`keystore\` "${shown}"; what came is the material itself, and Pulumi keeps inputs in the state, where the stack's passphrase opens them.`,
        ]);
        assert.deepEqual(await check({ keystore, material: "env://A" }), []);
        assert.deepEqual(await check({ keystore, material: undefined }), []);
        assert.deepEqual(await check({ keystore, material: UNKNOWN }), []);
      }
    });

    it("may be a key in the HSM that is the keystore, and in no other", async () => {
      const key = { keystore: HSM, material: "pkcs11:object=orders-{version}" };
      assert.deepEqual(await check(key), []);
      const olds = await checked("ManagedKey", key);
      assert.deepEqual(await check({ ...key, rotationTrigger: "b", rotationPeriod: "90d" }, olds), []);
      assert.equal(
        (await checked("ManagedKey", { ...key, material: "pkcs11:object=b" }, olds)).keyVersion,
        2,
      );
      for (const keystore of ["state", "none", "env://ROOT"])
        assert.deepEqual(await check({ ...key, keystore }), [
          `Expected \`keystore\` to be the HSM that holds \`material\` (pkcs11:token=NAME?…), got "${keystore}".`,
        ]);
      assert.deepEqual(await check({ ...key, material: "pkcs11:label=a" }), [
        'Expected the key in the HSM to be "pkcs11:object=LABEL", "pkcs11:id=%01%02" or both with ";" between (RFC 7512); what came is neither.',
      ]);
    });

    it("does not leave an HSM, but may be in another, or in one that is not known yet", async () => {
      const olds = await checked("ManagedKey", { keystore: HSM });
      for (const keystore of ["state", "none", "env://ROOT"])
        assert.deepEqual(await check({ keystore, material: "env://A_{version}" }, olds), [
          `Expected \`keystore\` to stay an HSM (pkcs11:), got "${keystore}": an HSM gives its keys only to AWS KMS, wrapped. Keep it, or declare a new ManagedKey with the other keystore.`,
        ]);
      const material = undefined;
      for (const keystore of [HSM, HSM.replace("env://PIN", "env://PIN_2"), UNKNOWN])
        assert.deepEqual(await check({ keystore, material }, olds), []);
      assert.deepEqual(await check({ keystore: HSM, material }, await checked("ManagedKey")), []);
    });

    it("is a reference where it is not held", async () => {
      const needed =
        'Expected `material` to be a reference (env://NAME, file:///path or exec:command) with `keystore` "none": the material is read from there whenever it is imported.';
      assert.deepEqual(await check({ keystore: "none" }), [needed]);
      assert.deepEqual(await check({ keystore: "none", material: undefined }), [needed]);
      assert.deepEqual(await check({ keystore: "none", material: "env://A" }), []);
      assert.deepEqual(await check({ keystore: "none", material: UNKNOWN }), []);
    });

    it("names every version where a key with versions is not to be held any more", async () => {
      const olds = await checked("ManagedKey", made);
      const key = { ...made, keystore: "none", material: "env://A" };
      assert.deepEqual(await check(key, olds), [
        'Expected `material` to hold `{version}` where `keystore` becomes "none": versions 1 to 1 are to be found there, such as env://ORDERS_{version}.',
      ]);
      assert.deepEqual(await check({ ...key, material: "env://A_{version}" }, olds), []);
      assert.deepEqual(await check({ ...key, material: "env://B" }, await checked("ManagedKey", key)), []);
    });

    it("has not changed where it is only written in another way", async () => {
      const olds = await checked("ManagedKey");
      assert.deepEqual(await check({ material: ` ${material}\n` }, olds), []);
      assert.deepEqual(await check({ material: ` ${material}\n`, rotationTrigger: "2026-02" }, olds), [
        together,
      ]);
    });
  });

  describe("refuses of a new key what no KeyDistribution takes, as far as the program shows it", () => {
    const by = (kms: Values, changes: Values = {}) => check({ distributedBy: [kms], ...changes });

    it("the primary Region among the replicas, or one of another partition", async () => {
      assert.deepEqual(await by({ keyCollection: "us-west-1" }), []);
      assert.deepEqual(await by({ keyCollection: "eu-west-1" }), [
        'Expected `replicaRegions` of key "orders" without "eu-west-1": it is the primary Region (`keyCollection` of the KmsProvider), which cannot hold a replica too.',
      ]);
      const [partition] = await by({ keyCollection: "us-gov-west-1" });
      assert.match(partition!, /in the AWS partition of "us-gov-west-1" \(aws-us-gov\), got "eu-west-1"/);
    });

    it("a name too long for the alias, by the prefix of the KmsProvider or the default one", async () => {
      assert.deepEqual(await by({}, { name: "n".repeat(229) }), []);
      for (const [kms, name] of [
        [{}, "n".repeat(230)],
        [{ aliasPrefix: "p".repeat(100) }, "n".repeat(140)],
      ] as const)
        assert.match((await by(kms, { name }))[0]!, /to have 256 characters at the most, got 25\d/);
    });

    it("a type whose material is too long for the wrapping key", async () => {
      const key = { type: "rsa-4096", material: undefined };
      assert.deepEqual(await by({ wrappingKeySpec: "RSA_4096" }, key), []);
    });

    it("of an existing key nothing: it could not even be removed then", async () => {
      const olds = await checked("ManagedKey");
      assert.deepEqual(await check({ distributedBy: [{ keyCollection: "eu-west-1" }] }, olds), []);
    });
  });

  describe("refuses to replace a key whose deletion is not allowed", () => {
    const sentence = (name: string) =>
      `${name} cannot change: key "orders" would be replaced and its material destroyed, while \`deletionAllowed\` is false in the state. Keep ${name}, or declare a new ManagedKey beside this one. Only if nothing needs the material any more, two updates replace the key. They destroy the material, and nothing decrypts what was encrypted under it: first \`deletionAllowed: true\` with ${name} as before, and \`pulumi up\`; then the change, and \`pulumi up\`.`;

    it("for each property that never changes in place", async () => {
      const olds = await checked("ManagedKey");
      assert.deepEqual(await check({ name: "bills" }, olds), [sentence("`name`")]);
      assert.deepEqual(await check({ replicaRegions: ["eu-west-1"] }, olds), [sentence("`replicaRegions`")]);
      assert.deepEqual(await check({ replicaRegions: [] }, olds), [sentence("`replicaRegions`")]);
      assert.deepEqual(await check({ type: "rsa-2048", material: undefined }, olds), [sentence("`type`")]);
      assert.deepEqual(await check({ name: "bills", replicaRegions: [] }, olds), [
        sentence("`name` and `replicaRegions`"),
      ]);
    });

    it("and reports a wrong value once, not as a change too", async () => {
      const [mistake, ...others] = await check({ type: "rsa" }, await checked("ManagedKey"));
      assert.match(mistake!, /^Expected `type` to be "aes256-gcm96" or /);
      assert.deepEqual(others, []);
    });

    it("even where the same update allows it: it must be in the state before", async () => {
      const olds = await checked("ManagedKey");
      assert.deepEqual(await check({ name: "bills", deletionAllowed: true }, olds), [sentence("`name`")]);
    });

    it("and does so once it is in the state, even where the same update takes it back", async () => {
      const olds = await checked("ManagedKey", { deletionAllowed: true });
      assert.deepEqual(await check({ name: "bills", deletionAllowed: true }, olds), []);
      assert.deepEqual(await check({ name: "bills" }, olds), []);
    });

    it("but not because of a value that is not known yet", async () => {
      const olds = await checked("ManagedKey");
      assert.deepEqual(await check({ name: UNKNOWN, replicaRegions: ["eu-west-1", UNKNOWN] }, olds), []);
    });

    it("and lets everything else change", async () => {
      const olds = await checked("ManagedKey", made);
      const others = {
        rotationPeriod: "90d",
        rotationTrigger: "x",
        minEnabledVersion: 2,
        deletionAllowed: true,
      };
      assert.deepEqual(await check({ ...made, ...others }, olds), []);
    });
  });

  it("leaves the inputs that came as they were", async () => {
    const news = inputsOf("ManagedKey", { replicaRegions: ["us-east-1", "eu-west-1"] });
    const before = structuredClone(news);
    await resources.ManagedKey.check(undefined, news);
    assert.deepEqual(news, before);
  });

  describe("restored from a backup", () => {
    const restore = {
      from: "file:///orders.jwe",
      passphrase: "env://BACKUP",
      fingerprint: "0123456789abcdef".repeat(4),
      kcvs: ["0123456789", "abcdef0123", "99999aaaaa"],
      rotatedOn: "2026-01-10",
    };
    const restored = (changes: Values, olds?: Values) =>
      check({ ...made, restore: { ...restore, ...changes } }, olds);

    it("plans all versions of the backup without opening it, and rotates from the latest on", async () => {
      const news = { ...made, restore, rotationPeriod: "30d" };
      assert.deepEqual(await check(news), []);
      const { keyVersion, rotatedOn, rotateAfter } = await checked("ManagedKey", news);
      assert.deepEqual([keyVersion, rotatedOn, rotateAfter], [3, "2026-01-10", "2026-02-09"]);
      assert.deepEqual(await check({ ...news, minEnabledVersion: 3 }), []);
    });

    it("plans nothing by it afterwards", async () => {
      const olds = await checked("ManagedKey", { ...made, restore });
      const more = { ...restore, kcvs: [...restore.kcvs, "0000000000"] };
      for (const changes of [{ restore: undefined }, { restore: more }, { restore: UNKNOWN }])
        assert.equal((await checked("ManagedKey", { ...made, ...changes }, olds)).keyVersion, 3);
    });

    it("waits for what is not known yet", async () => {
      for (const unknown of [UNKNOWN, { ...restore, kcvs: UNKNOWN }]) {
        assert.equal((await checked("ManagedKey", { ...made, restore: unknown })).keyVersion, UNKNOWN);
        assert.deepEqual(await check({ ...made, restore: unknown }), []);
      }
    });

    it("refuses what says neither where it is nor what opens it", async () => {
      assert.match((await restored({ from: "/orders.jwe" })).join(), /Expected `restore.from` to be env/);
      for (const opens of [{ identity: "env://OWNER" }, { passphrase: undefined }])
        assert.deepEqual(await restored(opens), [
          "Expected `restore` to have `passphrase` or `identity`, one of the two.",
        ]);
      for (const kcvs of [[], ["0123"], ["0123456789", 5]])
        assert.match((await restored({ kcvs })).join(), /Expected `restore\.kcvs/);
      assert.match((await restored({ rotatedOn: "yesterday" })).join(), /to be a date such as/);
      assert.match(
        (await restored({ kcvs: undefined })).join(),
        /`restore` to have `kcvs`, which is missing/,
      );
    });

    it("asks for the fingerprint of the backup where the key is new, and not of one that is there", async () => {
      const [mistake, ...others] = await restored({ fingerprint: undefined });
      assert.match(mistake!, /^Expected `restore\.fingerprint`.*`keymgmt export --fingerprint FILE` prints/);
      assert.deepEqual(others, []);
      const olds = await checked("ManagedKey", { ...made, restore });
      assert.deepEqual(await restored({ fingerprint: undefined }, olds), []);
      assert.deepEqual(await restored({ fingerprint: "abc" }), [
        "Expected `restore.fingerprint` to be 64 hex digits in lower case, as `keymgmt export` printed them; what came is not.",
      ]);
    });

    it("does not repeat a passphrase that was given in place of a reference to it", async () => {
      const [mistake, ...others] = await restored({ passphrase: "correct horse battery staple" });
      assert.match(mistake!, /Expected `restore.passphrase` to say where it is read from/);
      assert.doesNotMatch(mistake!, /horse/);
      assert.deepEqual(others, []);
    });
  });
});
