import assert from "node:assert/strict";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyRequest,
  DeleteAliasCommand,
  DisableKeyCommand,
  GetKeyPolicyCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { LocalKms, LocalKmsConfig } from "../../../../local-kms/src/index";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { LIFTED } from "../../../world/declaration";
import { allowsRoot, keyPolicy } from "../../../world/keyPolicy";
import { localKms, Program } from "../../../world/program";

describe("a key distribution on the local KMS", () => {
  let local: LocalKms;
  let program: Program;
  let application: Application;
  let intercept: NonNullable<LocalKmsConfig["intercept"]>;

  beforeEach(async () => {
    intercept = () => undefined;
    local = await localKms({ intercept: (request) => intercept(request) });
    program = new Program(local);
    application = new Application(local, "us-west-1");
  });
  afterEach(() => local.close());

  const aliasName = () => String(program.outputs("distribution").aliasName);
  const versions = () => program.outputs("distribution").versions as KmsKeyRecords;
  const kmsCalls = () =>
    Object.fromEntries(Object.entries(local.counts()).filter(([operation]) => !operation.startsWith("sts:")));

  it("costs four KMS calls for a new single-Region key, and an unchanged update none", async () => {
    await program.up();
    assert.deepEqual(kmsCalls(), {
      CreateAlias: 1,
      CreateKey: 1,
      GetParametersForImport: 1,
      ImportKeyMaterial: 1,
    });
    local.resetCounts();
    await program.up();
    assert.deepEqual(local.counts(), {});
  });

  it("asks for a KMS key of the KeySpec and KeyUsage that the key's type and purpose have, without relying on AWS's defaults", async () => {
    const asked: unknown[] = [];
    intercept = ({ operation, input }) => {
      const { KeySpec, KeyUsage, Origin } = input as CreateKeyRequest;
      if (operation === "CreateKey") asked.push({ KeySpec, KeyUsage, Origin });
      return undefined;
    };
    await program.up();
    assert.deepEqual(asked, [
      { KeySpec: "SYMMETRIC_DEFAULT", KeyUsage: "ENCRYPT_DECRYPT", Origin: "EXTERNAL" },
    ]);
  });

  it("names the alias alias/hashicorp/<key>-<unix timestamp> and tags the KMS key", async () => {
    const before = Math.floor(Date.now() / 1000);
    await program.up({
      distribution: { tags: { team: "payments" } },
      kms: { tags: { team: "platform", cost: "1" } },
    });
    const [, timestamp] = /^alias\/hashicorp\/orders-(\d{10})$/.exec(aliasName())!;
    assert.ok(Number(timestamp) >= before && Number(timestamp) <= before + 60);
    const { Tags } = await application.send(new ListResourceTagsCommand({ KeyId: versions()[1]!.keyId }));
    assert.deepEqual(Object.fromEntries(Tags!.map(({ TagKey, TagValue }) => [TagKey, TagValue])), {
      team: "payments",
      cost: "1",
      "keymgmt:key": "orders",
      "keymgmt:version": "1",
      "keymgmt:distribution": `orders-${timestamp}`,
      "keymgmt:stack": "organization/shop/dev",
      "keymgmt:claim": versions()[1]!.claim,
    });
  });

  it("rotates behind the alias: old ciphertext decrypts, new ciphertext is under the new KMS key", async () => {
    await program.up({ key: { rotationTrigger: "a" } });
    const old = await application.encrypt(aliasName(), "before");
    const alias = aliasName();
    await program.up({ key: { rotationTrigger: "b" } });
    assert.equal(aliasName(), alias);
    assert.equal((await application.decrypt(old)).text, "before");
    const now = await application.encrypt(alias, "after");
    const { keyArn } = await application.decrypt(now);
    assert.equal(keyArn, versions()[2]!.keyArn);
    assert.notEqual(versions()[2]!.keyId, versions()[1]!.keyId);
    assert.equal(program.outputs("distribution").keyArn, keyArn);
  });

  it("disables versions below minEnabledVersion, and enables them again when it is lowered", async () => {
    await program.up({ key: { rotationTrigger: "a" } });
    const old = await application.encrypt(aliasName(), "kept");
    const said = sinon.stub(console, "error");
    await program.up({ key: { rotationTrigger: "b", minEnabledVersion: 2 } }).finally(() => said.restore());
    assert.match(
      said.args.join("\n"),
      /^keymgmt: this update disables the KMS key of version 1 of key "orders" in us-west-1: what is encrypted under it cannot be decrypted there until/m,
    );
    await assert.rejects(application.decrypt(old), { name: "DisabledException" });
    assert.equal(versions()[1]!.state, "Disabled");
    await program.up({ key: { rotationTrigger: "b", minEnabledVersion: 1 } });
    assert.equal((await application.decrypt(old)).text, "kept");
  });

  it("distributes a key that was rotated before from minEnabledVersion on, and the others when it is lowered", async () => {
    const elsewhere = { keyCollection: "us-east-1" };
    await program.up({ key: { rotationTrigger: "a" }, kms: elsewhere });
    await program.up({ key: { rotationTrigger: "b" }, kms: elsewhere });
    for (const name of ["kms", "distribution"]) program.states.delete(name);
    await program.up({ key: { rotationTrigger: "b", minEnabledVersion: 2 } });
    assert.deepEqual(Object.keys(versions()), ["2"]);
    await program.up({ key: { rotationTrigger: "b" } });
    assert.deepEqual(Object.keys(versions()), ["1", "2"]);
    assert.equal((await application.describe(aliasName())).KeyId, versions()[2]!.keyId);
  });

  it("takes own material, which AWS then holds to byte by byte", async () => {
    const material = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString("base64");
    await program.up({ key: { material } });
    assert.equal((program.outputs("key").versions as { kcv: string }[])[0]!.kcv, versions()[1]!.kcv);
  });

  it("continues where an update failed: no second KMS key is made", async () => {
    let failures = 1;
    intercept = ({ operation }) =>
      operation === "ImportKeyMaterial" && failures-- > 0
        ? {
            error: {
              name: "AccessDeniedException",
              message:
                "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: kms:ImportKeyMaterial",
            },
          }
        : undefined;
    await assert.rejects(program.up(), /kms:ImportKeyMaterial/);
    const [made] = Object.values(versions());
    assert.equal(made!.state, "PendingImport");
    await program.up();
    assert.equal(versions()[1]!.keyId, made!.keyId);
    assert.equal((await application.send(new ListKeysCommand({}))).Keys!.length, 1);
    await application.encrypt(aliasName(), "works");
  });

  it("asks for new import parameters only where AWS refuses the token", async () => {
    let refusals = 1;
    intercept = ({ operation }) =>
      operation === "ImportKeyMaterial" && refusals-- > 0
        ? { error: { name: "ExpiredImportTokenException" } }
        : undefined;
    await program.up();
    assert.deepEqual(kmsCalls(), {
      CreateAlias: 1,
      CreateKey: 1,
      GetParametersForImport: 2,
      ImportKeyMaterial: 2,
    });
  });

  it("repeats an import whose answer was lost with the token and ciphertext it has", async () => {
    let lost = 1;
    intercept = ({ operation }) =>
      operation === "ImportKeyMaterial" && lost-- > 0 ? { when: "after", drop: "close" } : undefined;
    await program.up();
    assert.deepEqual(kmsCalls(), {
      CreateAlias: 1,
      CreateKey: 1,
      GetParametersForImport: 1,
      ImportKeyMaterial: 2,
    });
    await application.encrypt(aliasName(), "works");
  });

  it("leaves another stack's alias alone that was made in the same second, and takes the next name", async () => {
    const TargetKeyId = (await application.send(new CreateKeyCommand({}))).KeyMetadata!.KeyId!;
    const now = Math.floor(Date.now() / 1000);
    const theirs = [0, 1, 2, 3].map((more) => `alias/hashicorp/orders-${now + more}`);
    for (const AliasName of theirs)
      await application.send(new CreateAliasCommand({ AliasName, TargetKeyId }));
    await program.up();
    const mine = aliasName();
    const { keyId } = versions()[1]!;
    assert.ok(!theirs.includes(mine), mine);
    for (const alias of theirs) assert.equal((await application.describe(alias)).KeyId, TargetKeyId);
    assert.equal((await application.describe(mine)).KeyId, keyId);
    local.resetCounts();
    await program.up();
    assert.deepEqual(local.counts(), {}, "the update after that has nothing to do");
    await program.up({ key: { rotationTrigger: "b" } });
    assert.equal(aliasName(), mine);
    assert.equal((await application.describe(mine)).KeyId, versions()[2]!.keyId);
    assert.deepEqual(await program.refreshAll(), []);
  });

  it("finds the KMS key again when the answer to CreateKey was lost", async () => {
    let lost = 1;
    intercept = ({ operation }) =>
      operation === "CreateKey" && lost-- > 0 ? { when: "after", drop: "close" } : undefined;
    await program.up();
    assert.equal((await application.send(new ListKeysCommand({}))).Keys!.length, 1);
    await application.encrypt(aliasName(), "works");
  });

  it("says how to look for the KMS key where the answer to CreateKey was lost and AWS does not show it yet", async () => {
    await local.setConsistency({ lagReads: 5, operations: ["ListKeys"] });
    let lost = 1;
    intercept = ({ operation }) =>
      operation === "CreateKey" && lost-- > 0 ? { when: "after", drop: "close" } : undefined;
    await assert.rejects(
      program.up(),
      /get-resources --region us-west-1 .*Key=keymgmt:distribution,Values=orders-/,
    );
    await local.setConsistency(undefined);
    await program.up();
    assert.equal((await application.send(new ListKeysCommand({}))).Keys!.length, 1);
  });

  it("finds the KMS key although others refuse to show their tags", async () => {
    const foreign: string[] = [];
    for (let index = 0; index < 3; index++) {
      const { KeyMetadata } = await application.send(new CreateKeyCommand({}));
      foreign.push(KeyMetadata!.KeyId!);
    }
    const message =
      "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: kms:ListResourceTags";
    let lost = 1;
    intercept = ({ operation, input }) => {
      if (operation === "CreateKey" && lost-- > 0) return { when: "after", drop: "close" };
      return operation === "ListResourceTags" && foreign.includes((input as { KeyId: string }).KeyId)
        ? { error: { name: "AccessDeniedException", message } }
        : undefined;
    };
    const said = sinon.stub(console, "error");
    try {
      await program.up();
      assert.match(
        said.args.join("\n"),
        /kms:ListResourceTags in us-west-1: KMS keys .* are skipped in the search for orphans/,
      );
    } finally {
      said.restore();
    }
    assert.equal((await application.send(new ListKeysCommand({}))).Keys!.length, foreign.length + 1);
  });

  it("finds the KMS key that a killed rotation made", async () => {
    await program.up({ key: { rotationTrigger: "a" } });
    const before = structuredClone([...program.states]);
    let alive = true;
    intercept = ({ operation }) =>
      operation === "GetParametersForImport" && alive
        ? { error: { name: "AccessDeniedException" } }
        : undefined;
    await assert.rejects(program.up({ key: { rotationTrigger: "b" } }));
    // The process was killed before it could say what it had made: state is as before the update, but for the key's new version.
    const key = program.states.get("key")!;
    for (const [name, state] of before) program.states.set(name, state);
    program.states.set("key", key);
    alive = false;
    const otherMemory = { quotas: { ...LIFTED, ListKeys: 999 } }; // another client, as another process would have
    await program.up({ key: { rotationTrigger: "b" }, kms: otherMemory });
    assert.equal((await application.send(new ListKeysCommand({}))).Keys!.length, 2);
  });

  it("brings tags, policy and description to what the program says", async () => {
    await program.up({ distribution: { tags: { a: "1", b: "2" }, description: "one" } });
    const policy = keyPolicy(allowsRoot("All"));
    await program.up({ distribution: { tags: { a: "3" }, description: "two", policy } });
    const { keyId } = versions()[1]!;
    const { Tags } = await application.send(new ListResourceTagsCommand({ KeyId: keyId }));
    const own = Tags!.filter(({ TagKey }) => !TagKey!.startsWith("keymgmt:"));
    assert.deepEqual(own, [{ TagKey: "a", TagValue: "3" }]);
    assert.equal((await application.describe(keyId)).Description, "two");
    const held = await application.send(new GetKeyPolicyCommand({ KeyId: keyId }));
    assert.deepEqual(JSON.parse(held.Policy!), JSON.parse(policy));
  });

  it("repairs what a refresh has seen: a disabled key, a scheduled deletion, a lost alias", async () => {
    await program.up();
    const old = await application.encrypt(aliasName(), "kept");
    const alias = aliasName();
    await application.send(new DisableKeyCommand({ KeyId: versions()[1]!.keyId }));
    await program.refresh("keyDistribution", "distribution");
    await program.up();
    assert.equal((await application.decrypt(old)).text, "kept");

    await application.send(new ScheduleKeyDeletionCommand({ KeyId: versions()[1]!.keyId }));
    await application.send(new DeleteAliasCommand({ AliasName: alias }));
    await program.refresh("keyDistribution", "distribution");
    assert.equal(versions()[1]!.state, "PendingDeletion");
    await program.up();
    assert.equal((await application.decrypt(old)).text, "kept");
    assert.equal((await application.describe(alias)).KeyId, versions()[1]!.keyId);
  });

  it("deletes the alias and schedules every version's deletion with the window, and again without error", async () => {
    await program.up({ key: { rotationTrigger: "a" }, distribution: { deletionWindowDays: 7 } });
    await program.up({ key: { rotationTrigger: "b" }, distribution: { deletionWindowDays: 7 } });
    const state = structuredClone(program.states.get("distribution")!);
    const [first, second] = Object.values(versions());
    const alias = aliasName();
    const said = sinon.stub(console, "error");
    await program.remove("keyDistribution", "distribution").finally(() => said.restore());
    const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
    assert.match(
      said.args.join("\n"),
      new RegExp(
        `is removed from us-west-1: ${alias} is deleted, and AWS deletes ${first!.keyId}@us-west-1, ${second!.keyId}@us-west-1 after ${day};`,
      ),
    );
    for (const { keyId } of [first!, second!]) {
      const seen = await application.describe(keyId);
      assert.equal(seen.KeyState, "PendingDeletion");
      const days = (seen.DeletionDate!.getTime() - Date.now()) / 86_400_000;
      assert.ok(days > 6.9 && days < 7.1, `${days} days`);
    }
    await assert.rejects(application.describe(alias), { name: "NotFoundException" });
    program.states.set("distribution", state);
    await program.remove("keyDistribution", "distribution");
  });

  it("refuses credentials of another account and changes nothing", async () => {
    await program.up();
    await assert.rejects(
      program.up({ kms: { credentials: { accessKey: "999999999999", secretKey: "x" } } }),
      /111122223333.*999999999999/,
    );
    assert.equal((await application.describe(aliasName())).KeyState, "Enabled");
  });

  it("takes new credentials of the same account without a KMS call", async () => {
    await program.up();
    local.resetCounts();
    await program.up({ kms: { credentials: { accessKey: "111122223333", secretKey: "rotated" } } });
    assert.deepEqual(kmsCalls(), {});
    const kms = program.outputs("distribution").kms as { credentials: { secretKey: string } };
    assert.equal(kms.credentials.secretKey, "rotated");
  });

  it("refuses to go over to another key, which a renamed ManagedKey looks like, unless that may be deleted", async () => {
    await program.up();
    const { keyId } = versions()[1]!;
    program.states.delete("key");
    await assert.rejects(
      program.up(),
      /`key` cannot change to another ManagedKey.*renamed\?.*`restore`.*`adopt/,
    );
    assert.equal((await application.describe(keyId)).KeyState, "Enabled");
  });

  it("leaves KMS keys and alias of a distribution that was renamed: its data must not go with its name", async () => {
    await program.up();
    const old = structuredClone(program.states.get("distribution")!);
    const alias = aliasName();
    const text = await application.encrypt(alias, "kept");
    program.states.delete("distribution");
    await program.up(); // the resource under its new name, which the engine makes first
    program.states.set("old", old);
    await program.delete("keyDistribution", "old");
    assert.equal((await application.decrypt(text)).text, "kept");
    assert.equal((await application.decrypt(await application.encrypt(alias, "in use"))).text, "in use");
  });
});
