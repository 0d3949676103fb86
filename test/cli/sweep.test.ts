import assert from "node:assert/strict";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
} from "@aws-sdk/client-kms";
import type { KmsKeyRecords } from "../../provider/state/types";
import { Scene } from "../world/scene";
import { clientOf, exportOf, fileOf, keymgmtOn, settled, strayKey } from "./support";

const STACK = "organization/shop/dev";

/** The local KMS's clock: no test waits until its KMS keys are older than the state. */
const hourAgo = () => new Date(Date.now() - 3_600_000);

describe("keymgmt sweep", function () {
  this.timeout(60_000);
  const scene = new Scene();
  const program = scene.program();
  const keymgmt = keymgmtOn(scene);
  let state: string;
  const log: string[] = [];

  before(async () => {
    await scene.open({
      now: hourAgo,
      intercept: ({ operation, region }) => {
        if (operation === "ScheduleKeyDeletion") log.push(region);
        return undefined;
      },
    });
    await program.up({ key: { replicaRegions: ["eu-west-1"] }, replicas: ["eu-west-1"] });
    state = await fileOf(exportOf(program));
  });
  after(() => scene.close());

  const west = () => clientOf(scene, "us-west-1");
  const europe = () => clientOf(scene, "eu-west-1");
  const stateOf = async (client: ReturnType<typeof west>, KeyId: string) =>
    (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!.KeyState;
  const stray = (distribution: string, stack = STACK, key = "gone") =>
    strayKey(west(), { stack, key, distribution, version: "1" });

  it("ends with 0 where the states account for everything", async () => {
    const { code, stdout } = await keymgmt(["sweep", "--state", state]);
    assert.equal(
      settled(stdout),
      `Looked in: eu-west-1 (111122223333), us-west-1 (111122223333)
State:     organization/shop/dev, of 2026-01-01 00:00 UTC: 2 KMS keys
Accounted: 2 KMS keys found there as a state says.

Nothing is unaccounted for.
`,
    );
    assert.equal(code, 0);
  });

  it("lists apart what may go, what is left alone, what an update takes up, and what belongs to other stacks", async () => {
    const free = await stray("gone-1");
    const aliased = await stray("named-1");
    await west().send(new CreateAliasCommand({ AliasName: "alias/named", TargetKeyId: aliased }));
    const foreign = await stray("theirs-1", "organization/shop/prod");
    const distribution = String(program.outputs("distribution").name);
    const unfinished = await strayKey(west(), { stack: STACK, distribution, version: "2" });
    const { code, stdout } = await keymgmt(["sweep", "--state", state]);
    assert.equal(
      settled(stdout.slice(stdout.indexOf("\n\n") + 2)),
      `No state accounts for these; nobody can be using them now:
  gone-1
    ver  Region     KMS key                               state
    1    us-west-1  ${free}  PendingImport

No state accounts for these, but they are left alone:
  named-1
    ver  Region     KMS key                               state
    1    us-west-1  ${aliased}  PendingImport
  - ${aliased} in us-west-1: has the alias
    alias/named: if nobody uses it, aws kms delete-alias --region us-west-1
    --alias-name alias/named

An update may have been interrupted; the next \`pulumi up\` recovers these:
  orders-1700000000
    ver  Region     KMS key                               state
    2    us-west-1  ${unfinished}  PendingImport

Of organization/shop/prod, nothing is known of these: the state of that stack
was not given
  theirs-1
    ver  Region     KMS key                               state
    1    us-west-1  ${foreign}  PendingImport

2 KMS keys unaccounted for; nothing was changed. \`--delete\` schedules the
deletion of those that nobody can be using. 1 KMS key left to the next \`pulumi
up\`. Nothing is known of 1 KMS key whose stack no state names: give its state
with --state, or --empty-stack NAME where it has no key any more.
`,
    );
    assert.equal(code, 3);
    const json = await keymgmt(["sweep", "--state", state, "--json"]);
    const { held, states, ...report } = JSON.parse(json.stdout);
    assert.deepEqual(report, {
      places: [
        { accountId: "111122223333", region: "eu-west-1" },
        { accountId: "111122223333", region: "us-west-1" },
      ],
      accounted: 2,
      deletable: [
        {
          accountId: "111122223333",
          region: "us-west-1",
          keyId: free,
          keyArn: `arn:aws:kms:us-west-1:111122223333:key/${free}`,
          stack: STACK,
          key: "gone",
          distribution: "gone-1",
          version: "1",
          state: "PendingImport",
          deletionDate: null,
        },
      ],
      unfinished: report.unfinished,
      scheduled: [],
      foreign: report.foreign,
      deletions: [],
    });
    assert.deepEqual(held[0].reasons, [held[0].reason]);
    assert.match(held[0].reason, /^has the alias alias\/named: /);
    assert.equal(states[0].keys, 2);
  });

  it("deletes nothing without the typed words", async () => {
    const { code, stdout, stderr } = await keymgmt(["sweep", "--state", state, "--delete"], {
      input: "yes\n",
    });
    assert.match(stderr, /never be decrypted again/);
    assert.match(stderr, /Type "delete 1" to go on/);
    assert.match(stdout, /nothing was changed/);
    assert.equal(code, 3);
    assert.equal((await keymgmt(["sweep", "--state", state, "--delete"])).code, 3);
    assert.deepEqual(log, []);
  });

  it("leaves alone what came into use while the list was read", async () => {
    const late = await stray("late-1");
    const { code, stdout } = await keymgmt(["sweep", "--state", state, "--delete"], {
      input: async (stderr) => {
        if (!stderr.includes("to go on: ")) return undefined;
        await west().send(new CreateAliasCommand({ AliasName: "alias/late", TargetKeyId: late }));
        return "delete 2\n";
      },
    });
    assert.match(
      stdout,
      new RegExp(`${late} in us-west-1: not scheduled:\\s+has the\\s+alias\\s+alias/late now`),
    );
    assert.equal(code, 1);
    assert.equal(await stateOf(west(), late), "PendingImport");
    assert.deepEqual(log, ["us-west-1"]);
    log.length = 0;
  });

  it("schedules a replica before its primary, for 30 days, and says how to keep them", async () => {
    const [enabled] = Object.values(
      program.outputs("distribution").versions as Record<string, { keyId: string }>,
    );
    for (const client of [west(), europe()])
      await client.send(new DisableKeyCommand({ KeyId: enabled!.keyId }));
    const lost = scene.program();
    await lost.up({ key: { name: "lost", replicaRegions: ["eu-west-1"] }, replicas: ["eu-west-1"] });
    const { keyId } = Object.values(
      lost.outputs("distribution").versions as Record<string, { keyId: string }>,
    )[0]!;
    assert.equal((await keymgmt(["sweep", "--state", state, "--delete", "--yes"])).code, 3);
    assert.deepEqual(log, [], "Enabled and aliased keys were left alone");
    await lost.remove("keyReplica", "eu-west-1");
    await lost.remove("keyDistribution", "distribution");
    for (const client of [europe(), west()])
      await client.send(new CancelKeyDeletionCommand({ KeyId: keyId }));
    log.length = 0;
    const { code, stdout } = await keymgmt(["sweep", "--state", state, "--delete", "--yes"]);
    assert.deepEqual(log, ["eu-west-1", "us-west-1"]);
    assert.equal(await stateOf(europe(), keyId), "PendingDeletion");
    assert.equal(await stateOf(west(), keyId), "PendingReplicaDeletion");
    const day = new Date(hourAgo().getTime() + 30 * 86_400_000).toISOString().slice(0, 10);
    assert.match(stdout, new RegExp(`${keyId} in eu-west-1: deleted on ${day}`));
    assert.match(stdout, new RegExp(`${keyId} in us-west-1: deleted after its last replica`));
    assert.match(
      stdout,
      new RegExp(`aws kms cancel-key-deletion --region eu-west-1\\n    --key-id ${keyId}`),
    );
    assert.equal(code, 3, "aliased and unfinished ones are still there");
    assert.equal(
      await stateOf(west(), enabled!.keyId),
      "Disabled",
      "what the state accounts for is never touched",
    );
  });

  it("never asks with credentials of another account than the state's", async () => {
    const { code, stderr } = await keymgmt(["sweep", "--state", state], {
      env: { AWS_ACCESS_KEY_ID: "444455556666" },
    });
    assert.equal(code, 1);
    assert.match(stderr, /Expected credentials of account 111122223333/);
  });
});

describe("keymgmt sweep, where all that it finds is another stack's", function () {
  this.timeout(60_000);
  const scene = new Scene();
  before(() => scene.open({ now: hourAgo }));
  after(() => scene.close());

  it("does not end as if nothing were unaccounted for", async () => {
    const program = scene.program();
    await program.up();
    const client = clientOf(scene, "us-west-1");
    const THEIRS = "organization/shop/prod";
    await strayKey(client, { stack: THEIRS, distribution: "theirs-1", version: "1" });
    const run = (...args: string[]) =>
      keymgmtOn(scene)(["sweep", "--state", "-", ...args], { input: exportOf(program) });
    const { code, stdout } = await run();
    assert.match(
      stdout.replaceAll(/\s+/g, " "),
      /Nothing is known of 1 KMS key whose stack no state names: give its state/,
    );
    assert.doesNotMatch(stdout, /unaccounted/);
    assert.equal(code, 3);

    const { foreign } = JSON.parse((await run("--json")).stdout);
    assert.equal(foreign[0].reason, "the state of that stack was not given");

    const typo = await run("--empty-stack", "organization/shop/prd");
    assert.match(
      typo.stderr,
      /no KMS key that was found has "organization\/shop\/prd"\. They have: organization\/shop\/dev, organization\/shop\/prod\./,
    );
    assert.equal(typo.code, 2);
    const cleaned = await run("--empty-stack", THEIRS, "--delete", "--yes");
    assert.equal(cleaned.code, 0, cleaned.stdout + cleaned.stderr);
  });
});

describe("keymgmt sweep, where a killed update has left a replica", function () {
  this.timeout(60_000);
  const scene = new Scene();
  before(async () => {
    await scene.open({ now: hourAgo });
  });
  after(() => scene.close());

  it("looks in the Regions in which AWS shows replicas, also where no state names them", async () => {
    const program = scene.program();
    await program.up({ key: { replicaRegions: ["eu-west-1"] } });
    const { keyId, keyArn } = (program.outputs("distribution").versions as KmsKeyRecords)[1]!;
    const home = clientOf(scene, "us-west-1");
    const { Tags } = await home.send(new ListResourceTagsCommand({ KeyId: keyId }));
    await home.send(new ReplicateKeyCommand({ KeyId: keyId, ReplicaRegion: "ap-south-1", Tags }));
    const { code, stdout } = await keymgmtOn(scene)(["sweep", "--state", "-", "--json"], {
      input: exportOf(program),
    });
    assert.ok(stdout.includes(keyArn.replace("us-west-1", "ap-south-1")), stdout);
    assert.equal(code, 3, "something is unaccounted for");
  });
});

describe("keymgmt sweep, where an update that takes a distribution back was interrupted", function () {
  this.timeout(60_000);
  const scene = new Scene();
  before(() => scene.open({ now: hourAgo }));
  after(() => scene.close());

  it("leaves its KMS keys to the next update, which takes them up", async () => {
    const program = scene.program();
    await program.up({ key: { deletionAllowed: true } });
    const { keyId } = (program.outputs("distribution").versions as KmsKeyRecords)[1]!;
    const { aliasName } = program.outputs("distribution");
    await program.remove("keyDistribution", "distribution");
    const client = clientOf(scene, "us-west-1");
    await client.send(new CancelKeyDeletionCommand({ KeyId: keyId })); // the update's first call, and its last
    const { code, stdout } = await keymgmtOn(scene)(
      ["sweep", "--state", "-", "--delete", "--yes", "--json"],
      {
        input: exportOf(program),
      },
    );
    const { held, deletions } = JSON.parse(stdout);
    assert.deepEqual(deletions, []);
    assert.equal(held[0].keyId, keyId);
    assert.match(held[0].reason, /^is of key orders that shop\/dev still has, .*: run `pulumi up`/);
    assert.equal(code, 3);
    await program.up({ key: { deletionAllowed: true } });
    const again = program.outputs("distribution");
    assert.deepEqual([(again.versions as KmsKeyRecords)[1]!.keyId, again.aliasName], [keyId, aliasName]);
  });
});
