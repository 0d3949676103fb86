import assert from "node:assert/strict";
import { DescribeKeyCommand, UpdatePrimaryRegionCommand } from "@aws-sdk/client-kms";
import { ABROAD, aliasOf, HOME, recordsOf, useScene } from "../../../world/scene";

const FAR = "ap-southeast-2";

describe("a replica that somebody has made the primary", function () {
  this.timeout(60_000);
  const { scene, program } = useScene({ primaryUpdatingMillis: 0 });

  const key = { replicaRegions: [ABROAD, FAR] };
  const up = (rotationTrigger = "a", replicas = [ABROAD], distribution = {}) =>
    program.up({ key: { ...key, rotationTrigger }, replicas, distribution });
  const promote = (from: string, to: string, version = 1) =>
    scene
      .in(from)
      .send(new UpdatePrimaryRegionCommand({ KeyId: recordsOf(program)[version]!.keyId, PrimaryRegion: to }));
  const primaryOf = async (version: number) => {
    const KeyId = recordsOf(program)[version]!.keyId;
    const { KeyMetadata } = await scene.in(HOME).send(new DescribeKeyCommand({ KeyId }));
    return KeyMetadata!.MultiRegionConfiguration!.PrimaryKey!.Region;
  };
  const sentence = () =>
    `version 1 in ${HOME}: the primary is in ${ABROAD} now, moved outside this stack; everything works, and it is left there. To promote it back: aws kms update-primary-region --region ${ABROAD} --key-id ${recordsOf(program)[1]!.keyId} --primary-region ${HOME}`;

  async function assertWorks(regions: string[]): Promise<void> {
    for (const from of regions)
      for (const to of regions) {
        const ciphertext = await scene.in(from).encrypt(aliasOf(program), from);
        assert.equal((await scene.in(to).decrypt(ciphertext)).text, from);
      }
  }

  it("is drift that no update repairs, and that goes where it is promoted back", async () => {
    await up();
    await promote(HOME, ABROAD);
    assert.deepEqual(await program.refreshAll(), [sentence()]);
    assert.ok(scene.said().includes(sentence()));
    assert.deepEqual(await scene.callsOf(() => up()), {}, "there is nothing to repair");
    assert.deepEqual(program.outputs("distribution").drift, [sentence()]);
    await program.up({
      key: { ...key, rotationTrigger: "a" },
      replicas: [ABROAD],
      kms: { tags: { a: "b" } },
    });
    assert.deepEqual(program.outputs("distribution").drift, [sentence()], "an update does not unsay it");
    await promote(ABROAD, HOME);
    assert.deepEqual(await program.refreshAll(), []);
    assert.equal(recordsOf(program)[1]!.primaryRegion, undefined);
  });

  it("a rotation makes the new primary in keyCollection, and replicas wherever the old one is", async () => {
    await up("a", [ABROAD, FAR]);
    await promote(HOME, ABROAD);
    await up("b", [ABROAD, FAR]);
    assert.equal(await primaryOf(1), ABROAD);
    assert.equal(await primaryOf(2), HOME);
    assert.deepEqual(recordsOf(program)[2]!.replicas, [FAR, ABROAD]);
    await assertWorks([HOME, ABROAD, FAR]);
    assert.deepEqual(await scene.callsOf(() => up("b", [ABROAD, FAR])), {});
  });

  it("a rotation on demand is refused before anything is changed, with the command that promotes back", async () => {
    const distribution = { rotationStrategy: "on-demand" };
    await up("a", [ABROAD], distribution);
    await promote(HOME, ABROAD);
    await program.refreshAll();
    scene.writes.length = 0;
    const command = `aws kms update-primary-region --region ${ABROAD} --key-id ${recordsOf(program)[1]!.keyId} --primary-region ${HOME}`;
    await assert.rejects(up("b", [ABROAD], { ...distribution, description: "other" }), (error: Error) =>
      error.message.endsWith(`Promote it back and run the update again: ${command}`),
    );
    assert.deepEqual(scene.writes, []);
    assert.match(scene.said(), /will be refused while its primary is in eu-west-1/);
    await promote(ABROAD, HOME);
    await up("b", [ABROAD], { ...distribution, description: "other" });
    await assertWorks([HOME, ABROAD]);
  });

  it("a new replica is made from where the primary is", async () => {
    await up();
    await promote(HOME, ABROAD);
    await up("a", [ABROAD, FAR]);
    const replicated = scene.changes.filter(({ operation }) => operation === "ReplicateKey");
    assert.deepEqual(
      replicated.map(({ region }) => region),
      [HOME, ABROAD],
    );
    await assertWorks([HOME, ABROAD, FAR]);
  });

  it("a KeyReplica that is taken out and has the primary says that AWS keeps it, and returns", async () => {
    await up();
    await promote(HOME, ABROAD);
    await up("a", []);
    const { keyId } = recordsOf(program)[1]!;
    assert.deepEqual((await scene.states([keyId]))[ABROAD], ["PendingReplicaDeletion"]);
    assert.match(
      scene.said(),
      /is the primary, moved there outside this stack: AWS deletes it only after all its replicas/,
    );
    await assertWorks([HOME]);
    await up("b", []);
    await up("b", [ABROAD]);
    await assertWorks([HOME, ABROAD]);
  });

  it("a distribution that goes and returns takes both with it", async () => {
    await up();
    const text = await scene.in(HOME).encrypt(aliasOf(program), "kept");
    await promote(HOME, ABROAD);
    await program.up({ key: { ...key, rotationTrigger: "a" }, isDistributed: false });
    await up();
    for (const region of [HOME, ABROAD])
      assert.equal((await scene.in(region).decrypt(text)).text, "kept", region);
    await assertWorks([HOME, ABROAD]);
  });
});
