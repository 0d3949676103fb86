import assert from "node:assert/strict";
import {
  GetKeyPolicyCommand,
  ListAliasesCommand,
  ListResourceTagsCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { Interception, LocalKms } from "../../../../local-kms/src/index";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { allowsRoot, keyPolicy } from "../../../world/keyPolicy";
import { localKms, Program } from "../../../world/program";

const REPLICAS = ["eu-west-1", "us-east-1"];

describe("a replicated key on the local KMS", () => {
  let local: LocalKms;
  let program: Program;
  let calls: string[];
  let intercept: (operation: string, region: string) => Interception | undefined;
  const applications = new Map<string, Application>();
  const application = (region: string) => applications.get(region)!;

  beforeEach(async () => {
    intercept = () => undefined;
    calls = [];
    local = await localKms({
      intercept: ({ operation, region }) => {
        calls.push(`${operation} ${region}`);
        return intercept(operation, region);
      },
    });
    program = new Program(local);
    for (const region of ["us-west-1", ...REPLICAS]) applications.set(region, new Application(local, region));
  });
  afterEach(() => local.close());

  const aliasName = () => String(program.outputs("distribution").aliasName);
  const records = (name: string) => program.outputs(name).versions as KmsKeyRecords;
  const key = (more = {}) => ({ replicaRegions: REPLICAS, ...more });

  it("costs ReplicateKey, its wait, and three calls a Region", async () => {
    await program.up({ key: key() });
    local.resetCounts();
    await program.up({ key: key(), replicas: ["eu-west-1"] });
    const { DescribeKey, ...counts } = local.counts();
    assert.deepEqual(counts, {
      CreateAlias: 1,
      GetParametersForImport: 1,
      ImportKeyMaterial: 1,
      ReplicateKey: 1,
    });
    assert.ok(DescribeKey! >= 1);
    local.resetCounts();
    await program.up({ key: key(), replicas: ["eu-west-1"] });
    assert.deepEqual(local.counts(), {});
  });

  it("decrypts in one Region what another encrypted, each through the same alias", async () => {
    await program.up({ key: key(), replicas: REPLICAS });
    for (const from of ["us-west-1", ...REPLICAS]) {
      const ciphertext = await application(from).encrypt(aliasName(), from);
      for (const to of ["us-west-1", ...REPLICAS]) {
        assert.equal((await application(to).decrypt(ciphertext)).text, from);
      }
    }
  });

  it("names a replica that is there and not ready where the update fails, and the next one takes it up", async () => {
    await program.up({ key: key() });
    const refused = { error: { name: "AccessDeniedException" } };
    intercept = (operation, region) =>
      operation === "DescribeKey" && region === "eu-west-1" ? refused : undefined;
    const said = sinon.stub(console, "error");
    try {
      await assert.rejects(program.up({ key: key(), replicas: ["eu-west-1"] }));
    } finally {
      said.restore();
    }
    const { keyId } = records("distribution")[1]!;
    const command = `aws kms schedule-key-deletion --region eu-west-1 --key-id ${keyId}`;
    assert.ok(said.args.join("\n").includes(command));
    intercept = () => undefined;
    await program.up({ key: key(), replicas: ["eu-west-1"] });
    assert.equal((await application("eu-west-1").describe(aliasName())).KeyId, keyId);
  });

  it("knows what a rotation has made in one Region although it failed in another", async () => {
    await program.up({ key: key({ rotationTrigger: "a" }), replicas: REPLICAS });
    intercept = (operation, region) =>
      operation === "GetKeyPolicy" && region === "us-east-1"
        ? { error: { name: "KMSInvalidStateException" } }
        : operation === "ImportKeyMaterial" && region === "eu-west-1"
          ? { delayMillis: 300 }
          : undefined;
    await assert.rejects(program.up({ key: key({ rotationTrigger: "b" }), replicas: REPLICAS }));
    assert.deepEqual(records("distribution")[2]!.replicas, ["eu-west-1"]);
  });

  it("has a rotation's new version ready in every Region before any alias moves", async () => {
    await program.up({ key: key({ rotationTrigger: "a" }), replicas: REPLICAS });
    calls.length = 0;
    await program.up({ key: key({ rotationTrigger: "b" }), replicas: REPLICAS });
    const firstMove = calls.findIndex((call) => call.startsWith("UpdateAlias"));
    for (const region of REPLICAS) {
      const imported = calls.indexOf(`ImportKeyMaterial ${region}`);
      assert.ok(imported >= 0 && imported < firstMove, `${region}: ${calls.join(", ")}`);
      assert.equal(
        (await application(region).describe(aliasName())).KeyId,
        records("distribution")[2]!.keyId,
      );
    }
    assert.deepEqual(records("distribution")[2]!.replicas, REPLICAS);
  });

  it("moves no alias while a Region is not ready, and goes on from there", async () => {
    await program.up({ key: key({ rotationTrigger: "a" }), replicas: REPLICAS });
    const first = records("distribution")[1]!.keyId;
    let failing = true;
    intercept = (operation, region) =>
      failing && operation === "ImportKeyMaterial" && region === "us-east-1"
        ? { error: { name: "AccessDeniedException", message: "not authorized" } }
        : undefined;
    await assert.rejects(program.up({ key: key({ rotationTrigger: "b" }), replicas: REPLICAS }));
    for (const region of ["us-west-1", ...REPLICAS]) {
      assert.equal((await application(region).describe(aliasName())).KeyId, first);
    }
    failing = false;
    await program.up({ key: key({ rotationTrigger: "b" }), replicas: REPLICAS });
    for (const region of ["us-west-1", ...REPLICAS]) {
      const ciphertext = await application(region).encrypt(aliasName(), region);
      const { keyArn } = await application("us-east-1").decrypt(ciphertext);
      assert.equal(keyArn, records("us-east-1")[2]!.keyArn);
    }
  });

  it("disables and enables versions in the replicas too", async () => {
    await program.up({ key: key({ rotationTrigger: "a" }), replicas: REPLICAS });
    const old = await application("us-west-1").encrypt(aliasName(), "kept");
    await program.up({ key: key({ rotationTrigger: "b", minEnabledVersion: 2 }), replicas: REPLICAS });
    await assert.rejects(application("eu-west-1").decrypt(old), { name: "DisabledException" });
    await program.up({ key: key({ rotationTrigger: "b" }), replicas: REPLICAS });
    assert.equal((await application("eu-west-1").decrypt(old)).text, "kept");
  });

  it("leaves a Region whose replica was removed out of the next rotation", async () => {
    await program.up({ key: key({ rotationTrigger: "a" }), replicas: REPLICAS });
    await program.up({ key: key({ rotationTrigger: "a" }), replicas: ["eu-west-1"] });
    calls.length = 0;
    await program.up({ key: key({ rotationTrigger: "b" }), replicas: ["eu-west-1"] });
    assert.deepEqual(records("distribution")[2]!.replicas, ["eu-west-1"]);
    assert.ok(!calls.includes("ImportKeyMaterial us-east-1"));
  });

  it("takes a replica that was removed back from deletion when it returns", async () => {
    await program.up({ key: key(), replicas: REPLICAS });
    const ciphertext = await application("us-east-1").encrypt(aliasName(), "kept");
    await program.up({ key: key(), replicas: ["eu-west-1"] });
    await assert.rejects(application("us-east-1").decrypt(ciphertext), { name: "KMSInvalidStateException" });
    await program.up({ key: key(), replicas: REPLICAS });
    assert.equal((await application("us-east-1").decrypt(ciphertext)).text, "kept");
  });

  it("repairs what others changed of a replica that was made by a rotation, was removed, and returns", async () => {
    const abroad = application("eu-west-1");
    await program.up({ key: key({ rotationTrigger: "a" }), replicas: ["eu-west-1"] });
    await program.up({ key: key({ rotationTrigger: "b" }), replicas: ["eu-west-1"] });
    const { keyId } = records("distribution")[2]!;
    const TagKeys = ["keymgmt:distribution"];
    await abroad.send(new UntagResourceCommand({ KeyId: keyId, TagKeys }));
    await program.up({ key: key({ rotationTrigger: "b" }) });
    await program.up({ key: key({ rotationTrigger: "b" }), replicas: ["eu-west-1"] });
    const { Tags = [] } = await abroad.send(new ListResourceTagsCommand({ KeyId: keyId }));
    assert.ok(Tags.some(({ TagKey }) => TagKey === TagKeys[0]));
    assert.deepEqual(await program.refreshAll(), []);
  });

  it("goes before its primary: alias deleted and every replica scheduled", async () => {
    await program.up({ key: key(), replicas: REPLICAS });
    const { keyId } = records("distribution")[1]!;
    for (const region of REPLICAS) await program.remove("keyReplica", region);
    await program.remove("keyDistribution", "distribution");
    for (const region of REPLICAS) {
      assert.equal((await application(region).describe(keyId)).KeyState, "PendingDeletion");
      const { Aliases } = await application(region).send(new ListAliasesCommand({}));
      assert.deepEqual(Aliases, []);
    }
    assert.equal((await application("us-west-1").describe(keyId)).KeyState, "PendingReplicaDeletion");
  });

  it("gives a replica its own tags, policy and description, after a rotation as well", async () => {
    const replica = { tags: { where: "abroad" }, description: "a copy" };
    await program.up({ key: key({ rotationTrigger: "a" }), replicas: ["eu-west-1"], replica });
    await program.up({ key: key({ rotationTrigger: "b" }), replicas: ["eu-west-1"], replica });
    for (const { keyId } of Object.values(records("eu-west-1"))) {
      assert.equal((await application("eu-west-1").describe(keyId)).Description, "a copy");
    }
  });

  it("lives on under a new name: the old one's end touches neither its KMS keys nor its alias", async () => {
    await program.up({ key: key(), replicas: ["eu-west-1"] });
    const ciphertext = await application("eu-west-1").encrypt(aliasName(), "kept");
    await program.up({ key: key(), replicas: ["eu-west-1"], suffix: "-renamed" });
    assert.deepEqual([...program.states.keys()].slice(-1), ["eu-west-1-renamed"]);
    assert.equal((await application("eu-west-1").decrypt(ciphertext)).text, "kept");
    assert.equal((await application("eu-west-1").describe(aliasName())).KeyState, "Enabled");
  });

  it("takes along the versions below `minEnabledVersion` under its new name: none is left to nobody", async () => {
    const at = (rotationTrigger: string, minEnabledVersion: number) =>
      key({ rotationTrigger, minEnabledVersion });
    await program.up({ key: at("a", 1), replicas: ["eu-west-1"] });
    const ciphertext = await application("eu-west-1").encrypt(aliasName(), "kept");
    await program.up({ key: at("b", 2), replicas: ["eu-west-1"] });
    await program.up({ key: at("b", 2), replicas: ["eu-west-1"], suffix: "-renamed" });
    assert.deepEqual(
      Object.values(records("eu-west-1-renamed")).map(({ state }) => state),
      ["Disabled", "Enabled"],
    );
    assert.deepEqual(await program.refreshAll(), []);
    await program.up({ key: at("b", 1), replicas: ["eu-west-1"], suffix: "-renamed" });
    assert.equal((await application("eu-west-1").decrypt(ciphertext)).text, "kept");
  });

  it("lives on under a new name when the run was killed before the old one's end, which the next run brings", async () => {
    await program.up({ key: key(), replicas: ["eu-west-1"] });
    const old = program.states.get("eu-west-1")!;
    await program.up({ key: key(), replicas: ["eu-west-1"], suffix: "-renamed" });
    program.states.set("eu-west-1", old);
    await program.up({ key: key(), replicas: ["eu-west-1"], suffix: "-renamed" });
    assert.equal(program.states.has("eu-west-1"), false);
    assert.equal((await application("eu-west-1").describe(aliasName())).KeyState, "Enabled");
  });

  it("is scheduled for deletion by a destroy of both, the old name and the new one", async () => {
    await program.up({ key: key(), replicas: ["eu-west-1"] });
    const old = program.states.get("eu-west-1")!;
    await program.up({ key: key(), replicas: ["eu-west-1"], suffix: "-renamed" });
    program.states.set("eu-west-1", old);
    for (const name of ["eu-west-1", "eu-west-1-renamed"]) await program.remove("keyReplica", name);
    const { keyId } = records("distribution")[1]!;
    assert.equal((await application("eu-west-1").describe(keyId)).KeyState, "PendingDeletion");
  });

  it("takes a live replica up with the tags, policy and description that the program says now", async () => {
    await program.up({
      key: key(),
      replicas: ["eu-west-1"],
      replica: { tags: { a: "1" }, description: "one" },
    });
    const policy = keyPolicy(allowsRoot("All"));
    const replica = { tags: { a: "2" }, description: "two", policy };
    await program.up({ key: key(), replicas: ["eu-west-1"], suffix: "-renamed", replica });
    const { keyId } = records("eu-west-1-renamed")[1]!;
    const { Tags } = await application("eu-west-1").send(new ListResourceTagsCommand({ KeyId: keyId }));
    const own = Tags!.filter(({ TagKey }) => !TagKey!.startsWith("keymgmt:"));
    assert.deepEqual(own, [{ TagKey: "a", TagValue: "2" }]);
    assert.equal((await application("eu-west-1").describe(keyId)).Description, "two");
    const held = await application("eu-west-1").send(new GetKeyPolicyCommand({ KeyId: keyId }));
    assert.deepEqual(JSON.parse(held.Policy!), JSON.parse(policy));
  });

  describe("whose update failed after a rotation had made the new version ready", () => {
    const rotated = key({ rotationTrigger: "b" });

    beforeEach(async () => {
      await program.up({ key: key({ rotationTrigger: "a" }), replicas: ["eu-west-1"] });
      const denied = { error: { name: "AccessDeniedException", message: "not authorized" } };
      intercept = (operation, region) =>
        calls.includes("UpdateAlias us-west-1") && operation === "DescribeKey" && region === "eu-west-1"
          ? denied
          : undefined;
      await assert.rejects(program.up({ key: rotated, replicas: ["eu-west-1"] }));
      intercept = () => undefined;
      assert.deepEqual(Object.keys(records("eu-west-1")), ["1"]);
      assert.deepEqual(records("distribution")[2]!.replicas, ["eu-west-1"]);
    });
    const states = async () => {
      const ids = Object.values(records("distribution")).map(({ keyId }) => keyId);
      const seen = await Promise.all(ids.map((id) => application("eu-west-1").describe(id)));
      return seen.map(({ KeyState }) => KeyState);
    };

    it("leaves none of its versions behind when it is removed", async () => {
      await program.up({ key: rotated, replicas: [] });
      assert.deepEqual(await states(), ["PendingDeletion", "PendingDeletion"]);
    });

    it("leaves none of its versions behind when all is destroyed", async () => {
      const { versions } = program.outputs("distribution");
      await program.remove("keyReplica", "eu-west-1");
      await program.remove("keyDistribution", "distribution");
      program.states.set("distribution", { id: "", inputs: {}, outputs: { versions } });
      assert.deepEqual(await states(), ["PendingDeletion", "PendingDeletion"]);
    });
  });

  it("keeps every version where it is retained, also those that rotations made, when its distribution goes", async () => {
    await program.up({ key: key({ rotationTrigger: "a" }), replicas: ["eu-west-1"] });
    await program.up({ key: key({ rotationTrigger: "b" }), replicas: ["eu-west-1"] });
    const kept = Object.values(records("eu-west-1")).map(({ keyId }) => keyId);
    program.states.delete("eu-west-1"); // retainOnDelete: the engine forgets it and calls nothing
    await program.remove("keyDistribution", "distribution");
    for (const keyId of kept) {
      assert.equal((await application("eu-west-1").describe(keyId)).KeyState, "Enabled");
    }
  });
});
