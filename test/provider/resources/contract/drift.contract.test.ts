import assert from "node:assert/strict";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DeleteImportedKeyMaterialCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GetKeyPolicyCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../../local-kms/src/index";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { allowsRoot, keyPolicy } from "../../../world/keyPolicy";
import { localKms, Program } from "../../../world/program";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";
const DAY = 24 * 60 * 60 * 1000;

describe("drift: what others changed in AWS, seen by a refresh and repaired by the next update", () => {
  let ahead = 0;
  let local: LocalKms;
  let program: Program;
  let home: Application;
  let abroad: Application;
  let keyId: string;
  let aliasName: string;
  let old: Uint8Array;

  const declared = {
    key: { replicaRegions: [ABROAD], rotationTrigger: "b" },
    replicas: [ABROAD],
    distribution: { policy: keyPolicy(allowsRoot("Ours")), description: "orders", tags: { team: "shop" } },
    replica: { policy: keyPolicy(allowsRoot("Ours")), description: "orders abroad", tags: { team: "shop" } },
  };
  const up = () => program.up(declared);
  const versions = () => program.outputs("distribution").versions as KmsKeyRecords;
  const tagsOf = async (application: Application) => {
    const { Tags } = await application.send(new ListResourceTagsCommand({ KeyId: keyId }));
    return Object.fromEntries(Tags!.map(({ TagKey, TagValue }) => [TagKey, TagValue]));
  };
  const policyOf = async (application: Application) =>
    JSON.parse((await application.send(new GetKeyPolicyCommand({ KeyId: keyId }))).Policy!);

  before(async () => {
    local = await localKms({ now: () => new Date(Date.now() + ahead) });
    program = new Program(local);
    home = new Application(local, HOME);
    abroad = new Application(local, ABROAD);
    await program.up({ ...declared, key: { ...declared.key, rotationTrigger: "a" } });
    old = await home.encrypt(String(program.outputs("distribution").aliasName), "kept");
    await up();
    aliasName = String(program.outputs("distribution").aliasName);
    keyId = versions()[2]!.keyId;
  });
  after(() => local.close());

  afterEach("everything is as declared again", async () => {
    assert.deepEqual(await program.refreshAll(), []);
    for (const application of [home, abroad]) {
      assert.equal((await application.decrypt(old)).text, "kept");
      const { keyArn } = await home.decrypt(await application.encrypt(aliasName, "new"));
      assert.equal(keyArn.split("/")[1], keyId);
      assert.deepEqual(await policyOf(application), JSON.parse(keyPolicy(allowsRoot("Ours"))));
      assert.equal((await tagsOf(application)).team, "shop");
    }
    local.resetCounts();
    await up();
    assert.deepEqual(local.counts(), {}, "an update with nothing to do costs no call");
  });

  async function repaired(...expected: (string | RegExp)[]): Promise<void> {
    const drift = await program.refreshAll();
    assert.equal(drift.length, expected.length, drift.join("\n"));
    drift.forEach((sentence, i) => {
      const want = expected[i]!;
      if (typeof want === "string") assert.equal(sentence, want);
      else assert.match(sentence, want);
    });
    assert.deepEqual(await program.refreshAll(), drift, "a second refresh says the same");
    await up();
  }

  it("finds nothing where nothing has changed", async () => {
    assert.deepEqual(await program.refreshAll(), []);
  });

  it("a disabled KMS key is enabled again", async () => {
    await abroad.send(new DisableKeyCommand({ KeyId: keyId }));
    await repaired("version 2 in eu-west-1: Disabled outside this stack");
  });

  it("a version below minEnabledVersion that somebody enabled is disabled again", async () => {
    const one = versions()[1]!.keyId;
    const raised = { ...declared, key: { ...declared.key, minEnabledVersion: 2 } };
    await program.up(raised);
    await home.send(new EnableKeyCommand({ KeyId: one }));
    assert.deepEqual(await program.refreshAll(), [
      "version 1 in us-west-1: Enabled outside this stack, although below `minEnabledVersion`",
    ]);
    await program.up(raised);
    assert.equal((await home.describe(one)).KeyState, "Disabled");
    await up();
  });

  it("a scheduled deletion is cancelled, in the Region of the primary and of the replica", async () => {
    const until = new Date(Date.now() + ahead + 7 * DAY).toISOString().slice(0, 10);
    await abroad.send(new ScheduleKeyDeletionCommand({ KeyId: keyId, PendingWindowInDays: 7 }));
    await home.send(new ScheduleKeyDeletionCommand({ KeyId: keyId, PendingWindowInDays: 7 }));
    await repaired(
      "version 2 in us-west-1: PendingReplicaDeletion, scheduled outside this stack",
      `version 2 in eu-west-1: PendingDeletion until ${until}, scheduled outside this stack`,
    );
  });

  it("deleted material is imported again", async () => {
    await home.send(new DeleteImportedKeyMaterialCommand({ KeyId: keyId }));
    await repaired("version 2 in us-west-1: PendingImport: its key material was deleted outside this stack");
  });

  it("an alias that points to a KMS key of somebody else is left alone, and the way on is said", async () => {
    const { KeyMetadata } = await abroad.send(new CreateKeyCommand({}));
    const TargetKeyId = KeyMetadata!.KeyId!;
    await abroad.send(new UpdateAliasCommand({ AliasName: aliasName, TargetKeyId }));
    assert.deepEqual(await program.refreshAll(), [
      `${aliasName} in eu-west-1: the alias points to KMS key ${TargetKeyId}, not ${keyId}`,
    ]);
    await assert.rejects(up(), /points to another KMS key, and was left alone.*aws kms delete-alias/);
    assert.equal((await abroad.describe(aliasName)).KeyId, TargetKeyId);
    await abroad.send(new DeleteAliasCommand({ AliasName: aliasName }));
    await up();
    assert.equal((await abroad.describe(aliasName)).KeyId, keyId);
  });

  it("an alias that was deleted comes back under its old name", async () => {
    await home.send(new DeleteAliasCommand({ AliasName: aliasName }));
    await repaired(`${aliasName} in us-west-1: the alias is gone`);
    assert.equal((await home.describe(aliasName)).KeyId, keyId);
  });

  it("an alias of somebody else's on our KMS key stays", async () => {
    await home.send(new CreateAliasCommand({ AliasName: "alias/theirs", TargetKeyId: keyId }));
    await repaired();
    assert.equal((await home.describe("alias/theirs")).KeyId, keyId);
  });

  it("tags that were changed or removed are put back; tags that others added stay", async () => {
    await home.send(new TagResourceCommand({ KeyId: keyId, Tags: [{ TagKey: "team", TagValue: "x" }] }));
    await home.send(new TagResourceCommand({ KeyId: keyId, Tags: [{ TagKey: "theirs", TagValue: "1" }] }));
    await home.send(new UntagResourceCommand({ KeyId: keyId, TagKeys: ["keymgmt:stack"] }));
    await repaired(
      'version 2 in us-west-1: tag team is "x", not "shop"',
      "version 2 in us-west-1: tag keymgmt:stack is gone",
    );
    assert.deepEqual(await tagsOf(home), {
      team: "shop",
      theirs: "1",
      "keymgmt:key": "orders",
      "keymgmt:version": "2",
      "keymgmt:distribution": program.outputs("distribution").name,
      "keymgmt:stack": "organization/shop/dev",
      "keymgmt:claim": (program.outputs("distribution").versions as KmsKeyRecords)[2]!.claim,
    });
  });

  it("a policy and a description that were changed are put back", async () => {
    await abroad.send(
      new PutKeyPolicyCommand({
        KeyId: keyId,
        PolicyName: "default",
        Policy: keyPolicy(allowsRoot("Theirs")),
      }),
    );
    await home.send(new UpdateKeyDescriptionCommand({ KeyId: keyId, Description: "mine" }));
    await repaired(
      'version 2 in us-west-1: its description is "mine", not "orders"',
      "version 2 in eu-west-1: its key policy was changed outside this stack",
    );
    assert.equal((await home.describe(keyId)).Description, "orders");
  });

  it("a replica that is gone is replicated again, and decrypts what was encrypted before", async () => {
    await abroad.send(new ScheduleKeyDeletionCommand({ KeyId: keyId, PendingWindowInDays: 7 }));
    ahead += 8 * DAY;
    await repaired(
      "version 2 in eu-west-1: AWS no longer knows the KMS key: the next update replicates it again from the primary Region, if AWS knows it there",
      `${aliasName} in eu-west-1: the alias is gone`,
    );
  });
});

