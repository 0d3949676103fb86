import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  DeleteImportedKeyMaterialCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ScheduleKeyDeletionCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-kms";
import type { InterceptedRequest, Interception, LocalKms } from "../../../../local-kms/src/index";
import { importMaterial } from "../../../../local-kms/test/support";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { localKms, Program } from "../../../world/program";
import { adoptIn } from "../../../world/scene";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";

describe("a distribution that comes back", () => {
  let local: LocalKms;
  let home: Application;
  let abroad: Application;
  let intercept: (request: InterceptedRequest) => Interception | undefined;

  beforeEach(async () => {
    intercept = () => undefined;
    local = await localKms({ intercept: (request) => intercept(request) });
    home = new Application(local, HOME);
    abroad = new Application(local, ABROAD);
  });
  afterEach(() => local.close());

  const versions = (program: Program) => program.outputs("distribution").versions as KmsKeyRecords;
  const alias = (program: Program) => String(program.outputs("distribution").aliasName);

  async function remove(program: Program) {
    for (const name of [...program.states.keys()].filter((name) => /-\d$/.test(name)))
      await program.remove("keyReplica", name);
    await program.remove("keyDistribution", "distribution");
  }
  const keyCount = async (application: Application) =>
    (await application.send(new ListKeysCommand({}))).Keys!.length;

  it("takes back the KMS keys of every version and Region: old ciphertext decrypts, nothing new is made", async () => {
    const program = new Program(local);
    const up = (rotationTrigger: string) =>
      program.up({
        key: { replicaRegions: [ABROAD], rotationTrigger },
        replicas: [ABROAD],
        distribution: { tags: { run: rotationTrigger } },
      });
    await up("a");
    const first = await home.encrypt(alias(program), "first");
    await up("b");
    const second = await abroad.encrypt(alias(program), "second");
    const before = Object.values(versions(program)).map(({ keyId }) => keyId);
    await remove(program);
    for (const keyId of before) assert.match((await home.describe(keyId)).KeyState!, /^Pending.*Deletion$/);

    await up("b");
    assert.deepEqual(
      Object.values(versions(program)).map(({ keyId }) => keyId),
      before,
    );
    for (const application of [home, abroad]) {
      assert.equal((await application.decrypt(first)).text, "first");
      assert.equal((await application.decrypt(second)).text, "second");
      const { keyArn } = await home.decrypt(await application.encrypt(alias(program), "new"));
      assert.equal(keyArn.split("/")[1], before[1]);
      assert.equal(await keyCount(application), 2);
      const { Tags } = await application.send(new ListResourceTagsCommand({ KeyId: before[0]! }));
      const tags = Object.fromEntries(Tags!.map(({ TagKey, TagValue }) => [TagKey, TagValue]));
      assert.equal(tags["keymgmt:distribution"], program.outputs("distribution").name);
    }
    assert.deepEqual(await program.refreshAll(), []);
  });

  it("keeps what it took back, although the deletion of the one before it goes on only afterwards", async () => {
    const program = new Program(local);
    const inputs = { key: { replicaRegions: [ABROAD] }, replicas: [ABROAD] };
    await program.up({ ...inputs });
    const ciphertext = await home.encrypt(alias(program), "kept");
    const [distribution, replica] = ["distribution", ABROAD].map((name) => program.states.get(name)!);
    await remove(program); // half done: the engine still has both in its state
    await program.up({ ...inputs });
    for (const [name, state] of [
      ["abroad-1", replica!],
      ["old", distribution!],
    ] as const) {
      program.states.set(name, state);
      await program.delete(name === "old" ? "keyDistribution" : "keyReplica", name);
    }
    for (const application of [home, abroad]) {
      assert.equal((await application.decrypt(ciphertext)).text, "kept");
      assert.equal((await application.describe(alias(program))).KeyState, "Enabled");
    }
  });

  it("imports again where the material is gone too", async () => {
    const program = new Program(local);
    await program.up();
    const old = await home.encrypt(alias(program), "kept");
    await remove(program);
    const [{ KeyId }] = (await home.send(new ListKeysCommand({}))).Keys as [{ KeyId: string }];
    await home.send(new DeleteImportedKeyMaterialCommand({ KeyId }));
    await program.up();
    assert.equal((await home.decrypt(old)).text, "kept");
    assert.equal(await keyCount(home), 1);
  });

  it("brings tags to what they should be although the update that took up the KMS keys failed", async () => {
    const program = new Program(local);
    const inputs = { key: { replicaRegions: [ABROAD] }, replicas: [ABROAD] };
    await program.up({ ...inputs });
    await remove(program);
    const error = { name: "KMSInvalidStateException" };
    await local.setFaults([{ operation: "EnableKey", region: ABROAD, times: 1, error }]);
    await assert.rejects(program.up({ ...inputs }));
    await program.up({ ...inputs });
    assert.deepEqual(await program.refreshAll(), []);
  });

  it("with own material takes them back in a stack that is made anew, where the program names them", async () => {
    const material = randomBytes(32).toString("base64");
    const first = new Program(local);
    await first.up({ key: { material } });
    const old = await home.encrypt(alias(first), "kept");
    await remove(first);
    const second = new Program(local);
    let refusal = "";
    await assert.rejects(second.up({ key: { material } }), ({ message }: Error) => {
      refusal = message;
      return /its tag keymgmt:claim was not made with the keyring/.test(message);
    });
    await second.up({ key: { material }, distribution: { adopt: adoptIn(refusal) } });
    assert.equal((await home.decrypt(old)).text, "kept");
    assert.equal(await keyCount(home), 1);
  });

  it("leaves a KMS key that another keyring made to its deletion, and makes a new one where the key may be deleted", async () => {
    const first = new Program(local);
    await first.up({ key: { material: randomBytes(32).toString("base64") } });
    const { keyId } = versions(first)[1]!;
    await remove(first);
    const second = new Program(local);
    await second.up({ key: { material: randomBytes(32).toString("base64"), deletionAllowed: true } });
    assert.notEqual(versions(second)[1]!.keyId, keyId);
    const { KeyState, DeletionDate } = await home.describe(keyId);
    assert.equal(KeyState, "PendingDeletion");
    assert.ok(DeletionDate!.getTime() > Date.now() + 29 * 86_400_000);
    await home.encrypt(alias(second), "works");
  });

  it("leaves alone what another stack with the same key and the same own material uses", async () => {
    const one = new Program(local);
    const material = randomBytes(32).toString("base64");
    await one.up({ key: { material } });
    const other = new Program(local, "111122223333", "organization/shop/prod");
    await other.up({ key: { material } });
    assert.notEqual(versions(one)[1]!.keyId, versions(other)[1]!.keyId);
    assert.equal((await home.describe(alias(one))).KeyId, versions(one)[1]!.keyId);
  });

  it("goes on where a run was killed between taking back and the next step", async () => {
    const program = new Program(local);
    await program.up();
    const old = await home.encrypt(alias(program), "kept");
    const { keyId } = versions(program)[1]!;
    await remove(program);
    await home.send(new CancelKeyDeletionCommand({ KeyId: keyId }));
    await program.up();
    assert.equal(versions(program)[1]!.keyId, keyId);
    assert.equal((await home.decrypt(old)).text, "kept");
  });

  it("does not take a KMS key that another keyring made for its own where the first update failed", async () => {
    const first = new Program(local);
    await first.up({ key: { material: randomBytes(32).toString("base64") } });
    const { keyId } = versions(first)[1]!;
    await remove(first);
    const second = new Program(local);
    const inputs = { key: { material: randomBytes(32).toString("base64"), deletionAllowed: true } };
    intercept = ({ operation }) =>
      operation === "ImportKeyMaterial" ? { error: { name: "AccessDeniedException" } } : undefined;
    await assert.rejects(second.up({ ...inputs }));
    intercept = () => undefined;
    await second.up({ ...inputs });
    assert.notEqual(versions(second)[1]!.keyId, keyId);
    assert.equal((await home.describe(keyId)).KeyState, "PendingDeletion");
  });

  describe("whose KMS key has lost its material too, where a run was killed", () => {
    const inputs = { key: { deletionAllowed: true } };
    let program: Program;
    let keyId: string;
    let ciphertext: Uint8Array;

    /** The distribution is removed, and its KMS key's material deleted. */
    beforeEach(async () => {
      program = new Program(local);
      await program.up(inputs);
      keyId = versions(program)[1]!.keyId;
      ciphertext = await home.encrypt(alias(program), "kept");
      await remove(program);
      await home.send(new DeleteImportedKeyMaterialCommand({ KeyId: keyId }));
    });

    async function killed(when: "before" | "after"): Promise<void> {
      intercept = ({ operation }) =>
        operation === "ImportKeyMaterial" ? { when, error: { name: "AccessDeniedException" } } : undefined;
      await assert.rejects(program.up(inputs));
      intercept = () => undefined;
      await program.up(inputs);
    }

    for (const when of ["before", "after"] as const)
      it(`${when} its own material was imported, takes it back`, async () => {
        await killed(when);
        assert.equal(versions(program)[1]!.keyId, keyId);
        assert.equal((await home.decrypt(ciphertext)).text, "kept");
        assert.equal(await keyCount(home), 1);
        assert.deepEqual(await program.refreshAll(), []);
      });

    it("gives it back to deletion where it has other material, and makes a new one", async () => {
      // The one that it had is hidden; somebody has made another with its tags.
      await home.send(new CancelKeyDeletionCommand({ KeyId: keyId }));
      const { Tags } = await home.send(new ListResourceTagsCommand({ KeyId: keyId }));
      await home.send(
        new UntagResourceCommand({ KeyId: keyId, TagKeys: Tags!.map(({ TagKey }) => TagKey!) }),
      );
      await home.send(new ScheduleKeyDeletionCommand({ KeyId: keyId, PendingWindowInDays: 7 }));
      const { KeyMetadata } = await home.send(new CreateKeyCommand({ Origin: "EXTERNAL", Tags }));
      const other = KeyMetadata!.KeyId!;
      await importMaterial(home, other);
      await home.send(new ScheduleKeyDeletionCommand({ KeyId: other, PendingWindowInDays: 7 }));
      await killed("before");
      assert.ok(![keyId, other].includes(versions(program)[1]!.keyId));
      const { KeyState, DeletionDate } = await home.describe(other);
      assert.equal(KeyState, "PendingDeletion");
      assert.ok(DeletionDate!.getTime() > Date.now() + 29 * 86_400_000);
      await home.encrypt(alias(program), "works");
    });
  });

  it("rotated on demand, goes on where a run was killed after the first of its materials was proved", async () => {
    const program = new Program(local);
    const up = (rotationTrigger: string) =>
      program.up({
        key: { rotationTrigger },
        distribution: { rotationStrategy: "on-demand" },
      });
    await up("a");
    const old = await home.encrypt(alias(program), "kept");
    await up("b");
    const { keyId } = versions(program)[2]!;
    await remove(program);
    let imports = 0;
    intercept = ({ operation }) => {
      if (operation === "ImportKeyMaterial") imports += 1;
      return imports === 2 ? { error: { name: "AccessDeniedException" } } : undefined;
    };
    await assert.rejects(up("b"));
    intercept = () => undefined;
    await up("b");
    assert.deepEqual(
      Object.values(versions(program)).map((record) => record.keyId),
      [keyId, keyId],
    );
    assert.equal((await home.decrypt(old)).text, "kept");
    assert.equal(await keyCount(home), 1);
  });

  it("is not looked for where the key was made in the same run: four calls", async () => {
    const program = new Program(local);
    await program.up();
    assert.equal(local.counts().ListKeys, undefined);
    await program.up({ key: { rotationTrigger: "x" } });
    assert.equal(local.counts().ListKeys, undefined, "nor for a version that a rotation has just made");
  });
});
