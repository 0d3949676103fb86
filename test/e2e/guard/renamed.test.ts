import assert from "node:assert/strict";
import { components, oneKey } from "./programs";
import { onStack, useLocalKms } from "./stack";

describe("keys whose deletion is not allowed outlive, on the real engine,", function () {
  this.timeout(300_000);
  const local = useLocalKms();

  it("a component that is renamed without aliases: the preview is refused; with --skip-preview, when it is taken back nothing is done in AWS, and what it made can be deleted on purpose", () => {
    const former = components(local().url, { orders: "{}" });
    const renamed = components(local().url, { payments: "{}" });
    return onStack(local(), former, async (stack) => {
      const kmsKeys = await stack.kmsKeys();
      await stack.project.setProgram(renamed);
      await stack.refuses(() => stack.project.previewAndUp({ fails: true }));
      await stack.project.setProgram(renamed);
      const said = await stack.takesNothingAway(() => stack.project.up({ fails: true }));
      assert.match(said, /error: .*aliases/);

      await stack.project.setProgram(former);
      const { changes } = await stack.changes(() => stack.project.up({ fails: true }));
      assert.deepEqual(changes, []);
      await stack.isInUse();

      await stack.project.setProgram(
        components(local().url, { orders: "{}", payments: "{ deletionAllowed: true }" }),
      );
      await stack.project.up();
      await stack.project.setProgram(former);
      await stack.project.up();
      await stack.isInUse();
      assert.deepEqual(await stack.kmsKeys(), kmsKeys);
      await stack.hasNothingToDo();
    });
  });

  it("a ManagedKey resource that is renamed without aliases and keeps its name: it is refused before anything is made in AWS; taken back, the alias keeps its name", () =>
    onStack(local(), oneKey(local().url), async (stack) => {
      const renamed = { resource: "payments", key: '{ name: "orders" }' };
      await stack.project.setProgram(oneKey(local().url, renamed));
      const refused = await stack.changes(() => stack.project.up({ fails: true }));
      assert.deepEqual(refused.changes, []);
      await stack.isInUse();
      for (const part of [/deletionAllowed/, /aliases/, /\bname\b/]) assert.match(refused.said, part);

      await stack.project.setProgram(stack.program);
      const takenBack = await stack.changes(() => stack.project.up({ fails: true }));
      assert.deepEqual(takenBack.changes, []);
      await stack.isInUse();
    }));

  it("`pulumi state delete` of a ManagedKey: an update is refused before anything is made, and the program that names its KMS keys uses them again", () =>
    onStack(local(), oneKey(local().url), async (lost) => {
      const kmsKeys = await lost.kmsKeys();
      const urn = lost.urn("ManagedKey", "orders");
      await lost.project.pulumi(["state", "delete", urn, "--target-dependents", "--force", "--yes"]);
      const { said, changes } = await lost.changes(() => lost.project.up({ fails: true }));
      assert.deepEqual(changes, []);
      await lost.isInUse();
      const { alias, keyId } = lost.of("orders");
      for (const part of ["restore", "adopt", keyId])
        assert.ok(said.includes(part), `${part} is not in: ${said}`);

      const distribution = `{ adopt: { aliasName: "${alias}", versions: { 1: "${keyId}" } } }`;
      await lost.project.setProgram(oneKey(local().url, { distribution }));
      await lost.takesNothingAway(() => lost.project.up());
      assert.deepEqual(await lost.kmsKeys(), kmsKeys);
      await lost.hasNothingToDo();
    }));
});
