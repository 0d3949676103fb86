import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import sinon from "sinon";
import { KeyDistribution, KmsProvider, ManagedKey } from "../../sdk";
import { find, resolved, run } from "./program";

/** One key with its distribution. */
function shop() {
  const kms = new KmsProvider("prod", { keyCollection: "us-west-1" });
  const key = new ManagedKey("orders");
  return { kms, key, dist: new KeyDistribution("orders-prod", { kms, key, description: "orders" }) };
}

/** Runs the program, and what a program does then with the distribution. */
async function distribution<T>(use: (dist: KeyDistribution) => T, preview = false): Promise<T> {
  let dist: KeyDistribution | undefined;
  await run(
    () => {
      dist = shop().dist;
      return dist;
    },
    { preview },
  );
  return use(dist!);
}

/** The outputs that Pulumi's runtime made when the resource was registered: those that are not read on demand. */
function made(resource: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(resource))
    .filter(([, { value }]) => pulumi.Output.isInstance(value))
    .map(([name]) => name)
    .sort();
}

const isKnown = (output: pulumi.Output<unknown>) =>
  (output as unknown as { isKnown: Promise<boolean> }).isKnown;

describe("outputs of a resource", () => {
  it("are made at its registration where the program or another resource gives or gets them, and no others", async () => {
    let all: ReturnType<typeof shop> | undefined;
    await run(() => {
      all = shop();
      return all.dist;
    });
    const every = ["__provider", "id", "urn"];
    const { kms, key, dist } = all!;
    assert.deepEqual(
      made(kms),
      [...every, "accountId", "aliasPrefix", "keyCollection", "wrappingKeySpec"].sort(),
    );
    assert.deepEqual(
      made(key),
      [
        ...every,
        ...["name", "type", "minEnabledVersion", "deletionAllowed", "keyVersion", "keyring", "formerStacks"],
      ].sort(),
    );
    assert.deepEqual(made(dist), [...every, "description", "key"].sort());
  });

  describe("that the program reads later", () => {
    let invoke: sinon.SinonSpy;
    beforeEach(() => {
      invoke = sinon.spy(MockMonitor.prototype, "invoke");
    });
    afterEach(() => invoke.restore());

    it("come from the engine, which is asked once for all of a resource, and not at all where none is read", async () => {
      const dist = await distribution((one) => one);
      assert.equal(invoke.callCount, 0);
      assert.equal(await resolved(dist.aliasName), "alias/hashicorp/orders-1760000000");
      assert.equal(await resolved(dist.versions["1"]!.keyArn as unknown as pulumi.Output<string>), "a");
      assert.equal(await resolved(dist.drift), undefined);
      assert.equal(invoke.callCount, 1);
      assert.equal(dist.aliasName, dist.aliasName, "an Output is one object");
    });

    it("are no part of what other resources get: a preview, where they are unknown, would show a change of each", async () => {
      const registered = await run(
        () => {
          const { kms, key, dist } = shop();
          const second = new KmsProvider("second", { keyCollection: "us-east-1" });
          const outputs = [second.tags, second.quotas, second.credentialSource];
          return [kms, dist, new KeyDistribution("second", { kms: second, key }), ...outputs];
        },
        { preview: true },
      );
      const [first, second] = ["orders-prod", "second"].map((name) =>
        Object.keys(find(registered, "KeyDistribution", name).inputs.kms as object),
      );
      assert.deepEqual(second, first);
    });

    it("depend on the resource, so that what uses them waits for it", async () => {
      await distribution(async (dist) => {
        const { resources } = dist.keyArn as unknown as { resources(): Set<pulumi.Resource> };
        assert.deepEqual([...resources()], [dist]);
      });
    });

    it("are the schema's defaults where mocks of a unit test say none", async () => {
      await distribution(async ({ protection, deletionWindowDays, rotationStrategy }) => {
        const values = await Promise.all(
          [protection, deletionWindowDays, rotationStrategy].map(resolved<unknown>),
        );
        assert.deepEqual(values, ["hsm", 30, "manual"]);
      });
    });

    it("are undefined in a preview too where the program gives none, and known to be", async () => {
      await distribution(async ({ tags, policy }) => {
        for (const output of [tags, policy]) {
          assert.equal(await isKnown(output), true);
          assert.equal(await resolved<unknown>(output), undefined);
        }
      }, true);
    });

    it("are unknown in a preview where the engine says none", async () => {
      await distribution(async (dist) => {
        assert.equal(await isKnown(dist.keyArn), false);
        assert.equal(await isKnown(dist.protection), true);
      }, true);
    });
  });

  it("are listed by a resource that is exported whole, and what `check` is told is not", async () => {
    const names = await distribution((dist) => Object.keys(dist));
    for (const name of ["keyArn", "aliasName", "drift", "description"]) assert.ok(names.includes(name), name);
    assert.ok(!names.includes("context"));
  });
});
