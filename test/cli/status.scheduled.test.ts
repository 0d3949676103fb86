import assert from "node:assert/strict";
import { CancelKeyDeletionCommand, ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import type { ScheduledReport } from "../../cli/status/scheduledReport";
import type { KmsKeyRecords } from "../../provider/state/types";
import { ACCOUNT, clientOf, exportOf, fileOf, settled, strayKey, useCommand } from "./support";

const STACK = "organization/shop/dev";

describe("keymgmt status: what a stack has scheduled for deletion", function () {
  this.timeout(60_000);
  const { scene, program, keymgmt, deny } = useCommand();

  const declared = { key: { replicaRegions: ["eu-west-1"] }, replicas: ["eu-west-1"] };
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

  beforeEach(async () => {
    await program.up(declared);
  });

  const west = () => clientOf(scene, "us-west-1");
  const text = async () => {
    const ended = await keymgmt(["status", "--state", "-"], { input: exportOf(program) });
    for (const line of ended.stdout.split("\n")) assert.ok(line.length <= 80, line);
    return ended;
  };
  const json = async (input = exportOf(program), ...args: string[]) => {
    const { code, stdout } = await keymgmt(["status", "--json", "--state", "-", ...args], { input });
    const [{ scheduled, notes }] = JSON.parse(stdout).stacks;
    return { code, scheduled: scheduled as ScheduledReport[], notes: notes as string[] };
  };
  const keyOf = (version: number) =>
    (program.outputs("distribution").versions as KmsKeyRecords)[version]!.keyId;
  const scheduledStray = async (stack = STACK, distribution = "orders-1", version = "1") => {
    const keyId = await strayKey(west(), { stack, distribution, version });
    await west().send(new ScheduleKeyDeletionCommand({ KeyId: keyId, PendingWindowInDays: 7 }));
    return keyId;
  };

  it("a distribution that was removed, with its replicas, and until when its deletion can be cancelled", async () => {
    await program.up({ ...declared, isDistributed: false });
    const { code, stdout } = await text();
    const id = `mrk-${"0".repeat(32)}`;
    assert.equal(
      settled(stdout),
      `organization/shop/dev, state of 2026-01-01 00:00 UTC

orders: aes256-gcm96, version 1
  not distributed

Scheduled for deletion:
  orders-1700000000 in 111122223333, of key orders
    ver  Region     KMS key                               deleted
    1    eu-west-1  ${id}  ${inDays(30)}
    1    us-west-1  ${id}  after replicas
    - deletion can be cancelled until ${inDays(30)}: declare the KeyDistribution
      and its KeyReplicas again and run \`pulumi up\`

To delete a key: \`deletionAllowed: true\` on the ManagedKey, then \`pulumi up\`.

No drift.
`,
    );
    assert.equal(code, 0);
    await program.up(declared);
    assert.deepEqual((await json()).scheduled, []);
  });

  it("a replica that was removed, in a Region that the KMS keys alone name", async () => {
    const keyId = keyOf(1);
    await program.up({ ...declared, replicas: [] });
    const { code, scheduled } = await json();
    assert.deepEqual(scheduled, [
      {
        key: "orders",
        distribution: program.outputs("distribution").name,
        version: 1,
        accountId: ACCOUNT,
        region: "eu-west-1",
        keyId,
        keyArn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${keyId}`,
        state: "PendingDeletion",
        deletionDate: scheduled[0]!.deletionDate,
        takeBack: "declare the KeyReplica in eu-west-1 again and run `pulumi up`",
      },
    ]);
    assert.equal(scheduled[0]!.deletionDate!.slice(0, 10), inDays(30));
    assert.equal(code, 0);
    await program.up(declared);
    assert.deepEqual((await json()).scheduled, []);
  });

  it("a replica that a rotation made and that was removed after it", async () => {
    await program.up({ ...declared, key: { ...declared.key, rotationTrigger: "b" } });
    assert.deepEqual(
      (program.outputs("distribution").versions as KmsKeyRecords)[2]!.replicas,
      ["eu-west-1"],
      "the primary's record names it, which is no record of its own",
    );
    await program.up({ key: { ...declared.key, rotationTrigger: "b" } });
    const { scheduled } = await json();
    assert.deepEqual(
      scheduled.map(({ version, region }) => [version, region]),
      [
        [1, "eu-west-1"],
        [2, "eu-west-1"],
      ],
    );
  });

  it("not what is not scheduled, what a record names, or what another stack has", async () => {
    await strayKey(west(), { stack: STACK, distribution: "orders-1", version: "1" });
    await scheduledStray("organization/shop/prod");
    const client = clientOf(scene, "eu-west-1");
    await client.send(new ScheduleKeyDeletionCommand({ KeyId: keyOf(1), PendingWindowInDays: 7 }));
    const { code, scheduled } = await json();
    assert.deepEqual(scheduled, []);
    assert.equal(code, 3, "a recorded KMS key's is drift");
    await client.send(new CancelKeyDeletionCommand({ KeyId: keyOf(1) }));
  });

  it("in other words where no declaration brings it back", async () => {
    const keyId = await scheduledStray(STACK, String(program.outputs("distribution").name));
    assert.deepEqual(
      (await json()).scheduled.map((key) => [key.keyId, key.takeBack]),
      [[keyId, "`aws kms cancel-key-deletion` (the state has another KMS key of this version)"]],
    );
    await program.up({ ...declared, isDistributed: false });
    program.outputs("key").name = "another";
    const ways = (await json()).scheduled.map(({ takeBack }) => takeBack);
    assert.equal(ways.length, 3);
    for (const way of ways) assert.match(way, /^restore its ManagedKey from a backup, /);
  });

  it("under a name that the stack had, where an update takes it back: another stack may have that name", async () => {
    const keyId = keyOf(1);
    const removed = { ...declared, isDistributed: false };
    await program.up(removed);
    program.stack = "organization/shop/prod";
    await program.up(removed);
    const ids = async () => (await json()).scheduled.map((key) => key.keyId);
    assert.deepEqual(await ids(), [keyId, keyId]);
    program.outputs("key").name = "another";
    assert.deepEqual(await ids(), []);
    program.outputs("key").name = "orders";
    await program.up(declared);
    assert.equal(keyOf(1), keyId);
    await scheduledStray(STACK);
    assert.deepEqual(await ids(), []);
  });

  it("after one listing of each Region, however many states and KmsProviders name it", async () => {
    scene.local.resetCounts();
    const state = await fileOf(exportOf(program));
    assert.equal((await keymgmt(["status", "--state", state, "--state", state])).code, 0);
    assert.equal(scene.local.counts().ListKeys, 2);
  });

  it("by --account alone after a destroy: the state names no Region any more", async () => {
    const empty = JSON.stringify({ version: 3, deployment: { manifest: {}, resources: null } });
    const { notes } = await json(empty);
    assert.match(notes.join(), /^The state names no Region to look in: `keymgmt status --account /);
    assert.deepEqual((await json(empty, "--offline")).notes, []);
  });

  it("nothing with --offline", async () => {
    await program.up({ ...declared, isDistributed: false });
    scene.local.resetCounts();
    assert.deepEqual(await json(exportOf(program), "--offline"), { code: 0, scheduled: [], notes: [] });
    assert.deepEqual(scene.local.counts(), {});
  });

  for (const operation of ["ListKeys", "ListResourceTags", "DescribeKey"])
    it(`not without kms:${operation}, which one note says, and the exit code stays`, async () => {
      await program.up({ ...declared, isDistributed: false });
      deny(operation);
      const note = `What is scheduled for deletion is not shown in us-west-1: kms:${operation} is not permitted.`;
      assert.deepEqual(await json(), { code: 0, scheduled: [], notes: [note] });
      const { stdout, stderr } = await text();
      assert.ok(stdout.replaceAll(/\s+/g, " ").includes(note), stdout);
      assert.doesNotMatch(stderr, /no permission/);
    });
});
