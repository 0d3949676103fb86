import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  KMSClient,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { LocalKms } from "../../../../local-kms/src/index";
import { parseKeyring, type SealedVersion } from "../../../../provider/keys/keyring";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { localKms, Program } from "../../../world/program";
import { setEnvironment } from "../../kms/loopback";
import { refusal } from "../../refusal";

const KEYSTORES = ["env://ROOT", "awskms", "none"] as const;
/** What may become of that which opens a keyring: it is gone, or there is another in its place (AWS finds the right one itself). */
const LOSSES: [(typeof KEYSTORES)[number], "gone" | "another"][] = [
  ...KEYSTORES.map((keystore) => [keystore, "gone"] as (typeof LOSSES)[number]),
  ["env://ROOT", "another"],
  ["none", "another"],
];

describe("a distributed key in a keystore", () => {
  let local: LocalKms;
  let program: Program;
  let calls: string[];
  let rootKey: string;
  let restore: () => void;
  let rootKeyIsThere: boolean;
  let onCreateKey: (() => void) | undefined;

  beforeEach(async () => {
    restore = setEnvironment({
      AWS_ACCESS_KEY_ID: "111122223333",
      AWS_SECRET_ACCESS_KEY: "secret",
      ROOT: randomBytes(32).toString("base64"),
      ROOT_2: randomBytes(32).toString("hex"),
      ORDERS_1: randomBytes(32).toString("hex"),
      ORDERS_2: randomBytes(32).toString("hex"),
    });
    calls = [];
    rootKeyIsThere = true;
    onCreateKey = undefined;
    local = await localKms({
      intercept: ({ operation, region }) => {
        calls.push(operation);
        if (operation === "CreateKey") onCreateKey?.();
        const isAsked = region === "us-east-1" && /^(GenerateDataKey|Decrypt)$/.test(operation);
        return isAsked && !rootKeyIsThere ? { error: { name: "DisabledException" } } : undefined;
      },
    });
    program = new Program(local);
    sinon.stub(console, "error");
    rootKey = (await root().send(new CreateKeyCommand({}))).KeyMetadata!.Arn!;
    await root().send(new CreateAliasCommand({ AliasName: "alias/root", TargetKeyId: rootKey }));
    calls.length = 0;
  });
  afterEach(async () => {
    sinon.restore();
    restore();
    await local.close();
  });

  const root = () => new KMSClient({ region: "us-east-1", endpoint: local.url });
  const url = (keystore: (typeof KEYSTORES)[number]) =>
    keystore === "awskms" ? `awskms://alias/root?region=us-east-1&endpoint=${local.url}` : keystore;
  const keyIn = (keystore: (typeof KEYSTORES)[number], more = {}) => ({
    keystore: url(keystore),
    rotationTrigger: "a",
    ...(keystore === "none" && { material: "env://ORDERS_{version}" }),
    ...more,
  });
  const keyring = () => String(program.outputs("key").keyring);
  const kmsKeys = () => program.outputs("distribution").versions as KmsKeyRecords;
  const took = (operation: string) => calls.filter((call) => call === operation).length;
  /** What opens every version is gone, or is another; gives the way back. */
  const lose = (how: "gone" | "another" = "gone") => {
    const lost = ["ROOT", "ORDERS_1", "ORDERS_2"];
    const before = lost.map((name) => process.env[name]);
    for (const name of lost) process.env[name] = how === "gone" ? "" : randomBytes(32).toString("hex");
    rootKeyIsThere = false;
    calls.length = 0;
    return () => {
      lost.forEach((name, index) => {
        process.env[name] = before[index];
      });
      rootKeyIsThere = true;
    };
  };

  for (const keystore of KEYSTORES) {
    it(`${keystore}: is imported, replicated and rotated from there`, async () => {
      const key = keyIn(keystore, { replicaRegions: ["eu-west-1"] });
      const replicas = ["eu-west-1"];
      await program.up({ key, replicas });
      await program.up({ key: { ...key, rotationTrigger: "b" }, replicas });
      const { aliasName } = program.outputs("distribution");
      const primary = new Application(local, "us-west-1");
      const encrypted = await primary.encrypt(String(aliasName), "order 1");
      assert.equal((await new Application(local, "eu-west-1").decrypt(encrypted)).text, "order 1");
      const kcvs = (program.outputs("key").versions as { kcv: string }[]).map(({ kcv }) => kcv);
      for (const records of [kmsKeys(), program.outputs("eu-west-1").versions as KmsKeyRecords])
        assert.deepEqual(
          Object.values(records).map(({ kcv }) => kcv),
          kcvs,
        );
      assert.equal(took("ImportKeyMaterial"), 4);
      assert.equal(took("GenerateDataKey"), keystore === "awskms" ? 3 : 0, "two versions, the claim secret");
      // One for each import, and one for the claim secret in the rotation: the run before has made it.
      assert.equal(took("Decrypt"), 1 + (keystore === "awskms" ? 5 : 0));
    });

    it(`${keystore}: takes a key in from the state, and gives it back, with no call for its KMS keys`, async () => {
      const plain = { keystore: "state", rotationTrigger: "a", material: "env://ORDERS_1" };
      await program.up({ key: plain });
      const before = JSON.parse(keyring());
      const versions = program.outputs("key").versions;
      calls.length = 0;
      await program.up({ key: keyIn(keystore, { material: "env://ORDERS_{version}" }) });
      assert.equal(parseKeyring(keyring(), "aes256-gcm96").keystore, url(keystore));
      assert.ok(!keyring().includes(before.keys[0].k));
      assert.deepEqual(program.outputs("key").versions, versions);
      assert.deepEqual(calls, keystore === "awskms" ? ["GenerateDataKey", "GenerateDataKey"] : []);
      await program.up({ key: { ...plain, material: "env://ORDERS_{version}" } });
      assert.deepEqual(JSON.parse(keyring()), before);
      assert.ok(
        calls.every((call) => call === "GenerateDataKey" || call === "Decrypt"),
        calls.join(),
      );
    });
  }

  for (const [keystore, how] of LOSSES) {
    const when = how === "gone" ? "without it" : "with another in its place";

    it(`${keystore}: ${when} all goes on that imports nothing`, async () => {
      await program.up({ key: keyIn(keystore) });
      await program.up({ key: keyIn(keystore, { rotationTrigger: "b" }) });
      const before = keyring();
      lose(how);
      const key = keyIn(keystore, { rotationTrigger: "b" });
      await program.up({ key });
      assert.deepEqual(calls, []);
      await program.up({ key: { ...key, minEnabledVersion: 2 }, distribution: { tags: { team: "shop" } } });
      assert.deepEqual(
        (program.outputs("key").versions as { enabled: boolean }[]).map(({ enabled }) => enabled),
        [false, true],
      );
      assert.deepEqual([took("DisableKey"), took("TagResource"), took("Decrypt")], [1, 2, 0]);
      await program.refreshAll();
      assert.equal(keyring(), before);
      await program.remove("keyDistribution", "distribution");
      assert.deepEqual([took("ScheduleKeyDeletion"), took("Decrypt"), took("GenerateDataKey")], [2, 0, 0]);
    });

    it(`${keystore}: ${when} no update reads the keyring, nor overwrites it`, async () => {
      await program.up({ key: keyIn(keystore) });
      const [before, records] = [keyring(), kmsKeys()];
      lose(how);
      // Where nothing is held, what is read for a new version may be anything.
      const rotation = keystore === "none" && how === "another" ? [] : [{ rotationTrigger: "b" }];
      const changes = [...rotation, { keystore: "env://ROOT_2", material: undefined }];
      for (const change of changes) {
        await refusal(program.up({ key: keyIn(keystore, change) }));
        assert.equal(keyring(), before);
      }
      // The material is to be imported again, with another time to expire.
      await refusal(program.up({ key: keyIn(keystore), distribution: { validFor: "90d" } }));
      assert.equal(keyring(), before);
      assert.equal(kmsKeys()["1"]!.keyId, records["1"]!.keyId);
      assert.equal(took("ImportKeyMaterial"), 0);
    });

    it(`${keystore}: ${when} at the first import, the KMS key waits until it is back`, async () => {
      let back: (() => void) | undefined;
      onCreateKey = () => {
        back ??= lose(how);
      };
      const message = await refusal(program.up({ key: keyIn(keystore) }));
      assert.match(
        message,
        /^Expected (the root key|the material of version 1) .*(nothing was changed|as it was|variable)\.$/,
      );
      const [before, record] = [keyring(), kmsKeys()["1"]!];
      assert.equal(record.state, "PendingImport");
      await refusal(program.up({ key: keyIn(keystore) }));
      back!();
      calls.length = 0;
      await program.up({ key: keyIn(keystore) });
      assert.equal(kmsKeys()["1"]!.keyId, record.keyId);
      assert.equal(kmsKeys()["1"]!.state, "Enabled");
      assert.equal(keyring(), before);
      assert.deepEqual([took("CreateKey"), took("ImportKeyMaterial")], [0, 1]);
    });
  }

  it("goes on while AWS rotates the root key", async () => {
    await program.up({ key: keyIn("awskms") });
    await root().send(new RotateKeyOnDemandCommand({ KeyId: rootKey }));
    calls.length = 0;
    await program.up({ key: keyIn("awskms", { rotationTrigger: "b" }), distribution: { validFor: "90d" } });
    assert.deepEqual([took("GenerateDataKey"), took("Decrypt"), took("ImportKeyMaterial")], [1, 3, 2]);
  });

  it("is not opened by another root key that its alias went over to, until that is named as a change", async () => {
    await program.up({ key: keyIn("awskms") });
    const [before, { KeyMetadata }] = [keyring(), await root().send(new CreateKeyCommand({}))];
    const pointTo = (TargetKeyId: string) =>
      root().send(new UpdateAliasCommand({ AliasName: "alias/root", TargetKeyId }));
    await pointTo(KeyMetadata!.KeyId!);
    const message = await refusal(program.up({ key: keyIn("awskms"), distribution: { validFor: "90d" } }));
    assert.match(
      message,
      /IncorrectKeyException.*move it back first. Then name the other KMS key in `keystore`/,
    );
    assert.equal(keyring(), before);
    await pointTo(rootKey);
    const other = `awskms:///${KeyMetadata!.Arn}?endpoint=${local.url}`;
    await program.up({ key: keyIn("awskms", { keystore: other }) });
    await root().send(new ScheduleKeyDeletionCommand({ KeyId: rootKey }));
    await program.up({ key: keyIn("awskms", { keystore: other }), distribution: { validFor: "90d" } });
    assert.equal(took("ImportKeyMaterial"), 2);
  });

  it("is sealed anew by another root key while both are there, and the old one may go", async () => {
    await program.up({ key: keyIn("env://ROOT") });
    const before = keyring();
    await program.up({ key: keyIn("env://ROOT", { keystore: "env://ROOT_2" }) });
    assert.notEqual(keyring(), before);
    lose();
    await program.up({ key: keyIn("env://ROOT", { keystore: "env://ROOT_2", rotationTrigger: "b" }) });
    assert.equal(took("ImportKeyMaterial"), 1);
  });

  it("is bound to its name and version by AWS's encryption context", async () => {
    await program.up({ key: keyIn("awskms") });
    await program.up({ key: keyIn("awskms", { rotationTrigger: "b" }) });
    const { keystore, keys } = parseKeyring(keyring(), "aes256-gcm96");
    assert.equal(keystore, url("awskms"));
    for (const { kid, jwe } of keys as SealedVersion[]) {
      const {
        alg,
        enc,
        kid: sealedBy,
        keymgmt,
      } = JSON.parse(Buffer.from(jwe.split(".")[0]!, "base64url").toString());
      assert.deepEqual([alg, enc, sealedBy], ["dir", "A256GCM", rootKey]);
      assert.deepEqual([keymgmt.key, keymgmt.version], ["orders", Number(kid)]);
      const CiphertextBlob = Buffer.from(keymgmt.dataKey, "base64url");
      const open = (EncryptionContext: Record<string, string>) =>
        root().send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
      const context = { "keymgmt:key": "orders", "keymgmt:version": kid };
      assert.equal((await open(context)).Plaintext?.length, 32);
      await assert.rejects(open({ ...context, "keymgmt:version": "3" }), {
        name: "InvalidCiphertextException",
      });
    }
  });

  it("says which permission on the root key is missing", async () => {
    await local.close();
    local = await localKms({
      intercept: ({ operation }) =>
        operation === "GenerateDataKey"
          ? {
              error: {
                name: "AccessDeniedException",
                message: `User: arn:aws:iam::111122223333:user/ci is not authorized to perform: kms:${operation} on resource: * because no identity-based policy allows the kms:${operation} action`,
              },
            }
          : undefined,
    });
    program = new Program(local);
    const message = await refusal(program.up({ key: keyIn("awskms") }));
    assert.match(
      message,
      /^Expected the root key alias\/root to seal or open version 1 of key "orders"\. kms:GenerateDataKey in us-east-1 .* Grant kms:GenerateDataKey to arn:aws:iam::111122223333:user\/ci .* The keyring is as it was\.$/,
    );
  });

  it("not held: follows its references to another place, and refuses one with other material", async () => {
    await program.up({ key: keyIn("none") });
    calls.length = 0;
    process.env.MOVED_1 = process.env.ORDERS_1;
    await program.up({ key: keyIn("none", { material: "env://MOVED_{version}" }) });
    assert.deepEqual(JSON.parse(keyring()).keys[0].from, "env://MOVED_1");
    assert.deepEqual(calls, []);
    const before = keyring();
    process.env.WRONG_1 = process.env.ORDERS_2;
    const message = await refusal(program.up({ key: keyIn("none", { material: "env://WRONG_{version}" }) }));
    assert.match(message, /material of version 1 of key "orders" from env:\/\/WRONG_1, with key check value/);
    assert.equal(keyring(), before);
  });

  it("not held: each reference that tells no versions apart is one version's", async () => {
    const key = { keystore: "none", material: "env://ORDERS_1" };
    await program.up({ key });
    await program.up({ key: { ...key, material: "env://ORDERS_2" } });
    assert.deepEqual(
      JSON.parse(keyring()).keys.map(({ from }: { from: string }) => from),
      ["env://ORDERS_1", "env://ORDERS_2"],
    );
    process.env.ORDERS_3 = process.env.ORDERS_1;
    await assert.rejects(
      program.up({ key: { ...key, material: "env://ORDERS_3" } }),
      /Expected new `material`; what came is that of version 1/,
    );
  });
});
