import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  DeleteImportedKeyMaterialCommand,
  EnableKeyCommand,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import type { Values } from "../../../../provider/resources/resource";
import type { ProgramInputs } from "../../../world/program";
import {
  ABROAD,
  aliasOf,
  HOME,
  idsOf,
  REGIONS,
  recordsOf,
  type SeenKmsKey,
  useScene,
} from "../../../world/scene";

describe("a distribution that was removed on purpose and returns", function () {
  this.timeout(30_000);
  const { scene, program } = useScene();

  const inputs = (key: Values = {}, more: Partial<ProgramInputs> = {}): ProgramInputs => ({
    key: { rotationTrigger: "2", ...key },
    ...more,
  });
  const up = (key: Values = {}, more: Partial<ProgramInputs> = {}) => program.up(inputs(key, more));
  const remove = (key: Values = {}, more: Partial<ProgramInputs> = {}) =>
    up(key, { ...more, replicas: [], isDistributed: false });

  /** As many versions, and what an application encrypted under each. */
  async function lived(
    versions: number,
    key: Values = {},
    more: Partial<ProgramInputs> = {},
  ): Promise<Uint8Array[]> {
    const texts: Uint8Array[] = [];
    for (let version = 1; version <= versions; version++) {
      await up({ ...key, rotationTrigger: `${version}` }, more);
      texts.push(await scene.in(HOME).encrypt(aliasOf(program), `version ${version}`));
    }
    return texts;
  }
  async function assertDecrypts(texts: Uint8Array[], regions: string[], but: number[] = []): Promise<void> {
    for (const region of regions)
      for (const [index, text] of texts.entries()) {
        if (but.includes(index + 1))
          await assert.rejects(scene.in(region).decrypt(text), { name: "DisabledException" });
        else assert.equal((await scene.in(region).decrypt(text)).text, `version ${index + 1}`);
      }
  }
  /** An hour later, so that its name is not the same by chance. */
  const later = (of = program) => {
    of.settings = { now: () => new Date(Date.now() + 3_600_000) };
  };
  async function assertSettled(key: Values = {}, more: Partial<ProgramInputs> = {}): Promise<void> {
    assert.deepEqual(await program.refreshAll(), []);
    assert.deepEqual(await scene.callsOf(() => up(key, more)), {});
  }

  describe("returns whole", () => {
    it("every version, the disabled one disabled, in every Region, behind the same alias", async () => {
      const replicated = { replicas: [ABROAD] };
      const key = { replicaRegions: [ABROAD] };
      const texts = await lived(3, key, replicated);
      await up({ ...key, rotationTrigger: "3", minEnabledVersion: 2 }, replicated);
      const [before, alias] = [await scene.everywhere(), aliasOf(program)];
      await remove({ ...key, rotationTrigger: "3", minEnabledVersion: 2 });
      later();
      await up({ ...key, rotationTrigger: "3", minEnabledVersion: 2 }, replicated);
      assert.equal(aliasOf(program), alias);
      assert.deepEqual(await scene.everywhere(), before, "states, tags and aliases");
      await assertDecrypts(texts, REGIONS, [1]);
      await assertSettled({ ...key, rotationTrigger: "3", minEnabledVersion: 2 }, replicated);
      await up({ ...key, rotationTrigger: "3" }, replicated);
      await assertDecrypts(texts, REGIONS);
    });

    it("in its time too: the distribution is as old as it was", async () => {
      await up();
      const { name, distributionTime } = program.outputs("distribution");
      await remove();
      later();
      await up();
      const { outputs } = program.states.get("distribution")!;
      assert.deepEqual([outputs.name, outputs.distributionTime], [name, distributionTime]);
    });

    it("its replica alone", async () => {
      const replicated = { replicas: [ABROAD] };
      const key = { replicaRegions: [ABROAD], minEnabledVersion: 2 };
      const texts = await lived(2, { replicaRegions: [ABROAD] }, replicated);
      await up(key, replicated);
      const before = await scene.everywhere();
      await up(key);
      assert.deepEqual(
        (await scene.kmsKeys(ABROAD)).map(({ state }) => state),
        ["PendingDeletion", "PendingDeletion"],
      );
      await up(key, replicated);
      assert.deepEqual(await scene.everywhere(), before);
      await assertDecrypts(texts, REGIONS, [1]);
      await assertSettled(key, replicated);
    });

    it("with `minEnabledVersion` raised meanwhile, or lowered", async () => {
      const texts = await lived(2);
      const [ids, alias] = [idsOf(program), aliasOf(program)];
      await remove({ minEnabledVersion: 1 });
      await up({ minEnabledVersion: 2 });
      assert.deepEqual([idsOf(program), aliasOf(program)], [ids, alias]);
      await assertDecrypts(texts, [HOME], [1]);
      await remove({ minEnabledVersion: 2 });
      await up({ minEnabledVersion: 1 });
      assert.deepEqual([idsOf(program), aliasOf(program)], [ids, alias]);
      await assertDecrypts(texts, [HOME]);
    });

    it("with a version that the key got meanwhile, which gets a KMS key of its own", async () => {
      const texts = await lived(2, { minEnabledVersion: 1 });
      await up({ minEnabledVersion: 2 });
      const [ids, alias] = [idsOf(program), aliasOf(program)];
      await remove({ minEnabledVersion: 2 });
      await remove({ minEnabledVersion: 2, rotationTrigger: "3" });
      later();
      await up({ minEnabledVersion: 2, rotationTrigger: "3" });
      assert.deepEqual([idsOf(program).slice(0, 2), aliasOf(program)], [ids, alias]);
      assert.equal((await scene.in(HOME).describe(alias)).KeyId, recordsOf(program)[3]!.keyId);
      await assertDecrypts(texts, [HOME], [1]);
      assert.equal((await scene.kmsKeys()).length, 3);
    });

    it("in the update that rotates the key", async () => {
      const texts = await lived(1);
      const [ids, alias] = [idsOf(program), aliasOf(program)];
      await remove({ rotationTrigger: "1" });
      later();
      await up({ rotationTrigger: "2" });
      assert.deepEqual([idsOf(program).slice(0, 1), aliasOf(program)], [ids, alias]);
      await assertDecrypts(texts, [HOME]);
    });

    it("again and again", async () => {
      const texts = await lived(2);
      const before = await scene.everywhere();
      for (let round = 0; round < 3; round++) {
        await remove();
        await up();
      }
      assert.deepEqual(await scene.everywhere(), before);
      await assertDecrypts(texts, [HOME]);
    });

    for (const regions of [[], [ABROAD]])
      it(`rotated on demand, ${regions.length ? "with a replica" : "in one Region"}: the one KMS key with every version`, async () => {
        const key = { replicaRegions: regions };
        const more = { replicas: regions, distribution: { rotationStrategy: "on-demand" } };
        const texts = await lived(3, key, more);
        const [before, alias] = [await scene.everywhere(), aliasOf(program)];
        const materials = () => Object.values(recordsOf(program)).map(({ keyMaterialId }) => keyMaterialId);
        const held = materials();
        await remove({ ...key, rotationTrigger: "3" });
        later();
        await up({ ...key, rotationTrigger: "3" }, more);
        assert.equal(aliasOf(program), alias);
        assert.deepEqual(await scene.everywhere(), before);
        assert.deepEqual(materials(), held);
        assert.equal(program.outputs("distribution").rotationsLeft, 23);
        await assertDecrypts(texts, [HOME, ...regions]);
        await assertSettled({ ...key, rotationTrigger: "3" }, more);
      });

    it("where its material was deleted meanwhile, disabled versions too", async () => {
      const texts = await lived(2);
      await up({ minEnabledVersion: 2 });
      const ids = idsOf(program);
      await remove({ minEnabledVersion: 2 });
      for (const KeyId of ids) await scene.in(HOME).send(new DeleteImportedKeyMaterialCommand({ KeyId }));
      await up({ minEnabledVersion: 2 });
      assert.deepEqual(idsOf(program), ids);
      await assertDecrypts(texts, [HOME], [1]);
      assert.deepEqual((await scene.states(ids))[HOME], ["Disabled", "Enabled"]);
      await up({ minEnabledVersion: 1 });
      await assertDecrypts(texts, [HOME]);
    });

    it("where its tags, description and policy are other ones now", async () => {
      const texts = await lived(2, {}, { distribution: { tags: { team: "a" }, description: "old" } });
      const ids = idsOf(program);
      await remove();
      const now = { distribution: { tags: { owner: "b" }, description: "new" } };
      await up({}, now);
      assert.deepEqual(idsOf(program), ids);
      for (const { tags } of await scene.kmsKeys()) assert.equal(tags.owner, "b");
      await assertDecrypts(texts, [HOME]);
      await assertSettled({}, now);
    });

    it("what left the state and was not deleted: nothing is made, and the alias never moves", async () => {
      const texts = await lived(2);
      await up({ minEnabledVersion: 2 });
      const before = await scene.everywhere();
      const alias = aliasOf(program);
      program.states.delete("distribution");
      later();
      scene.changes.length = 0;
      await up({ minEnabledVersion: 2 });
      assert.equal(aliasOf(program), alias);
      assert.deepEqual(await scene.everywhere(), before);
      assert.deepEqual(
        scene.changes.filter(({ operation }) => !/Import/.test(operation)),
        [],
      );
      await assertDecrypts(texts, [HOME], [1]);
      await assertSettled({ minEnabledVersion: 2 });
    });
  });

  describe("is interrupted on its way", () => {
    for (const [how, when, isStored] of [
      ["refused", "before", true],
      ["cut short after it", "after", true],
      ["killed after it, so that nothing of it is stored,", "after", false],
    ] as const)
      it(`at any change, ${how} and goes on to the same end`, async () => {
        const texts = await lived(2);
        await up({ minEnabledVersion: 2 });
        const [before, alias] = [await scene.everywhere(), aliasOf(program)];
        let count = 0;
        for (let isDone = false; !isDone; count++) {
          await remove({ minEnabledVersion: 2 });
          later();
          scene.writes.length = 0;
          const error = { name: "ValidationException" };
          scene.intercept = () => (scene.writes.length === count + 1 ? { when, error } : undefined);
          isDone = await up({ minEnabledVersion: 2 }).then(
            () => true,
            () => false,
          );
          scene.intercept = () => undefined;
          if (!isStored && !isDone) program.states.delete("distribution");
          await up({ minEnabledVersion: 2 });
          assert.equal(aliasOf(program), alias);
          assert.deepEqual(await scene.everywhere(), before, `cut at ${count}`);
        }
        assert.ok(
          count > 6,
          "two versions are taken back and imported, one is enabled, and the alias is made",
        );
        await assertDecrypts(texts, [HOME], [1]);
      });
  });

  describe("takes what is its own", () => {
    it("the newest of two that it was, whole, and nothing of the other", async () => {
      await lived(2);
      const older = idsOf(program);
      await remove();
      later();
      await up({}, { distribution: { adopt: { versions: {} } } });
      const [newer, alias] = [idsOf(program), aliasOf(program)];
      assert.deepEqual(
        newer.filter((id) => older.includes(id)),
        [],
      );
      await remove();
      await up();
      assert.deepEqual([idsOf(program), aliasOf(program)], [newer, alias]);
      assert.deepEqual((await scene.states(older))[HOME], ["PendingDeletion", "PendingDeletion"]);
    });

    describe("not a KMS key that another keyring made", () => {
      const ownMaterial = () => ({
        material: randomBytes(32).toString("base64"),
        rotationTrigger: undefined,
      });
      /** Of a key that was removed on purpose, and another of its name is made. */
      async function removed(): Promise<string> {
        const own = ownMaterial();
        await up(own);
        const [other] = idsOf(program);
        await remove({ ...own, deletionAllowed: true });
        await program.destroy("managedKey", "key");
        scene.said();
        return other!;
      }

      it("where the new one may be deleted: the other is left to its deletion, and that is said", async () => {
        const other = await removed();
        await up({ ...ownMaterial(), deletionAllowed: true });
        assert.notEqual(idsOf(program)[0], other);
        assert.deepEqual((await scene.states([other]))[HOME], ["PendingDeletion"]);
        assert.match(scene.said(), new RegExp(`left alone in ${HOME}.*another KMS key is made: .*${other} `));
        await scene.in(HOME).encrypt(aliasOf(program), "works");
      });

      it("where it may not: no other is made in its place, and the refusal names the ways on", async () => {
        const other = await removed();
        const own = ownMaterial();
        await assert.rejects(
          up(own),
          new RegExp(`${other}.*They were left alone, and nothing was made.*adopt: \\{`),
        );
        assert.deepEqual((await scene.states([other]))[HOME], ["PendingDeletion"]);
        assert.equal((await scene.kmsKeys()).length, 1);
        await up(own, { distribution: { adopt: { versions: {} } } });
        await scene.in(HOME).encrypt(aliasOf(program), "works");
      });
    });
  });

  describe("where AWS has deleted a KMS key meanwhile", () => {
    const saysAnother = (said: string, version: number) =>
      assert.match(said, new RegExp(`version ${version} of key "orders".*(new|another) KMS key.*cannot`));

    it("says so of every version that gets another one, and the other versions are whole", async () => {
      const texts = await lived(2);
      const [first, second] = idsOf(program);
      await scene.in(HOME).send(new ScheduleKeyDeletionCommand({ KeyId: first!, PendingWindowInDays: 7 }));
      await remove();
      await scene.local.moveClock({ advance: "P8D" });
      scene.said();
      await up();
      const said = scene.said();
      assert.equal(recordsOf(program)[2]!.keyId, second);
      assert.notEqual(recordsOf(program)[1]!.keyId, first);
      assert.equal((await scene.in(HOME).decrypt(texts[1]!)).text, "version 2");
      saysAnother(said, 1);
      assert.doesNotMatch(said, /version 2 of key "orders".*new KMS key/);
    });

    it("says so where all are gone: the window is over", async () => {
      await lived(2);
      const ids = idsOf(program);
      await remove();
      await scene.local.moveClock({ advance: "P31D" });
      scene.said();
      await up();
      const said = scene.said();
      assert.deepEqual(
        idsOf(program).filter((id) => ids.includes(id)),
        [],
      );
      saysAnother(said, 1);
      saysAnother(said, 2);
    });

    it("says nothing of the kind for a version that never had one", async () => {
      await lived(1);
      await remove({ rotationTrigger: "1" });
      await remove({ rotationTrigger: "2" });
      scene.said();
      await up({ rotationTrigger: "3" });
      assert.doesNotMatch(scene.said(), /version 3 of key "orders".*(new|another) KMS key/);
    });

    it("says so where the distribution is there, and `minEnabledVersion` is lowered to a version without one: first what is planned", async () => {
      await up({ rotationTrigger: "1" }, { isDistributed: false });
      await up({ rotationTrigger: "2", minEnabledVersion: 2 });
      scene.said();
      const given = program.states.get("distribution")!;
      const key = { ...(given.inputs.key as Values), minEnabledVersion: 1 };
      program.begin();
      await program.resource("keyDistribution").diff(given.id, given.outputs, { ...given.inputs, key });
      assert.match(scene.said(), /version 1 of key "orders" has no KMS key in us-west-1.*cannot decrypt/);
      await up({ rotationTrigger: "2", minEnabledVersion: 1 });
      saysAnother(scene.said(), 1);
    });
  });

  describe("with KMS keys that were adopted", () => {
    let theirs: SeenKmsKey;
    let adopt: Values;
    let text: Uint8Array;
    beforeEach(async () => {
      const vault = scene.program("organization/vault/prod");
      await vault.up({ key: { name: "vaults" } });
      text = await scene.in(HOME).encrypt(aliasOf(vault), "vault's");
      [theirs] = (await scene.kmsKeys()) as [SeenKmsKey];
      adopt = { versions: { 1: theirs.keyArn } };
    });

    it("leaves these as they are in a removal, says so, and has them again", async () => {
      await up({ rotationTrigger: "1" }, { distribution: { adopt } });
      await up({ rotationTrigger: "2" }, { distribution: { adopt } });
      const own = recordsOf(program)[2]!.keyId;
      scene.said();
      await remove();
      assert.match(scene.said(), new RegExp(`${theirs.keyArn} was adopted by .* and is left as it is`));
      assert.deepEqual((await scene.states([theirs.keyId, own]))[HOME], ["Enabled", "PendingDeletion"]);
      await up({ rotationTrigger: "2" }, { distribution: { adopt } });
      const records = recordsOf(program);
      assert.deepEqual(
        [records[1]!.keyId, records[1]!.adopted, records[2]!.keyId],
        [theirs.keyId, true, own],
      );
      assert.equal((await scene.in(HOME).decrypt(text)).text, "vault's");
      const [now] = await scene.kmsKeys(HOME, [theirs.keyId]);
      assert.deepEqual(now!.tags, theirs.tags);
    });

    it("has the same alias again", async () => {
      await up({ rotationTrigger: "1" }, { distribution: { adopt } });
      await up({ rotationTrigger: "2" }, { distribution: { adopt } });
      const alias = aliasOf(program);
      await remove();
      later();
      await up({ rotationTrigger: "2" }, { distribution: { adopt } });
      assert.equal(aliasOf(program), alias);
    });

    it("has the same alias again where `adopt` named it", async () => {
      const named = { ...adopt, aliasName: theirs.aliases[0] };
      await up({ rotationTrigger: "1" }, { distribution: { adopt: named } });
      await up({ rotationTrigger: "2" }, { distribution: { adopt: named } });
      const own = recordsOf(program)[2]!.keyId;
      await remove();
      later();
      await up({ rotationTrigger: "2" }, { distribution: { adopt: named } });
      assert.equal(aliasOf(program), theirs.aliases[0]);
      assert.equal((await scene.in(HOME).describe(theirs.aliases[0]!)).KeyId, own);
    });

    it("keeps an adopted one disabled that was disabled", async () => {
      await up({ rotationTrigger: "1" }, { distribution: { adopt } });
      await up({ rotationTrigger: "2", minEnabledVersion: 2 }, { distribution: { adopt } });
      assert.deepEqual((await scene.states([theirs.keyId]))[HOME], ["Disabled"]);
      await remove({ minEnabledVersion: 2 });
      await up({ rotationTrigger: "2", minEnabledVersion: 2 }, { distribution: { adopt } });
      assert.deepEqual((await scene.states([theirs.keyId]))[HOME], ["Disabled"]);
      await scene.in(HOME).send(new EnableKeyCommand({ KeyId: theirs.keyId }));
      await up(
        { rotationTrigger: "2", minEnabledVersion: 2 },
        { isRefreshed: true, distribution: { adopt } },
      );
      assert.deepEqual((await scene.states([theirs.keyId]))[HOME], ["Disabled"]);
    });
  });
});