describe("drift that cannot be repaired", () => {
  it("a primary KMS key that is gone is said plainly, and no other is made in its place", async () => {
    let ahead = 0;
    const local = await localKms({ now: () => new Date(Date.now() + ahead) });
    const program = new Program(local);
    const home = new Application(local, HOME);
    await program.up({ key: { rotationTrigger: "a" } });
    await program.up({ key: { rotationTrigger: "b" } });
    const [first, second] = Object.values(program.outputs("distribution").versions as KmsKeyRecords);
    await home.send(new ScheduleKeyDeletionCommand({ KeyId: first!.keyId, PendingWindowInDays: 7 }));
    ahead += 8 * DAY;
    assert.deepEqual(await program.refreshAll(), [
      "version 1 in us-west-1: AWS no longer knows the KMS key: what was encrypted under it cannot be decrypted any more, " +
        "not even with the same material in a new KMS key; no other is made in its place",
    ]);
    local.resetCounts();
    await assert.rejects(program.up({ key: { rotationTrigger: "b" } }), /Raise `minEnabledVersion` above 1/);
    assert.equal(local.counts().CreateKey, undefined);
    await program.up({ key: { rotationTrigger: "b", minEnabledVersion: 2 } });
    const { keyArn } = await home.decrypt(
      await home.encrypt(String(program.outputs("distribution").aliasName), "x"),
    );
    assert.equal(keyArn, second!.keyArn);
    assert.deepEqual(await program.refreshAll(), [], "a version that is not wanted is not missed");
    await local.close();
  });
});
