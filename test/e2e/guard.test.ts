import assert from "node:assert/strict";
import { type LocalKms, startLocalKms } from "../../localkms/index";
import { ABROAD, components, HOME, ORDERS_NOT_DISTRIBUTED, oneKey, program } from "./guard/programs";
import { assertNamesWaysOn, Stack, sharedStack } from "./guard/stack";

const NOTHING = "";

describe("keys whose deletion is not allowed, on the real engine", function () {
  this.timeout(300_000);
  let local: LocalKms;
  before(async () => {
    local = await startLocalKms({ config: { replicaCreatingMillis: 0 } });
  });
  after(() => local?.close());

  /** A stack of its own, for a test that changes it. */
  async function onStack(text: string, test: (stack: Stack) => Promise<void>): Promise<void> {
    const stack = await Stack.open(local, text);
    try {
      await test(stack);
    } finally {
      await stack.close();
    }
  }

  describe("outlive a destroy", () => {
    const stack = sharedStack(() => local, program);
    const destroy = (...args: string[]) =>
      stack().project.pulumi(["destroy", "--yes", ...args], { fails: true });

    it("as people run it, which Pulumi's own protection refuses in the preview", async () => {
      const { said } = await stack().refuses(() => destroy());
      assert.match(said, /protected/);
    });

    for (const args of [
      ["--skip-preview"],
      ["--skip-preview", "--refresh"],
      ["--skip-preview", "--run-program"],
      ["--exclude-protected"],
    ])
      it(`${args.join(" ")}: the refusal names the ways on`, async () => {
        const { said } = await stack().refuses(() => destroy(...args));
        assertNamesWaysOn(said);
      });

    for (const [type, name] of [
      ["KeyReplica", `orders-prod-${ABROAD}`],
      ["KeyDistribution", "bills-prod"],
    ] as const)
      it(`--target of a ${type}, which is refused before its first call`, async () => {
        const urn = stack().urn(type, name);
        const { said, calls } = await stack().refuses(() => destroy("--target", urn));
        assertNamesWaysOn(said);
        assert.deepEqual(calls, []);
      });

    it("--target of a distribution with --target-dependents", async () => {
      const urn = stack().urn("KeyDistribution", "orders-prod");
      const { said } = await stack().refuses(() => destroy("--target", urn, "--target-dependents"));
      assertNamesWaysOn(said);
    });

    it("after `pulumi state unprotect`", async () => {
      await stack().project.pulumi(["state", "unprotect", "--all", "--yes"]);
      const { said } = await stack().refuses(() => destroy("--skip-preview"));
      assertNamesWaysOn(said);
    });

    it("of a ManagedKey alone, after `pulumi state unprotect`", async () => {
      const urn = stack().urn("ManagedKey", "spare");
      await stack().project.pulumi(["state", "unprotect", urn, "--yes"]);
      const { said, calls } = await stack().refuses(() => destroy("--target", urn));
      assertNamesWaysOn(said);
      assert.deepEqual(calls, []);
    });

    it("where `deletionAllowed: true` stands in the program and no update has seen it", async () => {
      const bills = 'const bills = new ManagedKey("bills", { deletionAllowed: true });';
      await stack().project.setProgram(program(local.url, { bills }));
      const urn = stack().urn("KeyDistribution", "bills-prod");
      const { said } = await stack().refuses(() => destroy("--run-program", "--target", urn));
      assertNamesWaysOn(said);
    });

    it("by `up --replace` of a ManagedKey, after `pulumi state unprotect`", async () => {
      await stack().project.pulumi(["state", "unprotect", "--all", "--yes"]);
      const args = ["--yes", "--skip-preview", "--replace", stack().urn("ManagedKey", "orders")];
      const { said } = await stack().refuses(() => stack().project.pulumi(["up", ...args], { fails: true }));
      assertNamesWaysOn(said);
    });
  });

  describe("outlive an update that no longer declares them", () => {
    const stack = sharedStack(() => local, program);
    const declares = (others: Parameters<typeof program>[1]) =>
      stack().project.setProgram(program(local.url, others));

    it("with everything taken out, as people run it: Pulumi's own protection refuses in the preview", async () => {
      await stack().project.setProgram(NOTHING);
      const { said } = await stack().refuses(() => stack().project.previewAndUp({ fails: true }));
      assert.match(said, /protected/);
    });

    it("with everything taken out, and --skip-preview", async () => {
      await stack().project.setProgram(NOTHING);
      const { said } = await stack().refuses(() => stack().project.up({ fails: true }));
      assertNamesWaysOn(said);
    });

    for (const args of [["--refresh"], ["--refresh", "--run-program"]])
      it(`with everything taken out, and ${args.join(" ")}`, async () => {
        await stack().project.setProgram(NOTHING);
        const { said } = await stack().refuses(() => stack().project.up({ fails: true, args }));
        assertNamesWaysOn(said);
      });

    it("with one key and its distribution taken out, while another key is declared", async () => {
      await declares({ bills: "", billsProd: "" });
      const { said } = await stack().refuses(() => stack().project.up({ fails: true }));
      assertNamesWaysOn(said);
    });

    it("with --target of a distribution that was taken out, as the engine shows no key then", async () => {
      const urn = stack().urn("KeyDistribution", "bills-prod");
      await declares({ billsProd: "" });
      const { said, calls } = await stack().refuses(() =>
        stack().project.up({ fails: true, args: ["--target", urn] }),
      );
      assertNamesWaysOn(said);
      assert.deepEqual(calls, []);
    });

    it("with --target of a distribution that was taken out, and --target-dependents", async () => {
      const urn = stack().urn("KeyDistribution", "orders-prod");
      await declares(ORDERS_NOT_DISTRIBUTED);
      const args = ["--target", urn, "--target-dependents"];
      const { said } = await stack().refuses(() => stack().project.up({ fails: true, args }));
      assertNamesWaysOn(said);
    });

    it("with --exclude of the key, its distribution taken out", async () => {
      const urn = stack().urn("ManagedKey", "bills");
      await declares({ billsProd: "" });
      const args = ["--exclude", urn];
      const { said } = await stack().refuses(() => stack().project.up({ fails: true, args }));
      assertNamesWaysOn(said);
    });
  });

  it("a key of the same name that is still declared does not stand in for one that is not", () =>
    onStack(components(local.url, { web: "{}", batch: "{}" }), async (stack) => {
      await stack.project.setProgram(components(local.url, { web: "{}" }));
      for (const args of [[], ["--refresh", "--run-program"]]) {
        const { said } = await stack.refuses(() => stack.project.up({ fails: true, args }));
        assertNamesWaysOn(said);
        await stack.project.setProgram(components(local.url, { web: "{}" }));
      }
      await stack.project.setProgram(stack.program);
      await stack.hasNothingToDo();
    }));

  describe("outlive a component that is renamed without aliases", () => {
    const former = () => components(local.url, { orders: "{}" });
    const renamed = () => components(local.url, { payments: "{}" });

    it("the preview is refused; with --skip-preview, when it is taken back nothing is done in AWS, and what it made can be deleted on purpose", () =>
      onStack(former(), async (stack) => {
        const kmsKeys = await stack.kmsKeys();
        await stack.project.setProgram(renamed());
        await stack.refuses(() => stack.project.previewAndUp({ fails: true }));
        await stack.project.setProgram(renamed());
        const said = await stack.takesNothingAway(() => stack.project.up({ fails: true }));
        assert.match(said, /error: .*aliases/);

        await stack.project.setProgram(former());
        const { changes } = await stack.changes(() => stack.project.up({ fails: true }));
        assert.deepEqual(changes, []);
        await stack.isInUse();

        await stack.project.setProgram(
          components(local.url, { orders: "{}", payments: "{ deletionAllowed: true }" }),
        );
        await stack.project.previewAndUp();
        await stack.project.setProgram(former());
        await stack.project.previewAndUp();
        await stack.isInUse();
        assert.deepEqual(await stack.kmsKeys(), kmsKeys);
        await stack.hasNothingToDo();
      }));
  });

  describe("outlive a ManagedKey resource that is renamed without aliases and keeps its name", () => {
    const key = '{ name: "orders" }';
    const former = () => oneKey(local.url);
    const renamed = () => oneKey(local.url, { resource: "payments", key });

    it("the preview is refused, and --skip-preview before anything is made in AWS; taken back, the alias keeps its name, and the key that it made can be deleted on purpose", () =>
      onStack(former(), async (stack) => {
        await stack.project.setProgram(renamed());
        await stack.refuses(() => stack.project.previewAndUp({ fails: true }));
        await stack.project.setProgram(renamed());
        const refused = await stack.changes(() => stack.project.up({ fails: true }));
        assert.deepEqual(refused.changes, []);
        await stack.isInUse();
        for (const part of [/deletionAllowed/, /aliases/, /\bname\b/]) assert.match(refused.said, part);

        await stack.project.setProgram(former());
        const takenBack = await stack.changes(() => stack.project.up({ fails: true }));
        assert.deepEqual(takenBack.changes, []);
        await stack.isInUse();

        await stack.project.setProgram(
          oneKey(local.url, {
            also: { resource: "payments", key: `{ ...${key}, deletionAllowed: true }` },
          }),
        );
        await stack.project.previewAndUp();
        await stack.project.setProgram(former());
        await stack.project.previewAndUp();
        const { orders } = (await stack.project.stackOutput()).json;
        assert.equal(orders, stack.of("orders").alias);
        await stack.isInUse();
        await stack.hasNothingToDo();
      }));
  });

  describe("outlive `pulumi state delete`", () => {
    const stack = sharedStack(() => local, program);
    const REMOVED = [
      ["KeyReplica", `orders-prod-${ABROAD}`],
      ["KmsProvider", "prod"],
    ] as const;

    for (const [type, name] of REMOVED)
      it(`of a ${type} and what depends on it: an update recovers the same KMS keys and aliases`, async () => {
        const kmsKeys = await stack().kmsKeys();
        const urn = stack().urn(type, name);
        await stack().project.pulumi(["state", "delete", urn, "--target-dependents", "--yes"]);
        await stack().takesNothingAway(() => stack().project.up());
        assert.deepEqual(await stack().kmsKeys(), kmsKeys);
        const { orders, bills } = (await stack().project.stackOutput()).json;
        assert.deepEqual([orders, bills], [stack().of("orders").alias, stack().of("bills").alias]);
        await stack().hasNothingToDo();
      });

    it("of a ManagedKey: an update is refused before anything is made, and the program that names its KMS keys uses them again", () =>
      onStack(oneKey(local.url), async (lost) => {
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
        await lost.project.setProgram(oneKey(local.url, { distribution }));
        await lost.takesNothingAway(() => lost.project.previewAndUp());
        assert.deepEqual(await lost.kmsKeys(), kmsKeys);
        await lost.hasNothingToDo();
      }));
  });

  describe("go on purpose", () => {
    it("while their key is declared: in one Region by their KeyReplica, then by their distribution, with --refresh too", () =>
      onStack(program(local.url), async (stack) => {
        await stack.project.setProgram(program(local.url, { ordersAbroad: "" }));
        await stack.project.previewAndUp();
        assert.deepEqual(await stack.statesOf("orders"), ["Enabled", "PendingDeletion"]);
        assert.deepEqual(await stack.aliasesOf("orders"), [HOME]);

        await stack.project.setProgram(program(local.url, ORDERS_NOT_DISTRIBUTED));
        await stack.project.previewAndUp();
        assert.deepEqual(await stack.statesOf("orders"), ["PendingReplicaDeletion", "PendingDeletion"]);
        assert.deepEqual(await stack.aliasesOf("orders"), []);
        assert.deepEqual(await stack.statesOf("bills"), ["Enabled"]);

        await stack.project.setProgram(program(local.url, { ...ORDERS_NOT_DISTRIBUTED, billsProd: "" }));
        await stack.project.up({ args: ["--refresh"] });
        assert.deepEqual(await stack.statesOf("bills"), ["PendingDeletion"]);
      }));

    it("by a destroy, once an update has seen `deletionAllowed: true`; not when a later one has seen false", () =>
      onStack(oneKey(local.url), async (stack) => {
        const allowed = oneKey(local.url, { key: "{ deletionAllowed: true }" });
        await stack.project.setProgram(allowed);
        await stack.project.previewAndUp();
        await stack.project.setProgram(stack.program);
        await stack.project.previewAndUp();
        const { said } = await stack.changes(() => stack.project.destroy({ fails: true }));
        assertNamesWaysOn(said);
        await stack.isInUse();

        await stack.project.setProgram(allowed);
        await stack.project.previewAndUp();
        await stack.project.pulumi(["destroy", "--yes"]);
        assert.deepEqual(await stack.statesOf("orders"), ["PendingReplicaDeletion", "PendingDeletion"]);
        assert.deepEqual(await stack.aliasesOf("orders"), []);
      }));

    it("by an update that no longer declares them, once an update has seen `deletionAllowed: true`", () =>
      onStack(oneKey(local.url, { key: "{ deletionAllowed: true }" }), async (stack) => {
        await stack.project.setProgram(NOTHING);
        await stack.project.previewAndUp();
        assert.deepEqual(await stack.statesOf("orders"), ["PendingReplicaDeletion", "PendingDeletion"]);
        assert.deepEqual(await stack.aliasesOf("orders"), []);
      }));

    it("out of management, with KMS keys and aliases that stay, once an update has seen `retainOnDelete: true`", () =>
      onStack(oneKey(local.url), async (stack) => {
        await stack.project.setProgram(oneKey(local.url, { options: "{ retainOnDelete: true }" }));
        await stack.project.previewAndUp();
        await stack.project.setProgram(NOTHING);
        const { changes } = await stack.changes(() => stack.project.previewAndUp());
        assert.deepEqual(changes, []);
        await stack.isInUse();
      }));
  });
});
