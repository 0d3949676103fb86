import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { isKeymgmtError } from "../../../../provider/errors";
import type { Values } from "../../../../provider/resources/resource";
import type { KeyRef } from "../../../../provider/state/types";
import type { ProgramInputs } from "../../../world/program";
import { ABROAD, HOME, idsOf, type Scene, useScene } from "../../../world/scene";

/** In the order in which the engine deletes them. */
const DELETES = [
  ["keyReplica", ABROAD],
  ["keyDistribution", "distribution"],
  ["managedKey", "key"],
] as const;

const CALLED = { keyReplica: "KeyReplica", keyDistribution: "KeyDistribution", managedKey: "it" };

describe("the deletion of what the program still needs, while `deletionAllowed` is false", function () {
  this.timeout(30_000);
  const { scene, program } = useScene();

  const inputs = (key: Values = {}): ProgramInputs => ({
    key: { replicaRegions: [ABROAD], ...key },
    replicas: [ABROAD],
  });
  const keyState = () => program.states.get("key")!;

  /** The delete fails by one sentence that names the ways on, without any call, and the resource stays in the state. */
  async function assertRefused(
    type: (typeof DELETES)[number][0],
    name: string,
    work = program,
  ): Promise<void> {
    scene.local.resetCounts();
    await assert.rejects(work.delete(type, name), (error: Error) => {
      assert.ok(isKeymgmtError(error, "DeletionNotAllowed"), String(error));
      const begins = `Expected \`deletionAllowed: true\` in the state of key "orders" before ${CALLED[type]}`;
      assert.ok(error.message.startsWith(begins), error.message);
      assert.match(error.message, /^[^.\n]*\.$/, "one sentence");
      assert.match(error.message, /nothing was deleted/);
      for (const way of [
        /set `deletionAllowed: true`.*then remove it/,
        /`retainOnDelete: true`/,
        /`aliases: \[\{ name: /,
      ])
        assert.match(error.message, way);
      return true;
    });
    assert.deepEqual(scene.local.counts(), {}, "refused before the first call");
    assert.ok(work.states.has(name));
  }
  async function assertAllRefused(): Promise<void> {
    for (const [type, name] of DELETES) await assertRefused(type, name);
  }

  describe("is refused", () => {
    let whole: Awaited<ReturnType<Scene["everywhere"]>>;
    beforeEach(async () => {
      await program.up(inputs());
      whole = await scene.everywhere();
      program.begin();
    });
    afterEach("AWS is as it was, and the next update of the program has nothing to do", async () => {
      assert.deepEqual(await scene.everywhere(), whole);
      assert.deepEqual(await scene.callsOf(() => program.up(inputs())), {});
    });

    for (const [type, name] of DELETES)
      it(`in a run that has not shown the key: a ${type}`, () => assertRefused(type, name));

    it("after a refresh of everything, which compares each resource with its old inputs", async () => {
      for (const [type, name] of [...DELETES].reverse()) await program.refreshed(type, name);
      await assertAllRefused();
    });

    it("after a check alone: a preview's, or one whose diff never came", async () => {
      const { inputs: given } = keyState();
      await program.resource("managedKey").check(given, given);
      await assertAllRefused();
    });

    it("after a check without old inputs, as of `--replace` or a first create, and a diff", async () => {
      const { id, inputs: given, outputs } = keyState();
      const key = program.resource("managedKey");
      const checked = await key.check(undefined, given);
      await key.diff(id, outputs, checked.inputs);
      await assertAllRefused();
    });

    it("after a refresh that came before the check", async () => {
      const { inputs: given } = keyState();
      await program.refreshed("managedKey", "key");
      await program.resource("managedKey").check(given, given);
      await assertAllRefused();
    });

    it("after a check with other inputs than the diff had", async () => {
      const { id, inputs: given, outputs } = keyState();
      const key = program.resource("managedKey");
      await key.check(given, { ...given, rotationPeriod: "90d" });
      await key.diff(id, outputs, given);
      await assertAllRefused();
    });

    it("after another key was shown", async () => {
      const other = scene.program();
      await other.up({ key: { name: "bills" }, isDistributed: false });
      program.states.set("bills", other.states.get("key")!);
      await program.show("managedKey", "bills");
      program.states.delete("bills");
      await assertAllRefused();
    });

    it("after another key of the same name, with the same inputs, was shown: its material is another", async () => {
      const other = scene.program();
      await other.up({ key: { replicaRegions: [ABROAD] }, isDistributed: false });
      assert.deepEqual(other.states.get("key")!.inputs, keyState().inputs);
      program.states.set("second", other.states.get("key")!);
      await program.show("managedKey", "second");
      program.states.delete("second");
      await assertAllRefused();
    });

    it("after another key of the same name was shown, and a refresh has compared this one since", async () => {
      const other = scene.program();
      await other.up({ key: { replicaRegions: [ABROAD] }, isDistributed: false });
      program.states.set("second", other.states.get("key")!);
      await program.show("managedKey", "second");
      program.states.delete("second");
      await program.refreshed("managedKey", "key");
      await assertAllRefused();
    });

    it("after the distribution and its replica were shown, but not the key, as with `--target`", async () => {
      await program.show("keyDistribution", "distribution");
      await program.show("keyReplica", ABROAD);
      await program.show("kmsProvider", "kms");
      await assertRefused("managedKey", "key");
    });

    it("in the run after the one that has shown it", async () => {
      await program.show("managedKey", "key");
      program.begin();
      await assertAllRefused();
    });

    it("of the distribution that was taken out with the key, while another key is declared", async () => {
      await program
        .up({ key: { name: "bills" }, names: { key: "bills" }, isDistributed: false })
        .catch((error) => {
          assert.ok(isKeymgmtError(error, "DeletionNotAllowed"));
        });
      assert.deepEqual(
        [...program.states.keys()].sort(),
        ["bills", "distribution", ABROAD, "key", "kms"].sort(),
      );
      program.states.delete("bills");
    });

    it("where the state of a distribution does not say whether it is allowed, as one of 0.1.0 does not", async () => {
      const kept = structuredClone([...program.states]);
      delete (program.outputs("distribution").key as Partial<KeyRef>).deletionAllowed;
      delete (program.outputs(ABROAD).distribution as { key: Partial<KeyRef> }).key.deletionAllowed;
      await assertAllRefused();
      for (const [name, state] of kept) program.states.set(name, state);
    });

    it("where the program says `deletionAllowed: true` and no update has written that into the state", async () => {
      const { inputs: given } = keyState();
      await program.resource("managedKey").check(given, { ...given, deletionAllowed: true });
      await assertAllRefused();
    });
  });

  describe("is done", () => {
    const leaving = { [HOME]: ["PendingReplicaDeletion"], [ABROAD]: ["PendingDeletion"] };
    async function assertDone(): Promise<void> {
      const ids = idsOf(program);
      for (const [type, name] of DELETES.slice(0, 2)) await program.delete(type, name);
      assert.deepEqual(await scene.states(ids), leaving);
      for (const seen of Object.values(await scene.everywhere())) assert.deepEqual(seen[0]!.aliases, []);
    }

    it("where this run has checked the key with its old inputs and compared it by its id", async () => {
      await program.up(inputs());
      program.begin();
      await program.show("managedKey", "key");
      await assertDone();
      await assertRefused("managedKey", "key");
    });

    it("where the key is updated in this run", async () => {
      await program.up(inputs());
      await program.up({
        ...inputs({ rotationTrigger: "new", deletionAllowed: false }),
        isDistributed: false,
      });
      assert.deepEqual([...program.states.keys()], ["kms", "key"]);
    });

    it("where the state says that it is allowed, although nothing is shown: a destroy", async () => {
      await program.up(inputs({ deletionAllowed: true }));
      program.begin();
      await assertDone();
      await program.delete("managedKey", "key");
    });

    it("in the update that allows it and takes the distribution out", async () => {
      await program.up(inputs());
      await program.up({ ...inputs({ deletionAllowed: true }), isDistributed: false });
      assert.deepEqual([...program.states.keys()], ["kms", "key"]);
    });
  });

  describe("goes by what the last update has written", () => {
    const said = () => [
      (program.outputs("distribution").key as KeyRef).deletionAllowed,
      (program.outputs(ABROAD).distribution as { key: KeyRef }).key.deletionAllowed,
      keyState().outputs.deletionAllowed,
    ];

    it("an update that allows it changes the state everywhere, at no call", async () => {
      await program.up(inputs());
      assert.deepEqual(await scene.callsOf(() => program.up(inputs({ deletionAllowed: true }))), {});
      assert.deepEqual(said().slice(0, 3), [true, true, true]);
    });

    it("one that forbids it again too, and then a destroy is refused", async () => {
      await program.up(inputs({ deletionAllowed: true }));
      assert.deepEqual(await scene.callsOf(() => program.up(inputs())), {});
      assert.deepEqual(said().slice(0, 3), [false, false, false]);
      program.begin();
      await assertAllRefused();
    });

    it("a stale `true`, as release 0.1.0 left it, is put right by the next update, at no call", async () => {
      await program.up(inputs());
      (program.outputs("distribution").key as KeyRef).deletionAllowed = true;
      (program.outputs(ABROAD).distribution as { key: KeyRef }).key.deletionAllowed = true;
      assert.deepEqual(await scene.callsOf(() => program.up(inputs())), {});
      assert.deepEqual(said().slice(0, 3), [false, false, false]);
      program.begin();
      await assertAllRefused();
    });

    it("a stale `true` does not outlive an `up --refresh`", async () => {
      await program.up(inputs());
      (program.outputs("distribution").key as KeyRef).deletionAllowed = true;
      scene.writes.length = 0;
      await program.up({ ...inputs(), isRefreshed: true });
      assert.deepEqual([scene.writes, said().slice(0, 3)], [[], [false, false, false]]);
    });
  });

  describe("leaves alone what another resource of the program has taken over", () => {
    beforeEach(() => program.up(inputs()));

    it("without a call, although the key is not shown", async () => {
      const whole = await scene.everywhere();
      program.begin();
      for (const [type, name] of [
        ["keyDistribution", "distribution"],
        ["keyReplica", ABROAD],
      ] as const)
        await program.resource(type).check(undefined, program.states.get(name)!.inputs);
      assert.deepEqual(
        await scene.callsOf(async () => {
          await program.delete("keyReplica", ABROAD);
          await program.delete("keyDistribution", "distribution");
        }),
        {},
      );
      assert.deepEqual(await scene.everywhere(), whole);
      assert.match(
        scene.said(),
        /another KeyReplica .* left as they are\n.*another KeyDistribution .* left as they are/,
      );
    });

    it("but not what one of another name has", async () => {
      program.begin();
      const { inputs: given } = program.states.get("distribution")!;
      await program.resource("keyDistribution").check({ ...given, name: "orders-1700000000" }, given);
      await assertRefused("keyDistribution", "distribution");
    });
  });

  describe("with own material, of which a renamed key has the same id", () => {
    it("is refused where the key is only made anew in this run, and its distribution was taken out", async () => {
      const own = { material: randomBytes(32).toString("base64") };
      await program.up(inputs(own));
      const ids = idsOf(program);
      await assert.rejects(
        program.up({ ...inputs(own), names: { key: "renamed" }, isDistributed: false }),
        (error) => isKeymgmtError(error, "DeletionNotAllowed"),
      );
      assert.deepEqual(await scene.states(ids), { [HOME]: ["Enabled"], [ABROAD]: ["Enabled"] });
    });
  });
});
