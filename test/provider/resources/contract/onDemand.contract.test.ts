import assert from "node:assert/strict";
import {
  DeleteAliasCommand,
  DeleteImportedKeyMaterialCommand,
  DisableKeyCommand,
  ListKeyRotationsCommand,
  ListKeysCommand,
} from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { Interception, LocalKms } from "../../../../local-kms/src/index";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { localKms, Program } from "../../../world/program";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";

describe("rotation on demand", function () {
  this.timeout(60_000);
  let local: LocalKms;
  let program: Program;
  let home: Application;
  let abroad: Application;
  let intercept: (operation: string, region: string) => Interception | undefined;

  beforeEach(async () => {
    intercept = () => undefined;
    local = await localKms({ intercept: ({ operation, region }) => intercept(operation, region) });
    program = new Program(local);
    home = new Application(local, HOME);
    abroad = new Application(local, ABROAD);
  });
  afterEach(() => local.close());

  const versions = (name = "distribution") => program.outputs(name).versions as KmsKeyRecords;
  const aliasName = () => String(program.outputs("distribution").aliasName);
  const declared = (rotationTrigger: string, replicas: string[] = [], more = {}) => ({
    key: { rotationTrigger, replicaRegions: [ABROAD], ...more },
    distribution: { rotationStrategy: "on-demand" },
    replicas,
  });
  const up = (trigger: string, replicas: string[] = []) => program.up(declared(trigger, replicas));
  const rotations = async (application: Application) => {
    const { keyId } = versions()[1]!;
    const list = new ListKeyRotationsCommand({ KeyId: keyId, IncludeKeyMaterial: "ALL_KEY_MATERIAL" });
    return (await application.send(list)).Rotations!;
  };

  it("costs the same four calls for a new key, and says what is left of AWS's 25 rotations", async () => {
    await program.up({ distribution: { rotationStrategy: "on-demand" } });
    const { "sts:GetCallerIdentity": _, ...calls } = local.counts();
    assert.deepEqual(calls, {
      CreateAlias: 1,
      CreateKey: 1,
      GetParametersForImport: 1,
      ImportKeyMaterial: 1,
    });
    assert.equal(program.outputs("distribution").rotationsLeft, 25);
  });

  it("keeps the KMS key: old and new ciphertext decrypt under one id, new ciphertext is under the new material", async () => {
    await up("a");
    const old = await home.encrypt(aliasName(), "old");
    await up("b");
    assert.equal(versions()[1]!.keyId, versions()[2]!.keyId);
    assert.equal((await home.send(new ListKeysCommand({}))).Keys!.length, 1);
    assert.equal((await home.describe(aliasName())).CurrentKeyMaterialId, versions()[2]!.keyMaterialId);
    assert.equal((await home.decrypt(old)).text, "old");
    assert.equal((await home.decrypt(await home.encrypt(aliasName(), "new"))).text, "new");
    assert.equal(program.outputs("distribution").rotationsLeft, 24);
    local.resetCounts();
    await up("b");
    assert.deepEqual(local.counts(), {});
  });

  it("imports into every replica before it rotates, and a replica made later gets every version", async () => {
    await up("a", [ABROAD]);
    const first = await abroad.encrypt(aliasName(), "first");
    await up("b", [ABROAD]);
    const second = await home.encrypt(aliasName(), "second");
    for (const application of [home, abroad]) {
      assert.equal((await application.decrypt(first)).text, "first");
      assert.equal((await application.decrypt(second)).text, "second");
    }
    assert.deepEqual(Object.keys(versions(ABROAD)), ["1", "2"]);
    const later = {
      key: { rotationTrigger: "b", replicaRegions: [ABROAD] },
      distribution: { rotationStrategy: "on-demand" },
    };
    await program.up({ ...later, replicas: [] }); // the replica goes …
    await program.up({ ...later, replicas: [ABROAD] }); // … and comes back, with both materials
    assert.equal((await abroad.decrypt(second)).text, "second");
    assert.equal((await abroad.decrypt(first)).text, "first");
    assert.deepEqual(await program.refreshAll(), []);
  });

  it("takes up a replica in another Region with all versions at once", async () => {
    await up("a");
    const first = await home.encrypt(aliasName(), "first");
    await up("b");
    await up("c");
    await up("c", [ABROAD]);
    assert.deepEqual(Object.keys(versions(ABROAD)), ["1", "2", "3"]);
    assert.equal((await abroad.describe(aliasName())).KeyState, "Enabled");
    assert.equal((await abroad.decrypt(first)).text, "first");
    assert.equal((await home.decrypt(await abroad.encrypt(aliasName(), "x"))).text, "x");
  });

  it("goes on where a rotation failed: no material is imported as new twice, and AWS rotates once", async () => {
    await up("a", [ABROAD]);
    for (const operation of ["RotateKeyOnDemand", "ImportKeyMaterial"]) {
      for (const when of ["before", "after"] as const) {
        let failures = 1;
        intercept = (called, region) =>
          called === operation && (operation !== "ImportKeyMaterial" || region === ABROAD) && failures-- > 0
            ? { when, error: { name: "AccessDeniedException", message: "not now" } }
            : undefined;
        const trigger = `${operation} ${when}`;
        await assert.rejects(up(trigger, [ABROAD]), /not now/);
        await up(trigger, [ABROAD]);
        assert.equal((await abroad.decrypt(await home.encrypt(aliasName(), trigger))).text, trigger);
      }
    }
    assert.deepEqual((await rotations(home)).map(({ KeyMaterialState }) => KeyMaterialState).sort(), [
      "CURRENT",
      "NON_CURRENT",
      "NON_CURRENT",
      "NON_CURRENT",
      "NON_CURRENT",
    ]);
    assert.equal(program.outputs("distribution").rotationsLeft, 21);
  });

  it("waits out a lost answer of RotateKeyOnDemand", async () => {
    await up("a");
    let lost = 1;
    intercept = (operation) =>
      operation === "RotateKeyOnDemand" && lost-- > 0 ? { when: "after", drop: "reset" } : undefined;
    await up("b");
    assert.equal((await home.describe(aliasName())).CurrentKeyMaterialId, versions()[2]!.keyMaterialId);
  });

  it("repairs what a refresh has seen, with every version's material", async () => {
    await up("a");
    const old = await home.encrypt(aliasName(), "old");
    await up("b");
    const { keyId, keyMaterialId } = versions()[1]!;
    await home.send(new DeleteImportedKeyMaterialCommand({ KeyId: keyId, KeyMaterialId: keyMaterialId }));
    assert.deepEqual(await program.refreshAll(), [
      "versions 1 to 2 in us-west-1: PendingImport: its key material was deleted outside this stack",
    ]);
    await up("b");
    assert.equal((await home.decrypt(old)).text, "old");
    await home.send(new DisableKeyCommand({ KeyId: keyId }));
    assert.deepEqual(await program.refreshAll(), [
      "versions 1 to 2 in us-west-1: Disabled outside this stack",
    ]);
    await up("b");
    assert.equal((await home.decrypt(old)).text, "old");
    assert.deepEqual(await program.refreshAll(), []);
  });

  it("renews the material of every version where it expires", async () => {
    const expiring = (trigger: string, validFor: string) => ({
      key: { rotationTrigger: trigger },
      distribution: { rotationStrategy: "on-demand", validFor },
    });
    await program.up(expiring("a", "30d"));
    await program.up(expiring("b", "30d"));
    await program.up(expiring("b", "90d"));
    const ends = (await rotations(home)).map(({ ValidTo }) => ValidTo!.getTime() - Date.now());
    assert.equal(ends.length, 2);
    for (const end of ends) assert.ok(Math.abs(end / 86_400_000 - 90) < 0.1, String(end / 86_400_000));
  });

  it("distributes a key that was rotated before with its latest version alone", async () => {
    const elsewhere = { keyCollection: "us-east-1" };
    await program.up({ key: { rotationTrigger: "a" }, kms: elsewhere });
    await program.up({ key: { rotationTrigger: "b" }, kms: elsewhere });
    for (const name of ["distribution", "kms"]) program.states.delete(name);
    await program.up({ key: { rotationTrigger: "b" }, distribution: { rotationStrategy: "on-demand" } });
    assert.deepEqual(Object.keys(versions()), ["2"]);
    assert.equal(program.outputs("distribution").rotationsLeft, 25);
  });

  it("comes back with every version that the KMS key held: old ciphertext decrypts", async () => {
    await up("a", [ABROAD]);
    const first = await home.encrypt(aliasName(), "first");
    await up("b", [ABROAD]);
    const second = await abroad.encrypt(aliasName(), "second");
    const { keyId } = versions()[1]!;
    await program.remove("keyReplica", ABROAD);
    await program.remove("keyDistribution", "distribution");
    await up("b", [ABROAD]);
    await up("c", [ABROAD]);
    assert.equal(versions()[3]!.keyId, keyId);
    assert.equal(program.outputs("distribution").rotationsLeft, 23, "AWS counts the rotations of before");
    assert.deepEqual(Object.keys(versions(ABROAD)), ["1", "2", "3"]);
    for (const application of [home, abroad]) {
      assert.equal((await application.decrypt(first)).text, "first");
      assert.equal((await application.decrypt(second)).text, "second");
      assert.equal((await application.send(new ListKeysCommand({}))).Keys!.length, 1);
    }
  });

  describe("a rotation that was cut short between its imports and RotateKeyOnDemand", () => {
    const replicas = [ABROAD];
    let keyId: string;

    beforeEach(async () => {
      await up("a", replicas);
      keyId = versions()[1]!.keyId;
      intercept = (operation) =>
        operation === "RotateKeyOnDemand"
          ? { error: { name: "AccessDeniedException", message: "not now" } }
          : undefined;
      await assert.rejects(up("b", replicas), /not now/);
      assert.equal(program.outputs("distribution").rotationsLeft, 25);
      intercept = () => undefined;
    });

    async function isCurrent(version: number): Promise<void> {
      assert.deepEqual(
        Object.values(versions()).map((record) => record.keyId),
        Array(version).fill(keyId),
      );
      for (const application of [home, abroad]) {
        const { CurrentKeyMaterialId } = await application.describe(aliasName());
        assert.equal(CurrentKeyMaterialId, versions()[version]!.keyMaterialId);
      }
      assert.equal(program.outputs("distribution").rotationsLeft, 26 - version);
      assert.equal((await rotations(home)).length, version);
      assert.equal((await abroad.decrypt(await home.encrypt(aliasName(), "x"))).text, "x");
      assert.deepEqual(await program.refreshAll(), []);
    }

    const remove = async () => {
      await program.remove("keyReplica", ABROAD);
      await program.remove("keyDistribution", "distribution");
    };

    it("is finished by a distribution that comes back", async () => {
      await remove();
      await up("b", replicas);
      await isCurrent(2);
    });

    it("is finished before the rotation to a later version: AWS keeps one material waiting", async () => {
      await up("c", replicas);
      await isCurrent(3);
    });

    it("is finished first by a distribution that comes back with a later version", async () => {
      await remove();
      await up("c", replicas);
      await isCurrent(3);
    });
  });

  it("rotates past a replica that waits for its deletion, which waits on; it comes back with every version", async () => {
    await up("a", [ABROAD]);
    const { keyId } = versions()[1]!;
    await up("a");
    await up("b");
    assert.equal((await abroad.describe(keyId)).KeyState, "PendingDeletion");
    const text = await home.encrypt(aliasName(), "new");
    await up("b", [ABROAD]);
    assert.equal((await abroad.decrypt(text)).text, "new");
  });

  it("gives a replica that was given up back to its deletion, although the rotation failed half-way", async () => {
    await up("a", [ABROAD]);
    const { keyId } = versions()[1]!;
    await up("a");
    for (const failing of ["ImportKeyMaterial", "RotateKeyOnDemand", "ScheduleKeyDeletion"]) {
      let failures = 1;
      intercept = (operation) =>
        operation === failing && failures-- > 0
          ? { error: { name: "LimitExceededException", message: "not now" } }
          : undefined;
      await assert.rejects(up(failing), /not now/);
      await up(failing);
      assert.equal((await abroad.describe(keyId)).KeyState, "PendingDeletion", failing);
    }
  });

  it("schedules no deletion of a replica that others disabled and took the alias from", async () => {
    await up("a", [ABROAD]);
    const { keyId } = versions()[1]!;
    await abroad.send(new DisableKeyCommand({ KeyId: keyId }));
    await abroad.send(new DeleteAliasCommand({ AliasName: aliasName() }));
    const scheduled: string[] = [];
    intercept = (operation, region) => {
      if (operation === "ScheduleKeyDeletion") scheduled.push(region);
      return undefined;
    };
    await up("b", [ABROAD]);
    assert.deepEqual(scheduled, []);
    assert.notEqual((await abroad.describe(keyId)).KeyState, "PendingDeletion");
  });

  it("refuses what it cannot do, and says why", async () => {
    await up("a");
    await up("b");
    await assert.rejects(
      program.up(declared("b", [], { minEnabledVersion: 2 })),
      /`minEnabledVersion` of key "orders" to be at most 1.*cannot disable only one of its key materials/,
    );
    await assert.rejects(
      new Program(local).up({
        distribution: { rotationStrategy: "on-demand", adopt: { aliasName: "alias/hashicorp/x-1" } },
      }),
      /"manual" with `adopt`/,
    );
    for (let version = 3; version <= 26; version++) versions()[version] = versions()[2]!;
    const state = program.states.get("key")!;
    Object.assign(state.outputs, { keyVersion: 26 });
    Object.assign(state.inputs, { keyVersion: 26 });
    await assert.rejects(up("c"), /at most 25 rotations of one KMS key.*has used them all/);
  });

  it("is refused where a distribution has a KMS key for each version: these would be left", async () => {
    const manual = { rotationTrigger: "b", minEnabledVersion: 2 };
    await program.up({ key: { rotationTrigger: "a" } });
    await program.up({ key: manual });
    const distribution = { rotationStrategy: "on-demand" };
    await assert.rejects(
      program.up({ key: manual, distribution }),
      /`rotationStrategy` cannot change .*: its versions would get new KMS keys/,
    );
  });

  it("says in the preview what is left of AWS's rotations", async () => {
    await up("a");
    const said = sinon.stub(console, "error");
    try {
      await up("b");
      sinon.assert.calledWithMatch(said, 'key "orders" has 24 of AWS\'s 25 on-demand rotations');
      said.resetHistory();
      await up("b");
      sinon.assert.notCalled(said);
    } finally {
      said.restore();
    }
  });

  it("deletes the one KMS key once", async () => {
    await up("a", [ABROAD]);
    await up("b", [ABROAD]);
    const { keyId } = versions()[1]!;
    await program.remove("keyReplica", ABROAD);
    local.resetCounts();
    await program.remove("keyDistribution", "distribution");
    const { DeleteAlias, ScheduleKeyDeletion } = local.counts();
    assert.deepEqual([DeleteAlias, ScheduleKeyDeletion], [1, 1]);
    assert.equal((await abroad.describe(keyId)).KeyState, "PendingDeletion");
  });
});
