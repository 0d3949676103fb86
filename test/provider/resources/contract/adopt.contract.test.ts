import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  CreateKeyCommand,
  DeleteImportedKeyMaterialCommand,
  GetKeyPolicyCommand,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
} from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../../local-kms/src/index";
import { importMaterial } from "../../../../local-kms/test/support";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { localKms, Program } from "../../../world/program";
import { VAULTS_ALIAS as ALIAS, vaultKey as vaultKeyIn } from "../../../world/vaultKey";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";

describe("adopting KMS keys that Vault made", () => {
  let local: LocalKms;
  let program: Program;
  let home: Application;
  let abroad: Application;
  let ours: Buffer;

  beforeEach(async () => {
    local = await localKms();
    program = new Program(local);
    home = new Application(local, HOME);
    abroad = new Application(local, ABROAD);
    ours = randomBytes(32);
  });
  afterEach(() => local.close());

  const versions = (name = "distribution") => program.outputs(name).versions as KmsKeyRecords;
  const vaultKey = async (aliasName?: string, input = {}) =>
    (await vaultKeyIn(home, aliasName, { material: ours, ...input })).keyId;

  it("by alias: takes over its name and time, and writes nothing", async () => {
    const keyId = await vaultKey(ALIAS);
    const old = await home.encrypt(ALIAS, "Vault's");
    local.resetCounts();
    await program.up({
      distribution: { adopt: { aliasName: ALIAS }, tags: { team: "a" }, description: "b" },
    });
    const { name, aliasName, distributionTime, keyArn, aliasTarget } = program.outputs("distribution");
    assert.deepEqual(
      [name, aliasName, distributionTime],
      ["orders-1700000000", ALIAS, "2023-11-14T22:13:20.000Z"],
    );
    assert.equal(aliasTarget, keyId);
    assert.match(String(keyArn), new RegExp(`${keyId}$`));
    assert.deepEqual([versions()[1]!.adopted, versions()[1]!.kcv], [true, undefined]);
    const { "sts:GetCallerIdentity": _, ...calls } = local.counts();
    assert.deepEqual(calls, { DescribeKey: 1 });
    assert.equal((await home.describe(keyId)).Description, "Vault's");
    assert.equal((await home.decrypt(old)).text, "Vault's");
    assert.deepEqual(await program.refreshAll(), []);
    local.resetCounts();
    await program.up({
      distribution: { adopt: { aliasName: ALIAS }, tags: { team: "a" }, description: "b" },
    });
    assert.deepEqual(local.counts(), {});
  });

  it("keeps the tags, policy and description of an adopted KMS key where the program changes its own", async () => {
    const keyId = await vaultKey(ALIAS);
    const { Policy } = await home.send(new GetKeyPolicyCommand({ KeyId: keyId }));
    await program.up({ distribution: { adopt: { aliasName: ALIAS } } });
    const policy = JSON.stringify({ ...JSON.parse(Policy!), Id: "the program's" });
    await program.up({
      distribution: { adopt: { aliasName: ALIAS }, tags: { team: "a" }, description: "b", policy },
    });
    const { Tags } = await home.send(new ListResourceTagsCommand({ KeyId: keyId }));
    const now = await home.send(new GetKeyPolicyCommand({ KeyId: keyId }));
    assert.deepEqual([Tags, now.Policy, (await home.describe(keyId)).Description], [[], Policy, "Vault's"]);
  });

  it("rotates away from it behind the same alias; what Vault encrypted still decrypts", async () => {
    const keyId = await vaultKey(ALIAS);
    const old = await home.encrypt(ALIAS, "Vault's");
    const declared = (rotationTrigger: string, minEnabledVersion = 1) => ({
      distribution: { adopt: { aliasName: ALIAS }, tags: { team: "a" } },
      key: { rotationTrigger, minEnabledVersion },
    });
    await program.up(declared("a"));
    await program.up(declared("b"));
    assert.equal((await home.describe(ALIAS)).KeyId, versions()[2]!.keyId);
    assert.equal((await home.decrypt(old)).text, "Vault's");
    const { Tags } = await home.send(new ListResourceTagsCommand({ KeyId: keyId }));
    assert.deepEqual(Tags, [], "the adopted KMS key gets no tags");
    await program.up(declared("b", 2));
    await assert.rejects(home.decrypt(old), { name: "DisabledException" });
    await program.up(declared("b", 1));
    assert.equal((await home.decrypt(old)).text, "Vault's");
  });

  it("by version: gets an alias of its own, and makes the versions that are not listed", async () => {
    const one = await vaultKey(undefined);
    await program.up({ key: { rotationTrigger: "a" } });
    await program.remove("keyDistribution", "distribution");
    await program.up({
      key: { rotationTrigger: "b" },
      distribution: { adopt: { versions: { 1: one } } },
    });
    assert.equal(versions()[1]!.keyId, one);
    assert.equal(versions()[2]!.adopted, undefined);
    assert.equal(
      (await home.describe(String(program.outputs("distribution").aliasName))).KeyId,
      versions()[2]!.keyId,
    );
  });

  it("leaves KMS keys and an alias that it adopted when it is removed, and removes its own", async () => {
    const keyId = await vaultKey(ALIAS);
    const adopt = { adopt: { aliasName: ALIAS } };
    await program.up({ distribution: adopt });
    const state = structuredClone(program.states.get("distribution")!);
    await program.remove("keyDistribution", "distribution");
    assert.equal((await home.describe(ALIAS)).KeyState, "Enabled");
    program.states.set("distribution", state);
    await program.up({ distribution: adopt, key: { rotationTrigger: "b" } });
    const { keyId: made } = versions()[2]!;
    await program.remove("keyDistribution", "distribution");
    assert.equal((await home.describe(made)).KeyState, "PendingDeletion");
    assert.equal((await home.describe(keyId)).KeyState, "Enabled");
    await assert.rejects(home.describe(ALIAS), { name: "NotFoundException" });
  });

  it("says that it does not hold the material when that is deleted, and takes it where it does", async () => {
    const keyId = await vaultKey(ALIAS);
    const adopt = { adopt: { aliasName: ALIAS } };
    await program.up({ distribution: adopt });
    await home.send(new DeleteImportedKeyMaterialCommand({ KeyId: keyId }));
    assert.deepEqual(await program.refreshAll(), [
      "version 1 in us-west-1: PendingImport: its key material was deleted outside this stack",
    ]);
    await assert.rejects(
      program.up({ distribution: adopt }),
      /was adopted as version 1.*does not hold that material/,
    );

    const held = new Program(local);
    await held.up({ distribution: adopt, key: { material: ours.toString("base64") } });
    assert.equal((await home.describe(keyId)).KeyState, "Enabled");
    const [record] = Object.values(held.outputs("distribution").versions as KmsKeyRecords);
    assert.equal(record!.adopted, undefined);
    assert.match(record!.kcv!, /^[0-9a-f]{10}$/);
  });

  it("takes replicas that are there, and makes none whose material it does not hold", async () => {
    const keyId = await vaultKey(ALIAS, { MultiRegion: true });
    const declared = { key: { replicaRegions: [ABROAD] }, distribution: { adopt: { aliasName: ALIAS } } };
    await program.up(declared);
    await assert.rejects(program.up({ ...declared, replicas: [ABROAD] }), /without its material no replica/);
    assert.deepEqual(
      (await home.describe(keyId)).MultiRegionConfiguration!.ReplicaKeys,
      [],
      "nothing was replicated",
    );
    await home.send(new ReplicateKeyCommand({ KeyId: keyId, ReplicaRegion: ABROAD }));
    while ((await abroad.describe(keyId)).KeyState === "Creating");
    await importMaterial(abroad, keyId, ours, { ImportType: "EXISTING_KEY_MATERIAL" });
    await program.up({ ...declared, replicas: [ABROAD] });
    assert.deepEqual([versions(ABROAD)[1]!.adopted, versions(ABROAD)[1]!.state], [true, "Enabled"]);
    const old = await abroad.encrypt(ALIAS, "Vault's");
    await program.up({
      ...declared,
      key: { replicaRegions: [ABROAD], rotationTrigger: "b" },
      replicas: [ABROAD],
    });
    assert.equal((await home.decrypt(old)).text, "Vault's");
    const { keyArn } = await home.decrypt(await abroad.encrypt(ALIAS, "new"));
    assert.equal(keyArn.split("/")[1], versions()[2]!.keyId);
    const { Policy } = await abroad.send(new GetKeyPolicyCommand({ KeyId: versions()[2]!.keyId }));
    assert.ok(Policy);
  });

  it("refuses what cannot be the key, and changes nothing", async () => {
    const { KeyMetadata } = await home.send(new CreateKeyCommand({}));
    const multi = await vaultKey(undefined, { MultiRegion: true });
    const single = await vaultKey(undefined);
    const adopting = (keyId: string, key = {}) =>
      new Program(local).up({ key, distribution: { adopt: { versions: { 1: keyId } } } });
    await assert.rejects(adopting(KeyMetadata!.KeyId!), /Origin EXTERNAL.*AWS_KMS.*Nothing was changed/);
    await assert.rejects(adopting(multi), /that is single-Region/);
    await assert.rejects(adopting(single, { replicaRegions: [ABROAD] }), /multi-Region primary/);
    await assert.rejects(adopting("alias/none"), /NotFoundException/);
    await assert.rejects(
      adopting(`arn:aws:kms:${HOME}:999988887777:key/${single}`),
      /of AWS account 111122223333 .*\(999988887777\)\. Nothing was changed/,
    );
    for (const [adopt, mistake] of [
      [{}, /`aliasName`, `versions` or both/],
      [{ aliasName: "orders" }, /to be an alias such as .*; what came is none/],
      [{ aliasName: "alias/aws/s3" }, /to be an alias such as .*; what came is none/],
      [{ versions: { latest: single } }, /by number; what came is not/],
      [{ versions: { 2: single } }, /versions that the key has, 1 to 1, got 2/],
    ] as const)
      await assert.rejects(new Program(local).up({ distribution: { adopt } }), mistake);
  });
});
