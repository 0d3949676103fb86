import assert from "node:assert/strict";
import { notesFor, policyFor, type Scope } from "../../cli/iam-policy/policy";
import { FEATURES, type Feature, permissionsFor } from "../../provider/kms/permissions";
import { fileOf, keymgmt, secret } from "./support";

const SCOPE: Scope = {
  accountId: "111122223333",
  primaryRegions: ["us-west-1"],
  replicaRegions: [],
  multiRegion: false,
  aliases: ["hashicorp/*"],
  stacks: ["acme/shop/prod"],
  adoptedArns: [],
  rootKeyArns: [],
  features: ["everyKey"],
};
const REPLICATED: Scope = {
  ...SCOPE,
  replicaRegions: ["eu-west-1"],
  multiRegion: true,
  features: ["everyKey", "multiRegion"],
};

const statement = (scope: Scope, sid: string) => policyFor(scope).Statement.find(({ Sid }) => Sid === sid)!;
const actionsOf = (scope: Scope) =>
  [...new Set(policyFor(scope).Statement.flatMap(({ Action }) => Action))].sort();

describe("keymgmt iam-policy", function () {
  this.timeout(60_000);

  it("allows the table's permissions for the features, and no other", () => {
    const features = Object.keys(FEATURES) as Feature[];
    for (const asked of [
      SCOPE.features,
      REPLICATED.features,
      features,
      ...features.map((feature) => [feature]),
    ])
      assert.deepEqual(
        actionsOf({ ...REPLICATED, features: asked }),
        permissionsFor(asked)
          .map(({ action }) => action as string)
          .sort(),
      );
  });

  it("gives each statement a Sid of letters, which AWS wants to be unique", () => {
    const sids = policyFor({ ...REPLICATED, features: Object.keys(FEATURES) as Feature[] }).Statement.map(
      ({ Sid }) => Sid,
    );
    assert.equal(new Set(sids).size, sids.length);
    for (const sid of sids) assert.match(sid, /^[A-Za-z0-9]+$/);
  });

  it("makes only imported keys of the kind that was asked for, in their Regions, with the stack's tag", () => {
    assert.deepEqual(statement(SCOPE, "CreateKeys"), {
      Sid: "CreateKeys",
      Effect: "Allow",
      Action: "kms:CreateKey",
      Resource: "*",
      Condition: {
        StringEquals: {
          "aws:RequestedRegion": "us-west-1",
          "kms:KeyOrigin": "EXTERNAL",
          "kms:KeySpec": "SYMMETRIC_DEFAULT",
          "kms:KeyUsage": "ENCRYPT_DECRYPT",
          "aws:RequestTag/keymgmt:stack": "acme/shop/prod",
        },
        Bool: { "kms:MultiRegion": "false" },
        BoolIfExists: { "kms:BypassPolicyLockoutSafetyCheck": "false" },
      },
    });
    assert.equal(statement({ ...SCOPE, multiRegion: undefined }, "CreateKeys").Condition!.Bool, undefined);
  });

  it("allows the kinds of KMS keys of the key types that are asked for, and no other", async () => {
    const args = ["iam-policy", "--account-id", "111122223333", "--region", "us-west-1"];
    const { stdout } = await keymgmt([...args, "--key-type", "ecdsa-p256", "--key-type", "hmac-sha256"]);
    const [create] = JSON.parse(stdout).Statement;
    assert.deepEqual(create.Condition.StringEquals["kms:KeySpec"], ["ECC_NIST_P256", "HMAC_256"]);
    const usages = ["SIGN_VERIFY", "KEY_AGREEMENT", "GENERATE_VERIFY_MAC"];
    assert.deepEqual(create.Condition.StringEquals["kms:KeyUsage"], usages);
    const refused = await keymgmt([...args, "--key-type", "ed25519"]);
    assert.equal(refused.code, 2);
    assert.match(
      refused.stderr,
      /Expected --key-type to be one of aes256-gcm96, rsa-2048, .*, got "ed25519"/s,
    );
  });

  it("binds to the stack's tag what is done to a KMS key later, and of what follows CreateKey at once only keeps other stacks' out", () => {
    const kind = { "kms:KeyOrigin": "EXTERNAL", "kms:KeySpec": "SYMMETRIC_DEFAULT" };
    const tag = { "aws:ResourceTag/keymgmt:stack": "acme/shop/prod" };
    const single = { Bool: { "kms:MultiRegion": "false" } };
    const own = statement(SCOPE, "ManageOwnKeys");
    assert.deepEqual(own.Condition, { StringEquals: { ...tag, ...kind }, ...single });
    const fresh = statement(SCOPE, "UseNewKeys");
    assert.deepEqual(fresh.Condition, {
      StringEquals: kind,
      ...single,
      StringEqualsIfExists: tag,
      "ForAllValues:StringLike": { "kms:ResourceAliases": "alias/hashicorp/*" },
    });
    assert.equal(statement(REPLICATED, "UseNewKeys").Condition!.Bool, undefined);
    for (const action of [
      "kms:GetParametersForImport",
      "kms:ImportKeyMaterial",
      "kms:CreateAlias",
      "kms:UpdateAlias",
    ])
      assert.ok(fresh.Action.includes(action) && own.Action.includes(action), action);
    for (const action of ["kms:ScheduleKeyDeletion", "kms:EnableKey", "kms:DisableKey", "kms:DeleteAlias"])
      assert.ok(own.Action.includes(action) && !fresh.Action.includes(action), action);
  });

  it("tags at creation alone what has no stack's tag, and later only what has this one's, or its former one's", () => {
    const kind = { "kms:KeyOrigin": "EXTERNAL", "kms:KeySpec": "SYMMETRIC_DEFAULT" };
    const renamed = { ...SCOPE, formerStacks: ["acme/store/prod"] };
    assert.deepEqual(statement(renamed, "TagNewKeys").Condition, {
      StringEquals: { "aws:RequestTag/keymgmt:stack": "acme/shop/prod" },
      Null: { "aws:ResourceTag/keymgmt:stack": "true" },
      "ForAllValues:StringLike": { "kms:ResourceAliases": "alias/hashicorp/*" },
      StringEqualsIfExists: kind,
    });
    assert.deepEqual(statement(renamed, "TagOwnKeys").Condition, {
      StringEquals: { ...kind, "aws:ResourceTag/keymgmt:stack": ["acme/shop/prod", "acme/store/prod"] },
      StringEqualsIfExists: { "aws:RequestTag/keymgmt:stack": "acme/shop/prod" },
    });
  });

  it("lets PutKeyPolicy through as a part of CreateKey, which says the tags, and else by the KMS key's own", () => {
    const changes = { ...SCOPE, features: ["everyKey", "changes"] as Feature[] };
    assert.deepEqual(statement(changes, "MakeKeysWithPolicy"), {
      Sid: "MakeKeysWithPolicy",
      Effect: "Allow",
      Action: "kms:PutKeyPolicy",
      Resource: "arn:aws:kms:us-west-1:111122223333:key/*",
      Condition: {
        StringEquals: { "aws:RequestTag/keymgmt:stack": "acme/shop/prod" },
        BoolIfExists: { "kms:BypassPolicyLockoutSafetyCheck": "false" },
      },
    });
    assert.ok(statement(changes, "ManageOwnKeys").Action.includes("kms:PutKeyPolicy"));
    assert.equal(statement(SCOPE, "MakeKeysWithPolicy"), undefined);
  });

  it("asks for the tag of any stack of ours where none is named, and says so", () => {
    const any = { ...SCOPE, stacks: [] };
    assert.deepEqual(statement(any, "ManageOwnKeys").Condition!.Null, {
      "aws:ResourceTag/keymgmt:stack": "false",
    });
    assert.equal(statement(any, "UseNewKeys").Condition!.StringEqualsIfExists, undefined);
    assert.deepEqual(statement(any, "CreateKeys").Condition!.Null, {
      "aws:RequestTag/keymgmt:stack": "false",
    });
    assert.match(notesFor(any, policyFor(any)).join(), /every stack in the account/);
  });

  it("looks at every imported KMS key: which of them are ours is not known before", () => {
    const asked = { ...REPLICATED, features: ["sweep"] as Feature[] };
    assert.deepEqual(statement(asked, "LookAtKeys"), {
      Sid: "LookAtKeys",
      Effect: "Allow",
      Action: "kms:DescribeKey",
      Resource: ["arn:aws:kms:eu-west-1:111122223333:key/*", "arn:aws:kms:us-west-1:111122223333:key/*"],
      Condition: { StringEquals: { "kms:KeyOrigin": "EXTERNAL" } },
    });
    assert.equal(statement(SCOPE, "LookAtKeys"), undefined);
  });

  it("sets no key policy that locks the account out, and deletes no sooner than it is told", () => {
    const limited = {
      ...SCOPE,
      adoptedArns: ["arn:aws:kms:us-west-1:111122223333:key/1"],
      minWindowDays: 30,
      features: ["everyKey", "changes"] as Feature[],
    };
    for (const sid of ["ManageOwnKeys", "ManageAdoptedKeys"]) {
      const { BoolIfExists, NumericGreaterThanEqualsIfExists } = statement(limited, sid).Condition!;
      assert.deepEqual(BoolIfExists, { "kms:BypassPolicyLockoutSafetyCheck": "false" });
      assert.deepEqual(NumericGreaterThanEqualsIfExists, {
        "kms:ScheduleKeyDeletionPendingWindowInDays": "30",
      });
    }
  });

  it("replicates from the primary's Region to the replicas', where it makes keys too", () => {
    assert.deepEqual(statement(REPLICATED, "ReplicateKeys"), {
      Sid: "ReplicateKeys",
      Effect: "Allow",
      Action: "kms:ReplicateKey",
      Resource: "arn:aws:kms:us-west-1:111122223333:key/mrk-*",
      Condition: {
        StringEquals: {
          "kms:KeyOrigin": "EXTERNAL",
          "kms:KeySpec": "SYMMETRIC_DEFAULT",
          "kms:MultiRegionKeyType": "PRIMARY",
          "kms:ReplicaRegion": "eu-west-1",
        },
        StringEqualsIfExists: { "aws:ResourceTag/keymgmt:stack": "acme/shop/prod" },
      },
    });
    assert.deepEqual(statement(REPLICATED, "CreateReplicas").Condition, {
      StringEquals: { "aws:RequestedRegion": "eu-west-1" },
      BoolIfExists: { "kms:MultiRegion": "true", "kms:BypassPolicyLockoutSafetyCheck": "false" },
      StringEqualsIfExists: {
        "kms:KeyOrigin": "EXTERNAL",
        "kms:KeySpec": "SYMMETRIC_DEFAULT",
        "kms:MultiRegionKeyType": "REPLICA",
        "aws:RequestTag/keymgmt:stack": "acme/shop/prod",
      },
    });
    assert.equal(statement(SCOPE, "CreateReplicas"), undefined);
    assert.equal(
      statement(REPLICATED, "MakeMultiRegionRole").Resource,
      "arn:aws:iam::111122223333:role/aws-service-role/mrk.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceMultiRegionKeys",
    );
  });

  it("names aliases by prefix, in every Region, and the partition that a Region is in", () => {
    assert.deepEqual(statement({ ...REPLICATED, aliases: ["a/*", "b/c/*"] }, "NameKeys").Resource, [
      "arn:aws:kms:eu-west-1:111122223333:alias/a/*",
      "arn:aws:kms:eu-west-1:111122223333:alias/b/c/*",
      "arn:aws:kms:us-west-1:111122223333:alias/a/*",
      "arn:aws:kms:us-west-1:111122223333:alias/b/c/*",
    ]);
    const china = { ...SCOPE, primaryRegions: ["cn-north-1"] };
    assert.equal(
      statement(china, "NameKeys").Resource,
      "arn:aws-cn:kms:cn-north-1:111122223333:alias/hashicorp/*",
    );
  });

  it("names adopted KMS keys, which keep their own tags, and asks for their names", () => {
    const arn = "arn:aws:kms:us-west-1:111122223333:key/1234";
    const named = { ...SCOPE, adoptedArns: [arn], features: ["everyKey", "adoption"] as Feature[] };
    assert.equal(statement(named, "ManageAdoptedKeys").Resource, arn);
    assert.deepEqual(statement(named, "ManageAdoptedKeys").Action, statement(named, "ManageOwnKeys").Action);
    assert.equal(statement(SCOPE, "ManageAdoptedKeys"), undefined);
    const unnamed = { ...named, adoptedArns: [] };
    assert.match(notesFor(unnamed, policyFor(unnamed)).join(), /name it with --adopt-key/);
    assert.doesNotMatch(notesFor(named, policyFor(named)).join(), /--adopt-key/);
  });

  it("opens only what seals keyrings, with the KMS keys that are named", () => {
    const arn = "arn:aws:kms:us-east-1:111122223333:key/1234";
    const named = { ...SCOPE, rootKeyArns: [arn], features: ["everyKey", "sealing"] as Feature[] };
    assert.deepEqual(statement(named, "UseRootKeys"), {
      Sid: "UseRootKeys",
      Effect: "Allow",
      Action: ["kms:GenerateDataKey", "kms:Decrypt"],
      Resource: arn,
      Condition: { Null: { "kms:EncryptionContext:keymgmt:key": "false" } },
    });
    assert.equal(statement(SCOPE, "UseRootKeys"), undefined);
    const unnamed = { ...named, rootKeyArns: [] };
    assert.equal(statement(unnamed, "UseRootKeys").Resource, "arn:aws:kms:us-west-1:111122223333:key/*");
    assert.match(notesFor(unnamed, policyFor(unnamed)).join(), /name yours with --root-key/);
    assert.doesNotMatch(notesFor(named, policyFor(named)).join(), /--root-key/);
  });

  it("says where it is longer than a managed policy may be", () => {
    const long = { ...REPLICATED, replicaRegions: Array.from({ length: 30 }, (_, n) => `eu-west-${n}`) };
    assert.match(notesFor(long, policyFor(long)).join(), /a managed policy may have 6144/);
    assert.doesNotMatch(notesFor(REPLICATED, policyFor(REPLICATED)).join(), /6144/);
  });

  it("prints the policy on stdout and the notes on stderr", async () => {
    const { code, stdout, stderr } = await keymgmt(
      "iam-policy --account-id 111122223333 --region us-west-1 --for-stack acme/shop/prod --min-window 30".split(
        " ",
      ),
    );
    assert.deepEqual(JSON.parse(stdout), policyFor({ ...SCOPE, minWindowDays: 30 }));
    assert.match(stderr, /^note: The calls right after CreateKey cannot require the stack's tag/);
    assert.equal(code, 0);
  });

  it("takes account, Regions, kind, prefix and stack from a state", async () => {
    const keyArn = "arn:aws:kms:us-west-1:111122223333:key/mrk-1";
    const kms = {
      keyCollection: "us-west-1",
      accountId: "111122223333",
      aliasPrefix: "team/kms",
      credentials: secret("v1:x"),
    };
    const key = {
      id: "orders-1",
      name: "orders",
      type: "aes256-gcm96",
      replicaRegions: ["eu-west-1"],
      minEnabledVersion: 1,
      keyVersion: 1,
    };
    const distribution = { name: "orders-1", stack: "acme/shop/prod", kms, key };
    const versions = { 1: { keyId: "mrk-1", keyArn, state: "Enabled" } };
    const aliasName = "alias/team/kms/orders-1";
    const extraAliasTargets = { "alias/orders": "mrk-1", "alias/*": "mrk-1" };
    const resources = [
      { type: "KmsProvider", outputs: kms },
      {
        type: "KeyDistribution",
        outputs: { ...distribution, aliasName, extraAliasTargets, versions, primaryRegion: "us-west-1" },
      },
      { type: "KeyReplica", outputs: { distribution, region: "eu-west-1", aliasName, versions } },
    ].map(({ type, outputs }) => {
      const token = `pulumi-nodejs:dynamic/keymgmt:${type}`;
      return { urn: `urn:pulumi:prod::shop::${token}::x`, type: token, outputs };
    });
    const state = await fileOf(JSON.stringify({ version: 3, deployment: { resources } }));
    const { stdout } = await keymgmt(["iam-policy", "--state", state]);
    assert.deepEqual(JSON.parse(stdout), policyFor({ ...REPLICATED, aliases: ["orders", "team/kms/*"] }));
    const named = await keymgmt(["iam-policy", "--state", state, "--alias", "alias/bills"]);
    assert.deepEqual(
      JSON.parse(named.stdout),
      policyFor({ ...REPLICATED, aliases: ["bills", "team/kms/*"] }),
    );
    const only = await keymgmt(["iam-policy", "--state", state, "--only", "--status"]);
    const { Statement } = JSON.parse(only.stdout);
    assert.deepEqual(
      Statement.map(({ Action }: { Action: string }) => Action),
      ["kms:GetKeyPolicy", "kms:DescribeKey", "kms:ListResourceTags", "kms:ListKeys"],
    );
  });
});
