import assert from "node:assert/strict";
import { oneKey } from "./programs";
import { assertNamesWaysOn, onStack, useLocalKms } from "./stack";

const NOTHING = "";

describe("keys go, on the real engine,", function () {
  this.timeout(300_000);
  const local = useLocalKms();

  it("on purpose, once the last update has seen `deletionAllowed: true`, and not where a later one has seen false", () => {
    const allowed = oneKey(local().url, { key: "{ deletionAllowed: true }" });
    return onStack(local(), allowed, async (stack) => {
      await stack.project.setProgram(oneKey(local().url));
      await stack.project.up();
      const { said } = await stack.changes(() => stack.project.destroy({ fails: true }));
      assertNamesWaysOn(said);
      await stack.isInUse();

      await stack.project.setProgram(allowed);
      await stack.project.up();
      await stack.project.setProgram(NOTHING);
      await stack.project.previewAndUp();
      assert.deepEqual(await stack.statesOf("orders"), ["PendingReplicaDeletion", "PendingDeletion"]);
      assert.deepEqual(await stack.aliasesOf("orders"), []);
    });
  });

  it("out of management, with KMS keys and aliases that stay, once an update has seen `retainOnDelete: true`", () =>
    onStack(local(), oneKey(local().url, { options: "{ retainOnDelete: true }" }), async (stack) => {
      await stack.project.setProgram(NOTHING);
      const { changes } = await stack.changes(() => stack.project.up());
      assert.deepEqual(changes, []);
      await stack.isInUse();
    }));
});
