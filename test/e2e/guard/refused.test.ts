import assert from "node:assert/strict";
import { HOME, ORDERS_NOT_DISTRIBUTED, program } from "./programs";
import { assertNamesWaysOn, sharedStack, useLocalKms } from "./stack";

const NOTHING = "";

/** A case for each request that the engine makes of the provider, and for each flag that changes what it shows of the program. */
describe("keys whose deletion is not allowed, on the real engine", function () {
  this.timeout(300_000);
  const local = useLocalKms();
  const stack = sharedStack(local, program);

  const destroy = (...args: string[]) =>
    stack().project.pulumi(["destroy", "--yes", "--skip-preview", ...args], { fails: true });

  it("outlive a destroy with --refresh, which compares everything with its old inputs first", async () => {
    const { said } = await stack().refuses(() => destroy("--refresh"));
    assertNamesWaysOn(said);
  });

  it("outlive a destroy with --target of a distribution and --target-dependents", async () => {
    const urn = stack().urn("KeyDistribution", "orders-prod");
    const { said } = await stack().refuses(() => destroy("--target", urn, "--target-dependents"));
    assertNamesWaysOn(said);
  });

  it("outlive a destroy with --run-program and --target of a distribution, where `deletionAllowed: true` stands in the program and no update has seen it", async () => {
    const bills = 'const bills = new ManagedKey("bills", { deletionAllowed: true });';
    await stack().project.setProgram(program(local().url, { bills }));
    const urn = stack().urn("KeyDistribution", "bills-prod");
    const { said, calls } = await stack().refuses(() => destroy("--run-program", "--target", urn));
    assertNamesWaysOn(said);
    assert.deepEqual(calls, []);
  });

  it("outlive a destroy of a ManagedKey alone, after `pulumi state unprotect`", async () => {
    const urn = stack().urn("ManagedKey", "spare");
    await stack().project.pulumi(["state", "unprotect", urn, "--yes"]);
    const { said, calls } = await stack().refuses(() => destroy("--target", urn));
    assertNamesWaysOn(said);
    assert.deepEqual(calls, []);
  });

  it("outlive a destroy after `pulumi state unprotect` of everything: it is refused before its first call", async () => {
    await stack().project.pulumi(["state", "unprotect", "--all", "--yes"]);
    const { said, calls } = await stack().refuses(() => destroy());
    assertNamesWaysOn(said);
    assert.deepEqual(calls, []);
  });

  it("outlive `up --replace` of a ManagedKey, after `pulumi state unprotect`", async () => {
    await stack().project.pulumi(["state", "unprotect", "--all", "--yes"]);
    const args = ["--replace", stack().urn("ManagedKey", "orders")];
    const { said } = await stack().refuses(() => stack().project.up({ fails: true, args }));
    assertNamesWaysOn(said);
  });

  const declares = (others: Parameters<typeof program>[1]) =>
    stack().project.setProgram(program(local().url, others));

  it("outlive an update with everything taken out", async () => {
    await stack().project.setProgram(NOTHING);
    const { said } = await stack().refuses(() => stack().project.up({ fails: true }));
    assertNamesWaysOn(said);
  });

  it("outlive an update with one key and its distribution taken out, while another key is declared", async () => {
    await declares({ bills: "", billsProd: "" });
    const { said } = await stack().refuses(() => stack().project.up({ fails: true }));
    assertNamesWaysOn(said);
  });

  it("outlive an update with --target of a distribution that was taken out, as the engine shows no key then", async () => {
    const urn = stack().urn("KeyDistribution", "bills-prod");
    await declares({ billsProd: "" });
    const { said, calls } = await stack().refuses(() =>
      stack().project.up({ fails: true, args: ["--target", urn] }),
    );
    assertNamesWaysOn(said);
    assert.deepEqual(calls, []);
  });

  it("outlive an update with --exclude of the key, its distribution taken out", async () => {
    const urn = stack().urn("ManagedKey", "bills");
    await declares({ billsProd: "" });
    const args = ["--exclude", urn];
    const { said } = await stack().refuses(() => stack().project.up({ fails: true, args }));
    assertNamesWaysOn(said);
  });

  it("outlive `pulumi state delete` of a KmsProvider and what depends on it: an update recovers the same KMS keys and aliases", async () => {
    const kmsKeys = await stack().kmsKeys();
    const urn = stack().urn("KmsProvider", "prod");
    await stack().project.pulumi(["state", "delete", urn, "--target-dependents", "--yes"]);
    await stack().takesNothingAway(() => stack().project.up());
    assert.deepEqual(await stack().kmsKeys(), kmsKeys);
    const { orders, bills } = await stack().project.outputs();
    assert.deepEqual([orders, bills], [stack().of("orders").alias, stack().of("bills").alias]);
  });

  it("are as they were after all that: an update has nothing to do", () => stack().hasNothingToDo());

  it("go on purpose while their key is declared: in one Region by their KeyReplica, then by their distribution, with --refresh too", async () => {
    await stack().project.setProgram(program(local().url, { ordersAbroad: "" }));
    await stack().project.up();
    assert.deepEqual(await stack().statesOf("orders"), ["Enabled", "PendingDeletion"]);
    assert.deepEqual(await stack().aliasesOf("orders"), [HOME]);

    await stack().project.setProgram(program(local().url, ORDERS_NOT_DISTRIBUTED));
    await stack().project.up();
    assert.deepEqual(await stack().statesOf("orders"), ["PendingReplicaDeletion", "PendingDeletion"]);
    assert.deepEqual(await stack().aliasesOf("orders"), []);
    assert.deepEqual(await stack().statesOf("bills"), ["Enabled"]);

    await stack().project.setProgram(program(local().url, { ...ORDERS_NOT_DISTRIBUTED, billsProd: "" }));
    await stack().project.up({ args: ["--refresh"] });
    assert.deepEqual(await stack().statesOf("bills"), ["PendingDeletion"]);
  });
});
