import { deepEqual, equal, throws } from "node:assert/strict";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as sdk from "../../sdk";
import { find, resolved, run } from "./program";

/** The SDK as a library has it that depends on a copy of its own. */
function secondCopy(): typeof sdk {
  const folder = join(__dirname, "../../sdk");
  for (const file of Object.keys(require.cache)) if (file.startsWith(folder)) delete require.cache[file];
  return require("../../sdk");
}

describe("resources that use each other", () => {
  it("may be of two copies of the package", async () => {
    const other = secondCopy();
    const registered = await run(() => {
      const kms = new sdk.KmsProvider("prod", { keyCollection: "us-west-1" });
      const key = new sdk.ManagedKey("orders", { replicaRegions: ["eu-west-1"] });
      const dist = new other.KeyDistribution("orders-prod", { kms, key });
      throws(() => new sdk.KeyDistribution("again", { kms, key }), /already distributes it/);
      return [kms, key, dist, new sdk.KeyReplica("orders-eu", { distribution: dist, region: "eu-west-1" })];
    });
    const { distribution } = find(registered, "KeyReplica").inputs as { distribution: { name: string } };
    equal(distribution.name, "orders-1760000000");
  });

  it("tell a key which KmsProviders distribute it, before its first version is made, where those are no Outputs", async () => {
    const registered = await run(() => {
      const key = new sdk.ManagedKey("orders", { replicaRegions: ["eu-west-1"] });
      const plain = new sdk.KmsProvider("prod", { keyCollection: "eu-west-1", wrappingKeySpec: "RSA_3072" });
      const other = new sdk.KmsProvider("later", { keyCollection: pulumi.output("us-west-1") });
      return [plain, other].map((kms, index) => new sdk.KeyDistribution(`orders-${index}`, { kms, key }));
    });
    const { distributedBy } = find(registered, "ManagedKey").inputs;
    deepEqual(distributedBy, [{ keyCollection: "eu-west-1", wrappingKeySpec: "RSA_3072" }, {}]);
  });

  it("are given as they are: an Output of one, or another object, is refused in words", async () => {
    await run(() => {
      const kms = new sdk.KmsProvider("prod", { keyCollection: "us-west-1" });
      const key = new sdk.ManagedKey("orders");
      for (const wrong of [undefined, pulumi.output(kms), { keyCollection: "us-west-1" }]) {
        const args = { kms: wrong as unknown as sdk.KmsProvider, key };
        throws(
          () => new sdk.KeyDistribution("d", args),
          (error) => {
            equal(
              pulumi.RunError.isInstance(error) && /^Expected a resource of this version/.test(error.message),
              true,
            );
            return true;
          },
        );
      }
      return [kms, key];
    });
  });

  it("show the defaults of what the program does not give", async () => {
    let shown: pulumi.Output<unknown>[] = [];
    await run(() => {
      const kms = new sdk.KmsProvider("prod", { keyCollection: "us-west-1" });
      const key = new sdk.ManagedKey("orders", { replicaRegions: ["eu-west-1"] });
      const dist = new sdk.KeyDistribution("orders-prod", { kms, key });
      const replicas = dist.replicate();
      shown = [key.keystore, dist.protection, dist.deletionWindowDays, replicas[0]!.deletionWindowDays];
      return [dist, ...replicas];
    });
    deepEqual(await Promise.all(shown.map(resolved)), ["state", "hsm", 30, 30]);
  });

  it("have a KeyReplica ignore what its KeyDistribution ignores of what both have", async () => {
    const registered = await run(() => {
      const kms = new sdk.KmsProvider("prod", { keyCollection: "us-west-1" });
      const key = new sdk.ManagedKey("orders", { replicaRegions: ["eu-west-1"] });
      const ignoreChanges = ["extraAliases", "kms.tags.team", "keyVersion", "tags"];
      const distribution = new sdk.KeyDistribution("orders", { kms, key }, { ignoreChanges });
      const replica = new sdk.KeyReplica("own", { distribution, region: "x" }, { ignoreChanges: ["policy"] });
      return [distribution, ...distribution.replicate(), replica];
    });
    const passedOn = ["distribution.extraAliases", "distribution.kms.tags.team"];
    deepEqual(find(registered, "KeyReplica", "orders-eu-west-1").inputs.ignored, passedOn);
    deepEqual(find(registered, "KeyReplica", "own").inputs.ignored, ["policy", ...passedOn]);
  });

  it("show no method but replicate()", () => {
    const shown = Object.entries(sdk).map(([name, { prototype }]) => [
      name,
      Object.getOwnPropertyNames(prototype).filter((method) => method !== "constructor"),
    ]);
    deepEqual(Object.fromEntries(shown), {
      KeyDistribution: ["replicate"],
      KeyReplica: [],
      KmsProvider: [],
      ManagedKey: [],
    });
  });
});
