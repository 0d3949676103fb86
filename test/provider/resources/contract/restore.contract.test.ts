import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  DeleteImportedKeyMaterialCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../../local-kms/src/index";
import { type Keyring, parseKeyring } from "../../../../provider/keys/keyring";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { type BackedUp, backUp, forgetBackup } from "../../../world/backup";
import { localKms, Program, type ProgramInputs } from "../../../world/program";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";

describe("a key that is restored from a backup", function () {
  this.timeout(30_000);
  let local: LocalKms;
  let old: Program;
  let program: Program;
  let home: Application;
  let abroad: Application;
  /** How many calls there are until one fails. */
  let failing = Number.POSITIVE_INFINITY;

  beforeEach(async () => {
    local = await localKms({
      intercept: () => (failing-- === 0 ? { error: { name: "ValidationException" } } : undefined),
    });
    old = new Program(local);
    program = new Program(local, undefined, "organization/shop/dr");
    home = new Application(local, HOME);
    abroad = new Application(local, ABROAD);
  });
  afterEach(async () => {
    forgetBackup();
    await local.close();
  });

  const versions = (of = program, name = "distribution") => of.outputs(name).versions as KmsKeyRecords;
  const ids = (of = program, name = "distribution") =>
    Object.values(versions(of, name)).map(({ keyId }) => keyId);
  const kcvs = (of = program) => (of.outputs("key").versions as { kcv: string }[]).map(({ kcv }) => kcv);
  const kmsKeys = async (there = home) => (await there.send(new ListKeysCommand({}))).Keys!.length;
  const tagsOf = async (keyId: string, there = home) =>
    Object.fromEntries(
      (await there.send(new ListResourceTagsCommand({ KeyId: keyId }))).Tags!.map((tag) => [
        tag.TagKey,
        tag.TagValue,
      ]),
    );
  /** The same program in a stack that restores it. */
  const restoring = ({ restore, adopt }: BackedUp, inputs: ProgramInputs = {}): ProgramInputs => ({
    ...inputs,
    key: { ...inputs.key, restore },
    distribution: { ...inputs.distribution, adopt },
  });
  /** The stack of before with as many versions as rotations, and what was encrypted in each. */
  async function lived(rotations: number, inputs: ProgramInputs = {}): Promise<Uint8Array[]> {
    const texts: Uint8Array[] = [];
    for (let version = 1; version <= rotations; version++) {
      await old.up({ ...inputs, key: { rotationTrigger: `${version}`, ...inputs.key } });
      texts.push(await home.encrypt(String(old.outputs("distribution").aliasName), `version ${version}`));
    }
    return texts;
  }
  async function decrypts(texts: Uint8Array[], there = home): Promise<void> {
    for (const [index, text] of texts.entries())
      assert.equal((await there.decrypt(text)).text, `version ${index + 1}`);
  }

  it("has the same id, versions and KMS keys, behind the same alias; nothing new is made", async () => {
    const texts = await lived(3);
    const before = await kmsKeys();
    await program.up(
      restoring(await backUp(old), { distribution: { tags: { team: "a" }, description: "new" } }),
    );
    assert.equal(program.states.get("key")!.id, old.states.get("key")!.id);
    assert.deepEqual(kcvs(), kcvs(old));
    assert.deepEqual(ids(), ids(old));
    for (const name of ["name", "aliasName", "distributionTime", "keyId", "aliasTarget"])
      assert.equal(program.outputs("distribution")[name], old.outputs("distribution")[name], name);
    assert.equal(await kmsKeys(), before);
    await decrypts(texts);
    for (const record of Object.values(versions()))
      assert.deepEqual(
        [record.adopted, record.state, typeof record.importedAt],
        [undefined, "Enabled", "string"],
      );
  });

  it("is like any other of the new stack: tags and description go over, and then nothing is left to do", async () => {
    await lived(2);
    const declared = restoring(await backUp(old), {
      distribution: { tags: { team: "a" }, description: "new" },
    });
    await program.up(declared);
    for (const [index, keyId] of ids().entries()) {
      assert.deepEqual(await tagsOf(keyId), {
        team: "a",
        "keymgmt:key": "orders",
        "keymgmt:version": `${index + 1}`,
        "keymgmt:distribution": program.outputs("distribution").name,
        "keymgmt:stack": "organization/shop/dr",
        "keymgmt:claim": versions()[index + 1]!.claim,
      });
      assert.equal((await home.describe(keyId)).Description, "new");
    }
    assert.deepEqual(await program.refreshAll(), []);
    local.resetCounts();
    await program.up(declared);
    await program.up({ distribution: { tags: { team: "a" }, description: "new" } });
    assert.deepEqual(local.counts(), {}, "not even without `restore` and `adopt`");
  });

  it("rotates on, disables old versions, and is deleted like any other", async () => {
    const texts = await lived(2);
    const restored = restoring(await backUp(old), { key: { rotationTrigger: "2" } });
    await program.up(restored);
    await program.up({ key: { rotationTrigger: "3", minEnabledVersion: 2 } });
    assert.deepEqual(Object.keys(versions()), ["1", "2", "3"]);
    await assert.rejects(home.decrypt(texts[0]!), { name: "DisabledException" });
    assert.equal((await home.decrypt(texts[1]!)).text, "version 2");
    await program.remove("keyDistribution", "distribution");
    for (const keyId of ids(old)) assert.equal((await home.describe(keyId)).KeyState, "PendingDeletion");
  });

  it("counts its rotation period from the version that it has", async () => {
    await lived(1);
    const { restore } = await backUp(old);
    await program.up({ key: { rotationPeriod: "30d", restore: { ...restore, rotatedOn: "2026-01-01" } } });
    const { keyVersion, rotatedOn, rotateAfter } = program.outputs("key");
    assert.deepEqual([keyVersion, rotatedOn, rotateAfter], [1, "2026-01-01", "2026-01-31"]);
    await program.up({ key: { rotationPeriod: "30d" } });
    assert.equal(program.outputs("key").keyVersion, 2, "what was due meanwhile comes with the next update");
  });

  it("takes its KMS keys back from deletion, and gives them a new alias where theirs is gone", async () => {
    const texts = await lived(2);
    const backup = await backUp(old);
    const [first] = ids(old) as [string];
    await old.remove("keyDistribution", "distribution");
    assert.equal((await home.describe(first)).KeyState, "PendingDeletion");
    await program.up(restoring(backup));
    await decrypts(texts);
    const aliasName = String(program.outputs("distribution").aliasName);
    assert.equal(aliasName, backup.adopt.aliasName);
    assert.equal((await home.describe(aliasName)).KeyId, program.outputs("distribution").keyId);
  });

  it("imports what AWS has lost", async () => {
    const texts = await lived(2);
    await home.send(new DeleteImportedKeyMaterialCommand({ KeyId: ids(old)[1]! }));
    await program.up(restoring(await backUp(old)));
    await decrypts(texts);
    assert.equal(versions()[2]!.state, "Enabled");
  });

  it("keeps as disabled what is below minEnabledVersion, and goes without what is gone there", async () => {
    await lived(3);
    const backup = await backUp(old);
    backup.adopt.versions![1] = backup.adopt.versions![1]!.replace(/.{4}$/, "0000");
    await assert.rejects(program.up(restoring(backup)), /NotFoundException/);
    assert.equal(program.states.has("distribution"), false, "nothing was recorded");
    const again = new Program(local, undefined, "organization/shop/dr");
    await again.up(restoring(backup, { key: { minEnabledVersion: 3 } }));
    assert.deepEqual(Object.keys(versions(again)), ["2", "3"]);
    assert.equal((await home.describe(versions(again)[2]!.keyId)).KeyState, "Disabled");
  });

  it("makes no second KMS key for a version whose KMS key an interrupted update had made, and no state and no backup knew", async () => {
    await lived(1);
    const recorded = structuredClone(old.states.get("distribution")!);
    const texts = await lived(2);
    const [first, second] = ids(old) as [string, string];
    old.states.set("distribution", recorded);
    const backup = await backUp(old);
    assert.deepEqual([Object.keys(backup.adopt.versions!), kcvs(old).length], [["1"], 2]);
    await home.send(new UpdateAliasCommand({ AliasName: backup.adopt.aliasName!, TargetKeyId: first }));
    const before = await kmsKeys();
    await assert.rejects(program.up(restoring(backup)), new RegExp(`${second}.*adopt: \\{ versions`));
    assert.equal(await kmsKeys(), before);
    backup.adopt.versions![2] = second;
    backup.adopt.kcvs![2] = kcvs(old)[1]!;
    await program.up(restoring(backup));
    assert.deepEqual(ids(), [first, second]);
    assert.equal(await kmsKeys(), before);
    assert.equal((await home.decrypt(texts[1]!)).text, "version 2");
  });

  it("leaves the KMS key of a version that was adopted as it is: its material is in no backup", async () => {
    const vault = new Program(local);
    await vault.up({ key: { name: "vaults" } });
    const [vaults] = ids(vault) as [string];
    await old.up({ distribution: { adopt: { versions: { 1: vaults } } } });
    const backup = await backUp(old);
    assert.deepEqual(backup.adopt.kcvs, {});
    local.resetCounts();
    await program.up(restoring(backup));
    assert.equal(local.counts().ImportKeyMaterial, undefined);
    assert.equal(versions()[1]!.adopted, true);
    assert.equal((await tagsOf(vaults))["keymgmt:key"], "vaults");
  });

  describe("rotated on demand", () => {
    const onDemand: ProgramInputs = { distribution: { rotationStrategy: "on-demand" } };

    it("has its one KMS key with all materials, and the rotations that are left", async () => {
      const texts = await lived(3, onDemand);
      await program.up(restoring(await backUp(old), onDemand));
      const materials = (of: Program) =>
        Object.values(versions(of)).map(({ keyId, keyMaterialId }) => [keyId, keyMaterialId]);
      assert.deepEqual(materials(program), materials(old));
      assert.equal(program.outputs("distribution").rotationsLeft, 23);
      local.resetCounts();
      await program.up(onDemand);
      assert.deepEqual(local.counts(), {});
      await program.up({ ...onDemand, key: { rotationTrigger: "4" } });
      assert.equal(await kmsKeys(), 1);
      await decrypts(texts);
    });

    it("gets all materials back where AWS has lost one", async () => {
      const texts = await lived(3, onDemand);
      await home.send(
        new DeleteImportedKeyMaterialCommand({
          KeyId: ids(old)[0]!,
          KeyMaterialId: versions(old)[1]!.keyMaterialId,
        }),
      );
      await program.up(restoring(await backUp(old), onDemand));
      await decrypts(texts);
    });

    it("is refused where the program wants a version disabled that its KMS key holds", async () => {
      await lived(2, onDemand);
      const restored = restoring(await backUp(old), { ...onDemand, key: { minEnabledVersion: 2 } });
      await assert.rejects(program.up(restored), /to be at most 1 with `rotationStrategy` "on-demand"/);
      assert.equal(program.states.has("distribution"), false);
    });

    it("is refused under the other strategy, and the other way round", async () => {
      await lived(2, onDemand);
      await assert.rejects(
        program.up(restoring(await backUp(old))),
        /a KMS key for each version.*"on-demand"/,
      );
      const manual = new Program(local);
      await manual.up({ key: { rotationTrigger: "1" } });
      await manual.up({ key: { rotationTrigger: "2" } });
      await assert.rejects(
        new Program(local).up(restoring(await backUp(manual), onDemand)),
        /Expected `rotationStrategy` "manual" with `adopt`/,
      );
    });
  });

  describe("with replicas", () => {
    const replicated: ProgramInputs = { key: { replicaRegions: [ABROAD] }, replicas: [ABROAD] };
    const counted = async () => [await kmsKeys(), await kmsKeys(abroad)];

    for (const strategy of ["manual", "on-demand"])
      it(`takes them with their material and alias, and makes none: ${strategy}`, async () => {
        const inputs = { ...replicated, distribution: { rotationStrategy: strategy } };
        const texts = await lived(2, inputs);
        const before = await counted();
        await program.up(restoring(await backUp(old), { ...inputs, replica: { tags: { team: "a" } } }));
        assert.deepEqual(await counted(), before);
        assert.deepEqual(ids(program, ABROAD), ids(old, ABROAD));
        for (const record of Object.values(versions(program, ABROAD)))
          assert.deepEqual([record.adopted, typeof record.importedAt], [undefined, "string"]);
        assert.equal((await tagsOf(ids(program, ABROAD)[0]!, abroad)).team, "a");
        assert.deepEqual(await program.refreshAll(), []);
        const aliasName = String(program.outputs(ABROAD).aliasName);
        assert.equal((await abroad.describe(aliasName)).KeyId, program.outputs(ABROAD).keyId);
        local.resetCounts();
        await program.up({ ...inputs, replica: { tags: { team: "a" } } });
        assert.deepEqual(local.counts(), {});
        await program.up({
          ...inputs,
          key: { ...inputs.key, rotationTrigger: "3" },
          replica: { tags: { team: "a" } },
        });
        await decrypts(texts, abroad);
        const { text } = await home.decrypt(await abroad.encrypt(aliasName, "new"));
        assert.equal(text, "new");
      });

    it("is refused for a key that may have none, before anything is made", async () => {
      await lived(1, replicated);
      await assert.rejects(program.up(restoring(await backUp(old))), /never changes between none and some/);
      assert.equal(program.states.has("key"), false);
    });
  });

  describe("is refused", () => {
    it("where a KMS key has other material: nothing is changed or recorded, and the next one is as good", async () => {
      await lived(2);
      const backup = await backUp(old);
      const other = new Program(local);
      await other.up({ key: { name: "bills" } });
      const right = backup.adopt.versions![2]!;
      backup.adopt.versions![2] = versions(other)[1]!.keyArn;
      delete backup.adopt.aliasName;
      const tags = await tagsOf(ids(other)[0]!);
      await assert.rejects(
        program.up(restoring(backup)),
        /to have the material of version 2 of key "orders".*AWS says that it has another. Nothing was changed/,
      );
      assert.equal(program.states.has("distribution"), false);
      assert.deepEqual(await tagsOf(ids(other)[0]!), tags);
      backup.adopt.versions![2] = right;
      await program.up(restoring(backup));
      assert.deepEqual(ids(), ids(old));
    });

    it("where the KMS key that is refused waited for its deletion, it waits for it again", async () => {
      await lived(1);
      const backup = await backUp(old);
      const other = new Program(local);
      await other.up({ key: { name: "bills" } });
      const [keyId] = ids(other) as [string];
      backup.adopt.versions![1] = versions(other)[1]!.keyArn;
      await other.remove("keyDistribution", "distribution");
      delete backup.adopt.aliasName;
      await assert.rejects(program.up(restoring(backup)), /AWS says that it has another/);
      assert.equal((await home.describe(keyId)).KeyState, "PendingDeletion");
    });

    it("where the alias has moved on since the backup", async () => {
      await lived(2);
      const backup = await backUp(old);
      await old.up({ key: { rotationTrigger: "3" } });
      const aliasName = String(old.outputs("distribution").aliasName);
      local.resetCounts();
      await assert.rejects(
        program.up(restoring(backup)),
        /points to [0-9a-f-]+. Was the key rotated after the backup was made\?/,
      );
      assert.equal(local.counts().ImportKeyMaterial, undefined);
      assert.equal((await home.describe(aliasName)).KeyId, versions(old)[3]!.keyId);
    });

    it("but an alias at an older version of the backup is moved to the latest: a rotation was interrupted", async () => {
      await lived(2);
      const backup = await backUp(old);
      const [first, second] = ids(old) as [string, string];
      await home.send(new UpdateAliasCommand({ AliasName: backup.adopt.aliasName!, TargetKeyId: first }));
      await program.up(restoring(backup));
      assert.equal((await home.describe(backup.adopt.aliasName!)).KeyId, second);
    });

    it("where the KMS keys are in another account than the KmsProvider's", async () => {
      await lived(1);
      const elsewhere = new Program(local, "444455556666");
      local.resetCounts();
      await assert.rejects(
        elsewhere.up(restoring(await backUp(old))),
        /of AWS account 444455556666 for version 1/,
      );
      const { "sts:GetCallerIdentity": _, ...calls } = local.counts();
      assert.deepEqual(calls, {});
    });

    it("for a key that was not restored: its KMS keys would be another key's", async () => {
      await lived(1);
      const { adopt } = await backUp(old);
      local.resetCounts();
      await assert.rejects(
        program.up({ distribution: { adopt } }),
        /to have the key check value [0-9a-f]{10}, as `adopt` says; the key's is [0-9a-f]{10}: it is another key/,
      );
      const { "sts:GetCallerIdentity": _, ...calls } = local.counts();
      assert.deepEqual(calls, {});
    });

    it("where the backup is another key's, or has other versions than were planned", async () => {
      await lived(2);
      const { restore } = await backUp(old);
      await assert.rejects(
        program.up({ key: { name: "bills", restore } }),
        /to be of key "bills"; it is of key "orders". Nothing was made/,
      );
      await assert.rejects(
        program.up({ key: { restore: { ...restore, kcvs: restore.kcvs.slice(0, 1) } } }),
        /run `keymgmt import` with it again/,
      );
      assert.equal(program.states.has("key"), false);
    });

    it("where the stack has a key of that name with other material", async () => {
      await lived(1);
      const { restore } = await backUp(old);
      await program.up();
      await assert.rejects(
        program.up({ key: { restore } }),
        /Expected no key "orders" in this stack.*config rm/,
      );
      await old.up({ key: { restore, rotationTrigger: "1" } });
    });
  });

  describe("into a keystore", () => {
    const keyring = (): Keyring => parseKeyring(String(program.outputs("key").keyring), "aes256-gcm96");

    it("is sealed there, and its KMS keys are the same", async () => {
      await lived(2);
      process.env.KEYMGMT_TEST_ROOT = randomBytes(32).toString("base64");
      try {
        await program.up(restoring(await backUp(old), { key: { keystore: "env://KEYMGMT_TEST_ROOT" } }));
        assert.deepEqual(Object.keys(keyring().keys[1]!), ["kid", "iat", "kcv", "cmac", "jwe"]);
        assert.deepEqual(kcvs(), kcvs(old));
        assert.deepEqual(ids(), ids(old));
      } finally {
        delete process.env.KEYMGMT_TEST_ROOT;
      }
    });

    it("that holds nothing: the references of the backup, where the material is", async () => {
      const material = randomBytes(32);
      process.env.KEYMGMT_TEST_MATERIAL = material.toString("base64");
      try {
        const own = { keystore: "none", material: "env://KEYMGMT_TEST_MATERIAL" };
        await old.up({ key: own });
        await program.up(restoring(await backUp(old), { key: own }));
        assert.deepEqual(keyring(), parseKeyring(String(old.outputs("key").keyring), "aes256-gcm96"));
        assert.deepEqual(ids(), ids(old));
        const held = new Program(local);
        const backup = await backUp(old);
        await assert.rejects(
          held.up(restoring(backup)),
          /Expected `material` of key "orders" in the program to name/,
        );
        await held.up(restoring(backup, { key: { material: own.material } }));
        assert.equal(
          "k" in parseKeyring(String(held.outputs("key").keyring), "aes256-gcm96").keys[0]!,
          true,
          "read from there into the state",
        );
      } finally {
        delete process.env.KEYMGMT_TEST_MATERIAL;
      }
    });
  });

  it("says where minEnabledVersion was another", async () => {
    await lived(2);
    await old.up({ key: { minEnabledVersion: 2, rotationTrigger: "2" } });
    const said: string[] = [];
    const error = console.error;
    console.error = (line: string) => said.push(line);
    try {
      await program.up(restoring(await backUp(old)));
    } finally {
      console.error = error;
    }
    assert.match(
      said.join("\n"),
      /`minEnabledVersion` of key "orders" was 2 .* and is 1 in the program; the program's value is used/,
    );
  });

  it("is interrupted anywhere and run again: no second KMS key, nothing lost", async () => {
    const texts = await lived(2);
    const backup = restoring(await backUp(old), { distribution: { tags: { team: "a" } } });
    const before = await kmsKeys();
    for (let after = 0; ; after++) {
      const interrupted = new Program(local);
      failing = after;
      const failed = await interrupted.up(backup).then(
        () => false,
        () => true,
      );
      failing = Number.POSITIVE_INFINITY;
      await interrupted.up(backup);
      assert.equal(await kmsKeys(), before);
      assert.deepEqual(ids(interrupted), ids(old));
      assert.deepEqual(await interrupted.refreshAll(), []);
      await decrypts(texts);
      if (!failed) break;
    }
  });
});
