import assert from "node:assert/strict";
import { GetKeyPolicyCommand, ListResourceTagsCommand } from "@aws-sdk/client-kms";
import type { Values } from "../../../../provider/resources/resource";
import { allowsRoot, keyPolicy } from "../../../world/keyPolicy";
import type { ProgramInputs } from "../../../world/program";
import { ABROAD, aliasOf, DEV, HOME, idsOf, recordsOf, useScene } from "../../../world/scene";

const FAR = "ap-southeast-2";

const policy = (Sid: string) => keyPolicy(allowsRoot(Sid));

describe("a Region that the program leaves out of every call", function () {
  this.timeout(60_000);
  const { scene, program } = useScene();
  let asked: string[];
  beforeEach(() => {
    asked = [];
    scene.intercept = ({ region, operation }) => {
      if (!operation.startsWith("sts:")) asked.push(region);
      return undefined;
    };
  });

  const leaving = (...unreachableRegions: string[]) => ({ unreachableRegions });
  const inputs = (key: Values = {}, more: Partial<ProgramInputs> = {}): ProgramInputs => ({
    replicas: [ABROAD, FAR],
    ...more,
    key: { replicaRegions: [ABROAD, FAR], rotationTrigger: "1", ...key },
  });
  const up = (key: Values = {}, more: Partial<ProgramInputs> = {}) => program.up(inputs(key, more));

  /** The calls of the work, and where they went. */
  async function callsOf(
    work: () => Promise<unknown>,
  ): Promise<{ calls: Record<string, number>; regions: string[] }> {
    asked.length = 0;
    const { "sts:GetCallerIdentity": _, ...calls } = await scene.callsOf(work);
    return { calls, regions: [...new Set(asked)].sort() };
  }
  async function assertWorks(...regions: string[]): Promise<void> {
    for (const from of regions)
      for (const to of regions) {
        const ciphertext = await scene.in(from).encrypt(aliasOf(program), from);
        assert.equal((await scene.in(to).decrypt(ciphertext)).text, from);
      }
  }
  async function assertSettled(key: Values, more: Partial<ProgramInputs> = {}): Promise<void> {
    assert.deepEqual(await program.refreshAll(), []);
    assert.deepEqual((await callsOf(() => up(key, more))).calls, {});
  }

  it("a rotation goes on without it, says which work waits there, and one update without the Region in the list does all of it", async () => {
    const before = { replica: { policy: policy("One"), description: "one" } };
    await up({}, before);
    const [one] = idsOf(program);
    scene.said();
    const changed = {
      replica: { policy: policy("Two"), description: "two", tags: { team: "shop" } },
      kms: leaving(ABROAD),
    };
    const key = { rotationTrigger: "2", minEnabledVersion: 2 };
    const emergency = await callsOf(() => up(key, changed));
    assert.deepEqual(emergency.regions, [FAR, HOME]);
    await assertWorks(HOME, FAR);
    assert.equal((await scene.in(ABROAD).describe(aliasOf(program))).KeyId, one);
    const said = scene.said();
    assert.match(
      said,
      /version 2 of key "orders" is made without eu-west-1, which `unreachableRegions` names/,
    );
    assert.match(
      said,
      /eu-west-1 is left out \(`unreachableRegions`\): nothing is sent for KeyReplica eu-west-1\/orders-\d+, and it stays as it is\. Work that waits there: version 2 of key "orders", with its material, tags, policy and description, and the alias on the latest; the new tags of every version; the new policy of every version; the new description of every version; version 1 disabled\. What is encrypted under version 2 elsewhere cannot be decrypted in eu-west-1 until that is done\. One update does all of it when eu-west-1 answers and is no longer in the list/,
    );

    const again = await callsOf(() => up(key, changed));
    assert.deepEqual(again.calls, {}, "an update in which nothing changes costs no call");
    assert.match(scene.said(), /Work that waits there: version 2/);
    assert.equal(program.outputs(ABROAD).keyVersion, 1, "the state says what AWS has");

    await up(key, { ...changed, kms: {} });
    await assertWorks(HOME, ABROAD, FAR);
    const abroad = scene.in(ABROAD);
    const two = recordsOf(program)[2]!.keyId;
    assert.deepEqual(await scene.states([one!, two]), {
      [HOME]: ["Disabled", "Enabled"],
      [ABROAD]: ["Disabled", "Enabled"],
    });
    for (const KeyId of [one!, two]) {
      const { Policy } = await abroad.send(new GetKeyPolicyCommand({ KeyId }));
      assert.equal(JSON.parse(Policy!).Statement[0].Sid, "Two");
      const { Tags } = await abroad.send(new ListResourceTagsCommand({ KeyId }));
      assert.equal(Tags!.find(({ TagKey }) => TagKey === "team")?.TagValue, "shop");
      assert.equal((await abroad.describe(KeyId)).Description, "two");
    }
    await assertSettled(key, { ...changed, kms: {} });
  });

  it("what a KeyReplica there owes since before the list is found too, also where its last update failed", async () => {
    await up();
    scene.intercept = ({ region, operation }) =>
      region === ABROAD && operation === "UpdateAlias"
        ? { error: { name: "AccessDeniedException" } }
        : undefined;
    await assert.rejects(up({ rotationTrigger: "2" }));
    scene.intercept = ({ region }) => {
      asked.push(region);
      return undefined;
    };
    const { regions } = await callsOf(() => up({ rotationTrigger: "2" }, { kms: leaving(ABROAD) }));
    assert.ok(!regions.includes(ABROAD));
    await up({ rotationTrigger: "2" });
    await assertWorks(HOME, ABROAD, FAR);
    await assertSettled({ rotationTrigger: "2" });
  });

  it("a refresh asks nothing there, keeps what is known and says so", async () => {
    await up();
    await up({}, { kms: leaving(ABROAD) });
    const before = program.outputs(ABROAD);
    scene.said();
    const { regions } = await callsOf(() => program.refreshAll());
    assert.deepEqual(regions, [FAR, HOME]);
    assert.deepEqual(program.outputs(ABROAD), { ...before, notSeen: [ABROAD] });
    assert.equal(program.outputs("distribution").notSeen, undefined);
    assert.match(
      scene.said(),
      /eu-west-1 is left out \(`unreachableRegions`\): what it holds is shown as last known/,
    );
    await up();
    assert.equal(program.outputs(ABROAD).notSeen, undefined);
    await assertSettled({});
  });

  it("refuses a new KeyReplica there, a new distribution with it as keyCollection, and a new KmsProvider", async () => {
    await up({}, { replicas: [FAR] });
    await assert.rejects(
      up({}, { kms: leaving(ABROAD) }),
      /Expected the new KeyReplica in eu-west-1 to be in a Region that is not left out; .* Take it out of the program/,
    );
    const other = scene.program("organization/shop/other");
    await other.up({ isDistributed: false });
    asked.length = 0;
    await assert.rejects(
      other.up({ kms: leaving(HOME) }),
      /Expected the new distribution of key "orders" to be in a Region that is not left out/,
    );
    await assert.rejects(
      scene.program("organization/shop/third").up({ kms: leaving(HOME) }),
      /Expected `unreachableRegions` of a new KmsProvider without its `keyCollection`, got "us-west-1"/,
    );
    assert.deepEqual(asked, []);
  });

  it("deletes nothing there: a KeyReplica that is taken out at the same time stays in the state", async () => {
    await up();
    asked.length = 0;
    await assert.rejects(
      up({ rotationTrigger: "2" }, { kms: leaving(ABROAD), replicas: [FAR] }),
      /Expected eu-west-1 to answer before KeyReplica eu-west-1\/orders-\d+ is deleted; .* nothing was sent there, and the resource stays in the state\. Keep declaring it: when eu-west-1 answers again, remove it from the list.*pulumi state delete.*arn:aws:kms:eu-west-1/,
    );
    assert.ok(!asked.includes(ABROAD));
    assert.ok(program.states.has(ABROAD));
    await assertWorks(HOME, FAR);
    // Off the list it goes in the next update.
    await up({ rotationTrigger: "2" }, { replicas: [FAR] });
    assert.deepEqual((await scene.states([recordsOf(program)[1]!.keyId]))[ABROAD], ["PendingDeletion"]);
  });

  it("deletes nothing there in a destroy, which has not seen the program", async () => {
    await up({ deletionAllowed: true });
    await up({ deletionAllowed: true }, { kms: leaving(ABROAD) });
    asked.length = 0;
    await assert.rejects(program.destroy("keyReplica", ABROAD), /so nothing was sent there/);
    assert.deepEqual(asked, []);
  });

  it("names the Region first where the deletion was allowed while it was on the list", async () => {
    await up();
    await up({ deletionAllowed: true }, { kms: leaving(HOME) });
    for (const [type, name] of [
      ["keyReplica", ABROAD],
      ["keyDistribution", "distribution"],
    ] as const)
      await assert.rejects(program.destroy(type, name), /so nothing was sent there/);
  });

  it("a distribution that goes names the replicas there that no KeyReplica has, and leaves them", async () => {
    await up({ deletionAllowed: true });
    await up({ deletionAllowed: true }, { kms: leaving(ABROAD) });
    const [id] = idsOf(program);
    program.states.delete(ABROAD); // pulumi state delete
    await program.destroy("keyReplica", FAR);
    scene.said();
    asked.length = 0;
    await program.destroy("keyDistribution", "distribution");
    assert.ok(!asked.includes(ABROAD));
    assert.match(
      scene.said(),
      new RegExp(`the replica of KMS key ${id} in eu-west-1, if there is one, is left alone`),
    );
    assert.deepEqual((await scene.states([id!]))[ABROAD], ["Enabled"]);
  });

  it("with keyCollection on the list nothing is sent for its distributions, and all is done afterwards", async () => {
    await up();
    scene.said();
    const [id] = idsOf(program);
    const rotated = { rotationTrigger: "2" };
    const { regions, calls } = await callsOf(() =>
      up(rotated, { kms: { ...leaving(HOME), tags: { a: "b" } } }),
    );
    assert.deepEqual([regions, calls], [[], {}]);
    assert.equal(program.outputs("kms").accountId, "111122223333");
    assert.deepEqual(idsOf(program), [id]);
    const said = scene.said();
    assert.match(
      said,
      /us-west-1 is left out .*KeyDistribution orders-\d+ and its KeyReplicas, and it stays as it is\. Work that waits there: version 2 of key "orders".*UpdatePrimaryRegion needs both Regions.*a second KmsProvider/,
    );
    assert.match(
      said,
      /eu-west-1 is left out \(`unreachableRegions` names us-west-1, the primary Region\): .*Work that waits there: version 2 .*when us-west-1 answers and is no longer in the list/,
    );
    assert.deepEqual(
      (await callsOf(() => up(rotated, { kms: { ...leaving(HOME), tags: { a: "b" } } }))).calls,
      {},
    );
    await program.refreshAll();
    assert.deepEqual(program.outputs(FAR).notSeen, [FAR]);
    await up(rotated, { kms: { tags: { a: "b" } } });
    await assertWorks(HOME, ABROAD, FAR);
    await assertSettled(rotated, { kms: { tags: { a: "b" } } });
  });

  it("a rotation on demand is refused before anything is changed: AWS wants the material in every replica first", async () => {
    const distribution = { rotationStrategy: "on-demand" };
    await up({}, { distribution });
    scene.writes.length = 0;
    await assert.rejects(
      up({ rotationTrigger: "2" }, { distribution, kms: leaving(ABROAD) }),
      /to go into the replica of KMS key arn:\S+ in eu-west-1 as well, before AWS rotates.*Nothing was changed/,
    );
    assert.deepEqual(scene.writes, []);
    assert.match(scene.said(), /the rotation of key "orders" on demand is refused where eu-west-1/);
    await up({ rotationTrigger: "2" }, { distribution });
    await assertWorks(HOME, ABROAD, FAR);
  });

  it("the list changes no resource whose Regions are not on it", async () => {
    await up({}, { replicas: [FAR] });
    const before = { ...program.outputs(FAR) };
    const single = scene.program(`${DEV}2`);
    await single.up({});
    assert.deepEqual((await callsOf(() => up({}, { replicas: [FAR], kms: leaving(ABROAD) }))).calls, {});
    assert.deepEqual(program.outputs(FAR), before);
    const alone = { ...single.outputs("distribution") };
    await single.up({ kms: leaving(ABROAD) });
    assert.deepEqual(single.outputs("distribution"), alone);
  });
});
