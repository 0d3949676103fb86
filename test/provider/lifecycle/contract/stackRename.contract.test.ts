import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import type { Values } from "../../../../provider/resources/resource";
import { backUp, forgetBackup } from "../../../world/backup";
import type { Program, ProgramInputs } from "../../../world/program";
import {
  ABROAD,
  adoptIn,
  aliasOf,
  DEV,
  destroy,
  HOME,
  idsOf,
  PROD,
  REGIONS,
  useScene,
} from "../../../world/scene";

const STACK_TAG = "keymgmt:stack";

describe("a stack that was renamed", function () {
  this.timeout(30_000);
  const { scene, program } = useScene();
  afterEach(forgetBackup);

  const inputs = (key: Values = {}, more: Partial<ProgramInputs> = {}): ProgramInputs => ({
    key: { replicaRegions: [ABROAD], ...key },
    replicas: [ABROAD],
    ...more,
  });
  const up = (key: Values = {}, more: Partial<ProgramInputs> = {}) => program.up(inputs(key, more));

  /** Two versions in two Regions, the first disabled. */
  async function lived(more: Values = {}): Promise<string[]> {
    await up({ rotationTrigger: "a", ...more });
    await up({ rotationTrigger: "b", minEnabledVersion: 2, ...more });
    return idsOf(program);
  }
  const declared = { rotationTrigger: "b", minEnabledVersion: 2 };

  /** The stacks that KMS keys are tagged with, by Region. */
  async function stacksOf(ids: string[]): Promise<Record<string, (string | undefined)[]>> {
    const seen = await scene.everywhere(ids);
    return Object.fromEntries(
      REGIONS.map((region) => [region, seen[region]!.map(({ tags }) => tags[STACK_TAG])]),
    );
  }
  const all = (stack: string, count = 2) =>
    Object.fromEntries(REGIONS.map((r) => [r, Array(count).fill(stack)]));

  const leaving = {
    [HOME]: ["PendingReplicaDeletion", "PendingReplicaDeletion"],
    [ABROAD]: ["PendingDeletion", "PendingDeletion"],
  };
  async function assertNoAliases(): Promise<void> {
    for (const region of REGIONS)
      assert.deepEqual(
        (await scene.kmsKeys(region)).flatMap(({ aliases }) => aliases),
        [],
      );
  }

  describe("tags its KMS keys anew", () => {
    it("in one update: every version, disabled ones too, in every Region; a second has nothing to do", async () => {
      const ids = await lived();
      assert.deepEqual(await stacksOf(ids), all(DEV));
      program.stack = PROD;
      scene.writes.length = 0;
      await up(declared);
      assert.deepEqual(await stacksOf(ids), all(PROD));
      assert.deepEqual([...new Set(scene.writes.map(({ operation }) => operation))], ["TagResource"]);
      assert.deepEqual(await scene.callsOf(() => up(declared)), {});
      assert.deepEqual(await program.refreshAll(), []);
      assert.deepEqual(await scene.callsOf(() => up(declared)), {});
    });

    it("and the comparison, which a preview shows, says it in a sentence", async () => {
      await lived();
      scene.said();
      program.stack = PROD;
      await up(declared);
      assert.match(
        scene.said(),
        new RegExp(`this stack is called ${PROD} now, and was ${DEV}: .* in every Region`),
      );
    });

    it("rotated on demand, the one KMS key", async () => {
      const more = { distribution: { rotationStrategy: "on-demand" } };
      await up({ rotationTrigger: "a" }, more);
      await up({ rotationTrigger: "b" }, more);
      program.stack = PROD;
      await up({ rotationTrigger: "b" }, more);
      assert.deepEqual(await stacksOf(idsOf(program)), all(PROD, 1));
      assert.deepEqual(await scene.callsOf(() => up({ rotationTrigger: "b" }, more)), {});
    });

    it("in an update that also rotates", async () => {
      await up({ rotationTrigger: "a" });
      program.stack = PROD;
      await up({ rotationTrigger: "b" });
      assert.deepEqual(await stacksOf(idsOf(program)), all(PROD));
      assert.deepEqual(await scene.callsOf(() => up({ rotationTrigger: "b" })), {});
    });

    it("in an `up --refresh`", async () => {
      const ids = await lived();
      program.stack = PROD;
      await up(declared, { isRefreshed: true });
      assert.deepEqual(await stacksOf(ids), all(PROD));
      assert.deepEqual(await scene.callsOf(() => up(declared)), {});
    });

    it("with a replica that was added in the same update", async () => {
      await up({}, { replicas: [] });
      program.stack = PROD;
      await up();
      assert.deepEqual(await stacksOf(idsOf(program)), all(PROD, 1));
      assert.deepEqual(await scene.callsOf(() => up()), {});
    });

    it("but for one that AWS no longer knows, once a refresh has seen that", async () => {
      const [first, second] = await lived();
      for (const region of [ABROAD, HOME])
        await scene
          .in(region)
          .send(new ScheduleKeyDeletionCommand({ KeyId: first!, PendingWindowInDays: 7 }));
      await scene.local.moveClock({ advance: "P8D" });
      await scene.local.moveClock({ advance: "P8D" });
      program.stack = PROD;
      await up(declared, { isRefreshed: true });
      assert.deepEqual(await stacksOf([first!, second!]), all(PROD, 1));
      assert.deepEqual(await scene.callsOf(() => up(declared)), {});
    });
  });

  describe("counts as the stack that it was, right after the rename", () => {
    it("in a removal", async () => {
      const ids = await lived();
      program.stack = PROD;
      await up(declared, { replicas: [], isDistributed: false });
      assert.deepEqual(await scene.states(ids), leaving);
      await assertNoAliases();
    });

    it("in the removal of a replica alone", async () => {
      const ids = await lived();
      program.stack = PROD;
      await up(declared, { replicas: [] });
      assert.deepEqual((await scene.states(ids))[ABROAD], leaving[ABROAD]);
      assert.deepEqual((await stacksOf(ids))[HOME], [PROD, PROD]);
      assert.deepEqual(await scene.callsOf(() => up(declared, { replicas: [] })), {});
    });

    it("in a destroy", async () => {
      const ids = await lived({ deletionAllowed: true });
      program.stack = PROD;
      await destroy(program);
      assert.deepEqual(await scene.states(ids), leaving);
      await assertNoAliases();
      assert.equal(program.states.has("distribution"), false);
    });

    for (const [how, order] of [
      ["removed under the old name, and declared again right after the rename", ["away", "rename"]],
      ["removed right after the rename, and declared again in the next update", ["rename", "away"]],
      ["removed, renamed, brought up without it, and declared again", ["away", "rename", "without"]],
      ["removed, renamed twice, and declared again", ["away", "rename", "without", "rename again"]],
    ] as const)
      it(`in a return: ${how}`, async () => {
        const ids = await lived();
        const alias = aliasOf(program);
        const old = await scene.in(ABROAD).encrypt(alias, "kept");
        for (const what of order) {
          if (what === "rename") program.stack = PROD;
          else if (what === "rename again") program.stack = "organization/shop/live";
          else await up(declared, { replicas: [], isDistributed: false });
        }
        await up(declared);
        assert.deepEqual([idsOf(program), aliasOf(program)], [ids, alias]);
        assert.deepEqual(await stacksOf(ids), all(program.stack));
        assert.deepEqual(await scene.states(ids), {
          [HOME]: ["Disabled", "Enabled"],
          [ABROAD]: ["Disabled", "Enabled"],
        });
        for (const region of REGIONS) assert.equal((await scene.in(region).decrypt(old)).text, "kept");
        assert.deepEqual(await program.refreshAll(), []);
        assert.deepEqual(await scene.callsOf(() => up(declared)), {});
      });

    for (const isStored of [true, false])
      it(`in a return right after the rename that is ${isStored ? "cut short" : "killed"} after any change, and run again`, async () => {
        const alone = { replicas: [] };
        const key = { ...declared, replicaRegions: [] };
        await up({ ...key, rotationTrigger: "a", minEnabledVersion: 1 }, alone);
        await up(key, alone);
        const [ids, alias] = [idsOf(program), aliasOf(program)];
        let count = 0;
        for (let isDone = false; !isDone; count++) {
          await up(key, { ...alone, isDistributed: false });
          program.stack = `organization/shop/name-${count}`;
          scene.writes.length = 0;
          const error = { name: "ValidationException" };
          scene.intercept = () => (scene.writes.length === count + 1 ? { when: "after", error } : undefined);
          isDone = await up(key, alone).then(
            () => true,
            () => false,
          );
          scene.intercept = () => undefined;
          if (!isStored && !isDone) program.states.delete("distribution");
          await up(key, alone);
          assert.deepEqual([idsOf(program), aliasOf(program)], [ids, alias], `cut at ${count}`);
          const seen = await scene.kmsKeys();
          assert.deepEqual(
            seen.map(({ tags }) => tags[STACK_TAG]),
            [program.stack, program.stack],
          );
        }
        assert.ok(count > 6, "two versions are taken back, imported, tagged, and the alias is made");
      });

    it("in a rename of the distribution without aliases that comes after the tags went over", async () => {
      const ids = await lived();
      program.stack = PROD;
      await up(declared);
      await up(declared, { names: { distribution: "distribution-2" } });
      assert.deepEqual(idsOf(program, "distribution-2"), ids);
    });
  });

  describe("whose update fails half-way", () => {
    for (const [where, fails] of [
      ["in the replica's Region, when home is done", ({ region }: { region: string }) => region === ABROAD],
      ["at home, before the replica", ({ region }: { region: string }) => region === HOME],
    ] as const) {
      async function cutShort(): Promise<string[]> {
        const ids = await lived({ deletionAllowed: true });
        program.stack = PROD;
        let tagged = 0;
        scene.intercept = (request) =>
          request.operation === "TagResource" && fails(request) && ++tagged === 2
            ? { error: { name: "AccessDeniedException" } }
            : undefined;
        await assert.rejects(up({ ...declared, deletionAllowed: true }), /AccessDenied/);
        scene.intercept = () => undefined;
        return ids;
      }

      it(`${where}, goes on`, async () => {
        const ids = await cutShort();
        await up({ ...declared, deletionAllowed: true });
        assert.deepEqual(await stacksOf(ids), all(PROD));
        assert.deepEqual(await scene.callsOf(() => up({ ...declared, deletionAllowed: true })), {});
      });

      it(`${where}, goes on after a refresh too, which clears the engine's mark of the failure`, async () => {
        const ids = await cutShort();
        await up({ ...declared, deletionAllowed: true }, { isRefreshed: true });
        assert.deepEqual(await stacksOf(ids), all(PROD));
      });

      it(`${where}, is destroyed whole`, async () => {
        const ids = await cutShort();
        await destroy(program);
        assert.deepEqual(await scene.states(ids), leaving);
        await assertNoAliases();
      });

      it(`${where}, is removed and returns whole`, async () => {
        const ids = await cutShort();
        await up({ ...declared, deletionAllowed: true }, { replicas: [], isDistributed: false });
        assert.deepEqual(await scene.states(ids), leaving);
        await up({ ...declared, deletionAllowed: true });
        assert.deepEqual(idsOf(program), ids);
        assert.deepEqual(await stacksOf(ids), all(PROD));
      });

      it(`${where}, and is renamed back, goes on`, async () => {
        const ids = await cutShort();
        program.stack = DEV;
        await up({ ...declared, deletionAllowed: true });
        assert.deepEqual(await stacksOf(ids), all(DEV));
        assert.deepEqual(await scene.callsOf(() => up({ ...declared, deletionAllowed: true })), {});
      });
    }
  });

  describe("where a new stack has the former name", () => {
    let other: Program;
    /** A new stack of the former name is made after the rename, so its distribution has another name. */
    const aMinuteLater = () => new Date(Date.now() + 60_000);
    /** The stack was renamed and brought up; then a new one of the former name was. */
    async function withNewStack(): Promise<string[]> {
      await lived();
      program.stack = PROD;
      await up(declared);
      other = scene.program(DEV);
      other.settings = { now: aMinuteLater };
      await other.up(inputs());
      return idsOf(other);
    }
    async function assertLeftAlone(ids: string[], work: () => Promise<unknown>): Promise<void> {
      const before = await scene.everywhere(ids);
      scene.writes.length = 0;
      await work();
      assert.deepEqual(await scene.everywhere(ids), before);
      assert.deepEqual(
        scene.writes.filter(({ keyId }) => ids.includes(keyId ?? "")),
        [],
      );
    }

    it("an update and a rotation leave it alone", async () => {
      const theirs = await withNewStack();
      await assertLeftAlone(theirs, async () => {
        await up(declared);
        await up({ ...declared, rotationTrigger: "c" });
      });
    });

    it("a removal and a destroy leave it alone", async () => {
      const theirs = await withNewStack();
      const ids = idsOf(program);
      await assertLeftAlone(theirs, () => up(declared, { replicas: [], isDistributed: false }));
      assert.deepEqual(await scene.states(ids), leaving);
    });

    it("a return takes its own KMS keys, and leaves the other's alone", async () => {
      const theirs = await withNewStack();
      const [ids, alias] = [idsOf(program), aliasOf(program)];
      await up(declared, { replicas: [], isDistributed: false });
      await assertLeftAlone(theirs, () => up(declared));
      assert.deepEqual([idsOf(program), aliasOf(program)], [ids, alias]);
      assert.deepEqual(await stacksOf(ids), all(PROD));
    });

    it("a return where the other has removed its own takes its own KMS keys, not those", async () => {
      const theirs = await withNewStack();
      const [ids, alias] = [idsOf(program), aliasOf(program)];
      await other.up(inputs({}, { replicas: [], isDistributed: false }));
      await up(declared, { replicas: [], isDistributed: false });
      await assertLeftAlone(theirs, () => up(declared));
      assert.deepEqual([idsOf(program), aliasOf(program)], [ids, alias]);
    });

    it("which has the same own material, and both were removed: each comes back to its own", async () => {
      const own = { material: randomBytes(32).toString("base64") };
      const alone = { replicas: [] };
      const away = { ...alone, isDistributed: false };
      await up(own, alone);
      program.stack = PROD;
      await up(own, alone);
      other = scene.program(DEV);
      other.settings = { now: aMinuteLater };
      await other.up(inputs(own, alone));
      const was = [idsOf(program), idsOf(other), aliasOf(program), aliasOf(other)];
      await up(own, away);
      await other.up(inputs(own, away));
      await up(own, alone);
      await other.up(inputs(own, alone));
      assert.deepEqual([idsOf(program), idsOf(other), aliasOf(program), aliasOf(other)], was);
    });

    it("the rename of the distribution without aliases takes its own KMS keys", async () => {
      const theirs = await withNewStack();
      const ids = idsOf(program);
      await assertLeftAlone(theirs, () => up(declared, { names: { distribution: "distribution-2" } }));
      assert.deepEqual(idsOf(program, "distribution-2"), ids);
    });

    it("where its KMS keys are in use and this stack has none of its own left, that is said and left alone", async () => {
      await up({}, { replicas: [] });
      await up({}, { replicas: [], isDistributed: false });
      program.stack = PROD;
      await up({}, { replicas: [], isDistributed: false });
      await scene.local.moveClock({ advance: "P31D" });
      other = scene.program(DEV);
      await other.up(inputs({}, { replicas: [] }));
      const before = await scene.everywhere();
      scene.writes.length = 0;
      await assert.rejects(
        up({}, { replicas: [] }),
        (error: Error) =>
          error.message.includes(`has "${DEV}", a former name of this stack`) &&
          error.message.includes("left alone"),
      );
      assert.deepEqual(scene.writes, []);
      assert.deepEqual(await scene.everywhere(), before);
      await up({}, { replicas: [], distribution: { adopt: { versions: {} } } });
      assert.deepEqual(
        await scene.everywhere(idsOf(other)),
        Object.fromEntries(REGIONS.map((r) => [r, before[r]!])),
      );
    });

    it("what it has taken over by `adopt` is left alone by a destroy", async () => {
      await up({ deletionAllowed: true }, { replicas: [] });
      program.stack = PROD;
      await up({ deletionAllowed: true }, { replicas: [] });
      const ids = idsOf(program);
      const { restore, adopt } = await backUp(program);
      other = scene.program(DEV);
      const restored = { replicas: [], distribution: { adopt } };
      await other.up(inputs({ restore }, restored));
      assert.deepEqual(idsOf(other), ids);
      await other.up(inputs({ restore, rotationTrigger: "new" }, restored));
      scene.said();
      await assertLeftAlone(idsOf(other), () => destroy(program));
      assert.match(
        scene.said(),
        /has the tags of another stack, or another claim than the state; it is left alone/,
      );
    });
  });

  describe("again and again", () => {
    it("keeps the last 10 names, newest first", async () => {
      for (let count = 1; count <= 13; count++) {
        program.stack = `organization/shop/name-${count}`;
        await up({ replicaRegions: [] }, { replicas: [], isDistributed: false });
      }
      const names = Array.from({ length: 10 }, (_, index) => `organization/shop/name-${12 - index}`);
      assert.deepEqual(program.outputs("key").formerStacks, names);
    });

    it("back and forth, has each name once, and the name that it has now is none of the former", async () => {
      for (const stack of [DEV, PROD, DEV, PROD]) {
        program.stack = stack;
        await up({ replicaRegions: [] }, { replicas: [] });
      }
      assert.deepEqual(program.outputs("key").formerStacks, [DEV]);
      assert.deepEqual((await stacksOf(idsOf(program)))[HOME], [PROD]);
      assert.deepEqual(await scene.callsOf(() => up({ replicaRegions: [] }, { replicas: [] })), {});
    });
  });

  describe("with a state of 0.1.0, whose ManagedKey names no stack", () => {
    /** What release 0.1.0 did not write. */
    function asOf010(): void {
      for (const { inputs, outputs } of program.states.values())
        for (const values of [inputs, outputs]) {
          if (values.keyring !== undefined || "rotatedOn" in values) delete values.stack;
          delete values.formerStacks;
          delete (values.key as Values | undefined)?.formerStacks;
          delete ((values.distribution as Values | undefined)?.key as Values | undefined)?.formerStacks;
          if ("keyName" in values) delete values.deletionAllowed;
        }
      assert.equal("stack" in program.outputs("key"), false);
      assert.equal(program.outputs("distribution").stack, DEV);
    }

    it("is brought up without a call where it was not renamed", async () => {
      await lived();
      asOf010();
      assert.deepEqual(await scene.callsOf(() => up(declared)), {});
      assert.equal(program.states.get("key")!.inputs.stack, DEV);
    });

    it("is tagged anew in one update", async () => {
      const ids = await lived();
      asOf010();
      program.stack = PROD;
      await up(declared);
      assert.deepEqual(await stacksOf(ids), all(PROD));
      assert.deepEqual(await scene.callsOf(() => up(declared)), {});
    });

    it("is removed whole right after the rename", async () => {
      const ids = await lived();
      asOf010();
      program.stack = PROD;
      await up(declared, { replicas: [], isDistributed: false });
      assert.deepEqual(await scene.states(ids), leaving);
    });

    it("is destroyed whole right after the rename", async () => {
      const ids = await lived({ deletionAllowed: true });
      asOf010();
      program.stack = PROD;
      await destroy(program);
      assert.deepEqual(await scene.states(ids), leaving);
    });

    it("returns whole where the update that removed it was the first of this release", async () => {
      const ids = await lived();
      asOf010();
      await up(declared, { replicas: [], isDistributed: false });
      program.stack = PROD;
      await up(declared);
      assert.deepEqual(idsOf(program), ids);
    });

    it("returns whole where it was removed in the very update that shows the rename", async () => {
      const ids = await lived();
      asOf010();
      program.stack = PROD;
      await up(declared, { replicas: [], isDistributed: false });
      await up(declared);
      assert.deepEqual(idsOf(program), ids);
    });
  });

  it("returns with own material in a key that was deleted and declared again under the new name, where the program names its KMS keys", async () => {
    const material = randomBytes(32).toString("base64");
    await up({ material, deletionAllowed: true }, { replicas: [] });
    program.stack = PROD;
    await up({ material, deletionAllowed: true }, { replicas: [] });
    const ids = idsOf(program);
    await destroy(program);
    let refusal = "";
    await assert.rejects(up({ material }, { replicas: [] }), ({ message }: Error) => {
      refusal = message;
      return true;
    });
    await up({ material }, { replicas: [], distribution: { adopt: adoptIn(refusal) } });
    assert.deepEqual(idsOf(program), ids);
  });
});
