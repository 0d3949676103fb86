import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { KeyDistribution, KmsProvider, ManagedKey } from "../../sdk";
import { find, run } from "./program";

const distributionIn = (region: string, accountId: string, prefix = "hashicorp") => ({
  region,
  accountId,
  aliasName: `alias/${prefix}/orders-1700000000`,
  versions: { 1: `arn:aws:kms:${region}:${accountId}:key/1234` },
  kcvs: { 1: "0123456789" },
});
const adoptOf = ({ aliasName, versions, kcvs }: ReturnType<typeof distributionIn>) => ({
  aliasName,
  versions,
  kcvs,
});
const restoreOf = (...distributions: ReturnType<typeof distributionIn>[]) => ({
  from: "file:///orders.jwe",
  passphrase: "env://BACKUP",
  kcvs: ["0123456789"],
  distributions,
});

describe("a backup in the stack's configuration", () => {
  afterEach(() => pulumi.runtime.setAllConfig({}));
  const configured = (restore: object, name = "orders") =>
    pulumi.runtime.setAllConfig({ [`keymgmt:restore.${name}`]: JSON.stringify(restore) });

  /** A program that distributes one key, and what it registered of its restoring. */
  async function shop(
    { preview = false, key = {}, distribution = {}, aliasPrefix = "hashicorp" } = {} as {
      preview?: boolean;
      key?: object;
      distribution?: object;
      aliasPrefix?: string;
    },
  ) {
    const registered = await run(
      () => {
        const kms = new KmsProvider("prod", { keyCollection: "us-west-1", aliasPrefix });
        const managed = new ManagedKey("orders", key);
        return new KeyDistribution("orders-prod", { kms, key: managed, ...distribution });
      },
      { preview },
    );
    return {
      restore: find(registered, "ManagedKey").inputs.restore,
      adopt: find(registered, "KeyDistribution").inputs.adopt,
    };
  }

  for (const preview of [false, true])
    it(`is what the key is restored from, and its KMS keys in the KmsProvider's Region are adopted, in ${preview ? "a preview" : "an update"}`, async () => {
      const there = distributionIn("us-west-1", "111122223333");
      const restore = restoreOf(distributionIn("eu-west-1", "111122223333"), there);
      configured(restore);
      assert.deepEqual(await shop({ preview }), {
        restore,
        adopt: adoptOf(there),
      });
    });

  it("is found by the key's name, also where that is an output", async () => {
    const there = distributionIn("us-west-1", "111122223333");
    configured(restoreOf(there), "team/orders");
    assert.deepEqual(await shop(), { restore: undefined, adopt: undefined });
    for (const name of ["team/orders", pulumi.output("team/orders")])
      assert.deepEqual((await shop({ key: { name } })).adopt, adoptOf(there));
  });

  it("tells several in a Region apart by account, and by alias prefix", async () => {
    const other = distributionIn("us-west-1", "444455556666");
    const there = distributionIn("us-west-1", "111122223333");
    const acme = distributionIn("us-west-1", "111122223333", "acme");
    configured(restoreOf(other, acme, there));
    assert.deepEqual((await shop()).adopt, adoptOf(there));
    assert.deepEqual((await shop({ aliasPrefix: "acme" })).adopt, adoptOf(acme));
  });

  it("has KMS keys of another account adopted too, which the update refuses: none is made in silence", async () => {
    const other = distributionIn("us-west-1", "444455556666");
    configured(restoreOf(other));
    assert.deepEqual((await shop()).adopt, adoptOf(other));
    configured(restoreOf(other, other));
    assert.deepEqual((await shop()).adopt, adoptOf(other));
  });

  it("counts more than what the program adopted once, where it has KMS keys", async () => {
    const adopt = { aliasName: "alias/hashicorp/orders-1600000000" };
    const there = distributionIn("us-west-1", "111122223333");
    configured(restoreOf(there));
    assert.deepEqual((await shop({ distribution: { adopt } })).adopt, adoptOf(there));
    configured(restoreOf(distributionIn("eu-west-1", "111122223333")));
    assert.deepEqual((await shop({ distribution: { adopt } })).adopt, adopt);
  });

  for (const preview of [false, true])
    it(`moves an alias that is an extra one, in every Region, and adopts no KMS key by it, in ${preview ? "a preview" : "an update"}`, async () => {
      const of = async (adopt: object, extraAliases?: pulumi.Input<string>[]) => {
        const registered = await run(
          () => {
            const kms = new KmsProvider("prod", { keyCollection: "us-west-1" });
            const key = new ManagedKey("orders", { replicaRegions: ["eu-west-1"] });
            const distribution = new KeyDistribution("orders-prod", { kms, key, adopt, extraAliases });
            return [kms, key, distribution, ...distribution.replicate()];
          },
          { preview },
        );
        const { inputs } = find(registered, "KeyDistribution");
        const { distribution } = find(registered, "KeyReplica").inputs as {
          distribution: Record<string, unknown>;
        };
        assert.deepEqual(distribution.extraAliases, inputs.extraAliases);
        assert.deepEqual(distribution.movedAlias, inputs.movedAlias);
        return { adopt: inputs.adopt, moved: inputs.movedAlias };
      };
      const aliasName = "alias/orders";
      const versions = { 1: "k" };
      const extra = [pulumi.output(aliasName), "alias/b"];
      const moved = { moved: aliasName };
      assert.deepEqual(await of({ aliasName }, extra), { ...moved, adopt: undefined });
      assert.deepEqual(await of({ aliasName, versions }, extra), {
        ...moved,
        adopt: { versions },
      });
      const own = { adopt: { aliasName }, moved: undefined };
      assert.deepEqual(await of({ aliasName }, ["alias/b"]), own);
      assert.deepEqual(await of({ aliasName }), own);
    });

  it("counts less than `restore` of the program", async () => {
    configured(restoreOf());
    const restore = { ...restoreOf(), from: "file:///newer.jwe" };
    assert.deepEqual((await shop({ key: { restore } })).restore, restore);
  });
});
