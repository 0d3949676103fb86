import assert from "node:assert/strict";
import { TagResourceCommand } from "@aws-sdk/client-kms";
import { namesIn } from "../../cli/state/names";
import type { ManagedKeyState } from "../../cli/state/stack";
import type { KmsKeyRecords } from "../../provider/state/types";
import { Scene } from "../world/scene";
import { clientOf, exportOf, fileOf, keymgmtOn, strayKey } from "./support";

const [FORMER, NOW] = ["organization/shop/dev", "organization/shop/prod"];

/** The local KMS's clock: no test waits until its KMS keys are older than the state. */
const hourAgo = () => new Date(Date.now() - 3_600_000);

describe("keymgmt after a stack rename", function () {
  this.timeout(60_000);
  const scene = new Scene();
  const program = scene.program();
  const keymgmt = keymgmtOn(scene);
  let renamed: string;
  let updated: string;
  let halfWay: string;

  before(async () => {
    await scene.open({ now: hourAgo });
    await program.up();
    program.stack = NOW;
    renamed = await fileOf(exportOf(program));
    const before = structuredClone(program.outputs("distribution"));
    await program.up();
    updated = await fileOf(exportOf(program));
    const after = program.outputs("distribution");
    program.states.get("distribution")!.outputs = before;
    halfWay = await fileOf(exportOf(program));
    program.states.get("distribution")!.outputs = after;
  });
  after(() => scene.close());

  const west = () => clientOf(scene, "us-west-1");
  const stray = (stack: string) =>
    strayKey(west(), { stack, key: "gone", distribution: "gone-1", version: "1" });
  const status = async (state: string) => {
    const { stdout } = await keymgmt(["status", "--json", "--state", state]);
    const [{ stack, notes, keys }] = JSON.parse(stdout).stacks;
    const { drift } = keys[0].distributions[0].regions[0];
    return { stack, notes, isDrifted: drift.length > 0 };
  };
  const sweep = async (args: string[]) => {
    const { code, stdout } = await keymgmt(["sweep", "--json", ...args]);
    return { code, ...JSON.parse(stdout) };
  };
  const ids = (keys: { keyId: string }[]) => keys.map(({ keyId }) => keyId);

  it("the stack's own name comes first, whichever the state's resources begin with", () => {
    const keys = [FORMER, NOW].map(
      (stack) => ({ stack, formerStacks: [FORMER, "acme/a/b"] }) as ManagedKeyState,
    );
    assert.deepEqual(namesIn("shop/prod", keys, []), { names: [NOW, FORMER], formerNames: ["acme/a/b"] });
  });

  describe("status", () => {
    it("has the new name after one update, and says before it what that is for", async () => {
      const note = `KMS keys are tagged for ${FORMER}: the next \`pulumi up\` tags them for shop/prod.`;
      assert.equal((await status(renamed)).stack, FORMER);
      assert.deepEqual((await status(renamed)).notes, [note]);
      assert.deepEqual(await status(updated), { stack: NOW, notes: [], isDrifted: false });
    });

    it("has both names, the new one first, while an update has not gone through", async () => {
      const { stack, notes } = await status(halfWay);
      assert.equal(stack, `${NOW}, ${FORMER}`);
      assert.equal(notes.length, 1);
    });
  });

  describe("sweep", () => {
    it("accounts for a KMS key in the state under whichever name its tag has", async () => {
      const { keyId } = (program.outputs("distribution").versions as KmsKeyRecords)[1]!;
      const tag = (TagValue: string) =>
        west().send(new TagResourceCommand({ KeyId: keyId, Tags: [{ TagKey: "keymgmt:stack", TagValue }] }));
      await tag(FORMER);
      const { code, accounted, held, foreign } = await sweep(["--state", updated]);
      await tag(NOW);
      assert.deepEqual([code, accounted, held, foreign], [0, 1, [], []]);
    });

    it("lists as this stack's what has a former name, and leaves it alone: another stack may have that name", async () => {
      const [old, own, other] = [
        await stray(FORMER),
        await stray(NOW),
        await stray("organization/shop/else"),
      ];
      for (const state of [updated, halfWay, renamed]) {
        const { held, foreign } = await sweep(["--state", state]);
        assert.ok(ids(held).includes(old), state);
        assert.deepEqual(ids(foreign).sort(), state === renamed ? [own, other].sort() : [other]);
      }
      const { held, deletable, deletions } = await sweep(["--state", updated, "--delete", "--yes"]);
      assert.deepEqual([ids(held), ids(deletable), ids(deletions)], [[old], [own], [own]]);
      assert.equal(
        held[0].reason,
        `is tagged for ${FORMER}, a name that shop/prod had before and another stack may have now: give that stack's state, or --empty-stack ${FORMER}`,
      );
      const empty = await sweep(["--state", updated, "--empty-stack", FORMER]);
      assert.deepEqual(ids(empty.deletable), [old]);
    });

    it("takes up what an interrupted update has made under either name", async () => {
      const distribution = String(program.outputs("distribution").name);
      const made = [FORMER, NOW].map((stack) => strayKey(west(), { stack, distribution, version: "2" }));
      const keys = await Promise.all(made);
      for (const state of [updated, halfWay])
        assert.deepEqual(ids((await sweep(["--state", state])).unfinished).sort(), [...keys].sort());
    });
  });

  describe("iam-policy", () => {
    const policy = async (...args: string[]) => {
      const { stdout, stderr } = await keymgmt(["iam-policy", ...args]);
      const stacks = new Set(stdout.match(/organization\/shop\/\w+/g));
      return { stacks: [...stacks].sort(), notes: stderr.replaceAll(/\s+/g, " ") };
    };

    it("is bound to the present name, and says that one update needs the former too", async () => {
      const { stacks, notes } = await policy("--state", updated);
      assert.deepEqual(stacks, [NOW]);
      assert.match(
        notes,
        /After a rename of the stack one update needs the former name too, .*--former-stack NAME\. The state has these: organization\/shop\/dev\./,
      );
      const plain = "--account-id 111122223333 --region us-west-1 --for-stack".split(" ");
      assert.match((await policy(...plain, NOW)).notes, /--former-stack NAME\. $/);
    });

    it("names both before that update, and goes by both while it has not gone through", async () => {
      const { stacks, notes } = await policy("--state", renamed);
      assert.deepEqual(stacks, [FORMER]);
      const both = `--for-stack ${NOW} --former-stack ${FORMER}`;
      assert.match(
        notes,
        new RegExp(`The stack is shop/prod now, and its KMS keys are tagged for ${FORMER}\\..* ${both} $`),
      );
      const given = await policy("--state", renamed, ...both.split(" "));
      assert.deepEqual(given.stacks, [FORMER, NOW]);
      assert.doesNotMatch(given.notes, /rename|--former-stack/);
      const twice = await policy("--state", renamed, "--for-stack", FORMER, "--for-stack", NOW);
      assert.doesNotMatch(twice.notes, /rename|--former-stack/);
      assert.deepEqual((await policy("--state", halfWay)).stacks, [FORMER, NOW]);
    });

    it("says nothing of it where no update is made under it", async () => {
      assert.doesNotMatch((await policy("--state", updated, "--only", "--status")).notes, /rename/);
    });
  });
});
