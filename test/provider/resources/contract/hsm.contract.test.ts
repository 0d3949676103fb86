import assert from "node:assert/strict";
import { createPublicKey, randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { GetPublicKeyCommand } from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { LocalKms } from "../../../../local-kms/src/index";
import { keyCheckValue } from "../../../../provider/keys/keyCheckValue";
import { parseKeyring } from "../../../../provider/keys/keyring";
import type { HsmKeystore } from "../../../../provider/keys/keystores/hsm/uri";
import { putIntoHsm } from "../../../../provider/keys/keystores/hsm/versions";
import { parseKeystore } from "../../../../provider/keys/keystores/keystore";
import { AES_256, keyTypeOf } from "../../../../provider/keys/keyTypes";
import { publicKeyOfDer } from "../../../../provider/keys/privateKeys/publicKeys";
import { resourcesOf } from "../../../../provider/resources";
import { Run } from "../../../../provider/run";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { Observer } from "../../../world/observer";
import { ownMaterial } from "../../../world/ownMaterial";
import { localKms, Program } from "../../../world/program";
import { useOf } from "../../../world/uses";
import { SoftHsm } from "../../keys/keystores/hsm/softHsm";
import { withoutKms } from "../../keys/keystores/withoutKms";
import { setEnvironment } from "../../kms/loopback";
import { refusal } from "../../refusal";

describe("a distributed key in an HSM", () => {
  let open: () => SoftHsm;
  let hsm: SoftHsm;
  let pin: string;
  let local: LocalKms;
  let program: Program;
  let calls: string[];
  let restore: () => void;

  before(async function () {
    open = await SoftHsm.openerOr(this);
  });
  beforeEach(async () => {
    hsm = open();
    pin = randomBytes(6).toString("hex");
    hsm.newToken(pin);
    restore = setEnvironment({
      HSM_PIN: pin,
      HSM_PIN_2: pin,
      ROOT: randomBytes(32).toString("hex"),
      ORDERS_1: randomBytes(32).toString("hex"),
      ORDERS_2: randomBytes(32).toString("hex"),
    });
    calls = [];
    local = await localKms({
      intercept: ({ operation }) => {
        calls.push(operation);
        return undefined;
      },
    });
    program = new Program(local);
    sinon.stub(console, "error");
  });
  afterEach(async () => {
    sinon.restore();
    restore?.();
    hsm?.close();
    await local?.close();
  });

  const key = (more = {}) => ({ keystore: hsm.uri(), rotationTrigger: "a", ...more });
  const keyring = () => String(program.outputs("key").keyring);
  const kcvs = () => (program.outputs("key").versions as { kcv: string }[]).map(({ kcv }) => kcv);
  const kmsKeys = () => program.outputs("distribution").versions as KmsKeyRecords;
  const took = (operation: string) => calls.filter((call) => call === operation).length;
  /** The HSM is out of reach: it shows no token. */
  const lose = ({ folder }: SoftHsm) => {
    rmSync(join(folder, "tokens"), { recursive: true });
    mkdirSync(join(folder, "tokens"));
  };

  for (const rotationStrategy of ["manual", "on-demand"])
    it(`${rotationStrategy}: is made there, imported, replicated and rotated from there`, async () => {
      const given = { distribution: { rotationStrategy }, replicas: ["eu-west-1"] };
      await program.up({ key: key({ replicaRegions: ["eu-west-1"] }), ...given });
      await program.up({ key: key({ replicaRegions: ["eu-west-1"], rotationTrigger: "b" }), ...given });
      const { aliasName } = program.outputs("distribution");
      const encrypted = await new Application(local, "us-west-1").encrypt(String(aliasName), "order 1");
      assert.equal((await new Application(local, "eu-west-1").decrypt(encrypted)).text, "order 1");
      assert.equal(took("ImportKeyMaterial"), 4);
      const materials = hsm.materials(pin);
      assert.deepEqual(Object.keys(materials).sort(), ["orders v1", "orders v2"]);
      assert.deepEqual(
        kcvs(),
        ["orders v1", "orders v2"].map((label) => keyCheckValue(materials[label]!)),
      );
      for (const records of [kmsKeys(), program.outputs("eu-west-1").versions as KmsKeyRecords])
        assert.deepEqual(
          Object.values(records).map(({ kcv }) => kcv),
          kcvs(),
        );
    });

  for (const type of ["rsa-2048", "ecdsa-p256", "hmac-sha256"].map(keyTypeOf))
    it(`of type ${type.name}: is made there, imported, replicated and rotated from there, and shows its public half`, async () => {
      const up = (more = {}) =>
        program.up({
          key: key({ type: type.name, replicaRegions: ["eu-west-1"], ...more }),
          replicas: ["eu-west-1"],
        });
      await up();
      await up({ rotationTrigger: "b" });
      assert.equal(took("ImportKeyMaterial"), 4);
      const materials = hsm.materials(pin);
      const identities = ["orders v1", "orders v2"].map((label) => type.identityOf(materials[label]!));
      assert.deepEqual(
        kcvs(),
        identities.map(({ kcv }) => kcv),
      );
      const aliasName = String(program.outputs("distribution").aliasName);
      if (type.publicKeyOf) {
        const { publicKey } = (program.outputs("key").versions as { publicKey: string }[])[1]!;
        for (const region of ["us-west-1", "eu-west-1"]) {
          const question = new GetPublicKeyCommand({ KeyId: aliasName });
          const { PublicKey } = await new Application(local, region).send(question);
          assert.ok(createPublicKey(publicKey).equals(publicKeyOfDer(PublicKey!)));
        }
        assert.deepEqual(Object.keys(JSON.parse(keyring()).keys[1]), [
          "kid",
          "iat",
          "kcv",
          "cmac",
          "publicKey",
          "from",
        ]);
        assert.equal(JSON.parse(String(program.outputs("key").jwks)).keys.length, 2);
      }
      const sealed = await new Observer(local, "us-west-1").seal(aliasName, "order 1", useOf(type));
      assert.deepEqual(await new Observer(local, "eu-west-1").lost([sealed]), []);
      assert.deepEqual(await program.refreshAll(), []);
    });

  it("of type ecdsa-p256: does not move there from the state where its token wraps more than it", async () => {
    const type = keyTypeOf("ecdsa-p256");
    await program.up({ key: key({ type: type.name, keystore: "state" }) });
    const before = keyring();
    assert.match(
      await refusal(program.up({ key: key({ type: type.name }) })),
      /it puts 5 more bytes behind the private key/,
    );
    assert.equal(keyring(), before);
    assert.equal(hsm.objects(pin), 0);
  });

  it("of type ecdsa-p384: is one that its owner has or made there, each once, and moves there from the state", async () => {
    const type = keyTypeOf("ecdsa-p384");
    const own = await ownMaterial(type);
    process.env.ORDERS_1 = own.text;
    const signing = (more: object) => key({ type: type.name, ...more });
    await program.up({ key: signing({ keystore: "state", material: "env://ORDERS_1" }) });
    const before = program.outputs("key").versions;
    calls.length = 0;
    await program.up({ key: signing({ material: "env://ORDERS_1" }) });
    assert.deepEqual(calls, []);
    assert.deepEqual(program.outputs("key").versions, before);
    for (const secret of own.secrets) assert.ok(!keyring().includes(secret));
    await assert.rejects(
      program.up({ key: signing({ material: "pkcs11:object=orders%20v1" }) }),
      /what came is that of version 1/,
    );
    await program.up({ key: signing({ material: "env://ORDERS_1" }), distribution: { validFor: "90d" } });
    assert.equal(took("ImportKeyMaterial"), 1);
  });

  it("leaves nothing of the material in the state, and says where it is", async () => {
    await program.up({ key: key() });
    const { keystore, keys } = JSON.parse(keyring());
    assert.equal(keystore, hsm.uri());
    assert.deepEqual(Object.keys(keys[0]), ["kid", "iat", "kcv", "cmac", "from"]);
    assert.match(keys[0].from, /^pkcs11:id=(%[0-9a-f]{2}){16}$/);
  });

  it("has in AWS the material that the HSM has: AWS takes it again, and no other", async () => {
    await program.up({ key: key(), distribution: { validFor: "90d" } });
    const { importedAt } = kmsKeys()["1"]!;
    await program.up({ key: key(), distribution: { validFor: "60d" } });
    assert.notEqual(kmsKeys()["1"]!.importedAt, importedAt);
    assert.equal(took("ImportKeyMaterial"), 2);
  });

  it("is not asked where nothing is made or imported", async () => {
    await program.up({ key: key() });
    await program.up({ key: key({ rotationTrigger: "b" }) });
    const before = keyring();
    lose(hsm);
    delete process.env.HSM_PIN;
    calls.length = 0;
    await program.up({ key: key({ rotationTrigger: "b" }) });
    assert.deepEqual(calls, []);
    await program.up({ key: key({ rotationTrigger: "b", minEnabledVersion: 2 }) });
    assert.equal(took("DisableKey"), 1);
    await program.refreshAll();
    assert.equal(keyring(), before);
  });

  it("changes nothing while the HSM is out of reach, and goes on once it is back", async () => {
    await program.up({ key: key() });
    const [before, records] = [keyring(), kmsKeys()];
    const away = hsm.copy();
    lose(away);
    assert.match(await refusal(program.up({ key: key({ rotationTrigger: "b" }) })), /it shows: none/);
    assert.equal(keyring(), before);
    assert.deepEqual(kmsKeys(), records);
    away.close();
    await program.up({ key: key({ rotationTrigger: "b" }) });
    assert.equal(kcvs().length, 2);
  });

  it("that was made by an update which was killed stays in the HSM unused, and another one is made", async () => {
    const killed = resourcesOf(new Run()).ManagedKey;
    const { inputs } = await killed.check(undefined, key({ name: "orders", replicaRegions: [] }));
    const { outputs } = await killed.create(inputs);
    await program.up({ key: key() });
    const [{ kcv: lost }] = outputs.versions as [{ kcv: string }];
    assert.notEqual(kcvs()[0], lost);
    assert.equal(
      hsm.inspect(pin, ({ keys }) => keys.length),
      2,
    );
  });

  for (const [from, given] of [
    ["state", {}],
    ["env://ROOT", {}],
    ["none", { material: "env://ORDERS_{version}" }],
  ] as const)
    it(`moves there from "${from}" with no call to AWS, every version with its key check value`, async () => {
      await program.up({ key: { keystore: from, rotationTrigger: "a", ...given } });
      await program.up({ key: { keystore: from, rotationTrigger: "b", ...given } });
      const [before, versions] = [keyring(), program.outputs("key").versions];
      calls.length = 0;
      await program.up({ key: key({ rotationTrigger: "b", ...given }) });
      assert.deepEqual(calls, []);
      assert.deepEqual(program.outputs("key").versions, versions);
      for (const { k } of JSON.parse(before).keys) assert.ok(!k || !keyring().includes(k));
      const materials = hsm.materials(pin);
      assert.deepEqual(
        kcvs(),
        ["orders v1", "orders v2"].map((label) => keyCheckValue(materials[label]!)),
      );
      await program.up({ key: key({ rotationTrigger: "b", ...given }), distribution: { validFor: "90d" } });
      assert.equal(took("ImportKeyMaterial"), 2);
    });

  it("moves to another HSM that holds the same keys, and to no other", async () => {
    await program.up({ key: key() });
    const before = keyring();
    const moved = key({ keystore: hsm.uri("keymgmt", "env://HSM_PIN_2") });
    const backup = hsm.copy();
    backup.inspect(pin, ({ cryptoki, session, keys }) => cryptoki.C_DestroyObject(session, keys[0]!));
    assert.match(await refusal(program.up({ key: moved })), /it holds no such secret key\. Restore the HSM/);
    assert.equal(keyring(), before);
    backup.close();
    const restored = hsm.copy();
    await program.up({ key: moved });
    restored.close();
    assert.deepEqual(JSON.parse(keyring()).keys, JSON.parse(before).keys);
    assert.equal(parseKeyring(keyring(), "aes256-gcm96").keystore, hsm.uri("keymgmt", "env://HSM_PIN_2"));
  });

  it("has all its versions in one HSM: another with the same label is given none", async () => {
    await program.up({ key: key() });
    const before = keyring();
    const other = open();
    other.newToken(pin);
    other.ceremony(pin, "orders-2");
    for (const material of [undefined, "env://ORDERS_2", "pkcs11:object=orders-{version}"])
      assert.match(
        await refusal(program.up({ key: key({ rotationTrigger: "b", material }) })),
        /^Expected version 1 of key "orders" at pkcs11:id=.* it holds no such secret key\./,
      );
    assert.deepEqual(Object.keys(other.materials(pin)), ["orders-2"]);
    other.close();
    assert.equal(keyring(), before);
    await program.up({ key: key({ rotationTrigger: "b" }) });
    assert.equal(kcvs().length, 2);
  });

  it("never leaves it", async () => {
    await program.up({ key: key() });
    const before = keyring();
    for (const keystore of ["state", "env://ROOT"]) {
      await assert.rejects(
        program.up({ key: key({ keystore }) }),
        new RegExp(`Expected \`keystore\` to stay an HSM \\(pkcs11:\\), got "${keystore}"`),
      );
    }
    assert.equal(keyring(), before);
  });

  it("takes own material in from where its owner keeps it, and each only once", async () => {
    const own = (name: string) => key({ material: `env://${name}` });
    await program.up({ key: own("ORDERS_1") });
    assert.equal(hsm.materials(pin)["orders v1"]!.toString("hex"), process.env.ORDERS_1);
    process.env.AGAIN = process.env.ORDERS_1;
    await assert.rejects(program.up({ key: own("AGAIN") }), /Expected new `material`/);
    await program.up({ key: own("ORDERS_2") });
    assert.equal(kcvs().length, 2);
    delete process.env.ORDERS_1;
    delete process.env.ORDERS_2;
    await program.up({ key: own("ORDERS_2"), distribution: { validFor: "90d" } });
    assert.equal(took("ImportKeyMaterial"), 4);
  });

  it("takes keys that its owner made there, a version each", async () => {
    for (const label of ["orders-1", "orders-2"]) hsm.ceremony(pin, label);
    const ceremony = key({ material: "pkcs11:object=orders-{version}" });
    await program.up({ key: ceremony });
    await program.up({ key: { ...ceremony, rotationTrigger: "b" } });
    const materials = hsm.materials(pin);
    assert.deepEqual(
      kcvs(),
      ["orders-1", "orders-2"].map((label) => keyCheckValue(materials[label]!)),
    );
    assert.match(
      await refusal(program.up({ key: { ...ceremony, rotationTrigger: "c" } })),
      /version 3 of key "orders" at pkcs11:object=orders-3 .* it holds no such secret key/,
    );
    await program.up({ key: { ...ceremony, rotationTrigger: "b" } });
    await assert.rejects(
      program.up({ key: key({ rotationTrigger: "b", material: "pkcs11:object=orders-1" }) }),
      /what came is that of version 1/,
    );
    assert.equal(Object.keys(materials).length, 2);
  });

  it("takes the versions of a key that its owner has put there before, where they are the same", async () => {
    const state = { keystore: "state", rotationTrigger: "a" };
    await program.up({ key: state });
    hsm.ceremony(pin, "orders-1");
    const moved = { ...state, keystore: hsm.uri(), material: "pkcs11:object=orders-{version}" };
    assert.match(await refusal(program.up({ key: moved })), /the key there has key check value /);
    assert.equal(parseKeyring(keyring(), "aes256-gcm96").keystore, undefined);
    const [{ k }] = JSON.parse(keyring()).keys;
    const keystore = parseKeystore(hsm.uri()) as HsmKeystore;
    const here = { session: withoutKms(), keystore, type: AES_256 };
    await putIntoHsm(here, { key: "orders", version: 1 }, Buffer.from(k, "base64url"));
    calls.length = 0;
    await program.up({ key: { ...moved, material: "pkcs11:object=orders%20v{version}" } });
    assert.deepEqual(calls, []);
    assert.equal(JSON.parse(keyring()).keys[0].from, "pkcs11:object=orders%20v1");
  });
});
