import assert from "node:assert/strict";
import { guess, rule } from "../rule.js";
import { ACCOUNT, start, type TestKms, temporaryFolder, WEST } from "../support.js";
import { COLLECTED, custodian } from "./sources.js";
import { carriedOut, created, type Input, refused } from "./wire.js";

const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ADMIN = { Sid: "Admin", Effect: "Allow", Principal: { AWS: ROOT }, Action: "kms:*", Resource: "*" };

/** A key policy with a statement besides the one that lets the account administer the key. */
const policyWith = (statement: Input) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [ADMIN, { Effect: "Allow", Resource: "*", ...statement }],
  });

describe("local KMS: key policies as AWS was recorded", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  const policyOf = async (KeyId: string, region?: string): Promise<string> =>
    (await carriedOut(kms, "GetKeyPolicy", { KeyId, PolicyName: "default" }, region)).Policy;
  async function shown(Policy: string): Promise<string> {
    const { KeyId } = await created(kms);
    await carriedOut(kms, "PutKeyPolicy", { KeyId, PolicyName: "default", Policy });
    return policyOf(KeyId);
  }
  const statementShown = async (statement: Input) =>
    JSON.parse(await shown(policyWith(statement))).Statement[1] as Input;

  rule(
    "GetKeyPolicy gives the policy pretty-printed, whatever form it was put in by PutKeyPolicy",
    custodian(
      "522821168b6291b0b9dcd47b573dc9021d82f086",
      "test_kms_remove_matched",
      "kms.GetKeyPolicy_1.json",
    ),
    async () => {
      const user = `arn:aws:iam::${ACCOUNT}:user/scot@sixfeetup.com`;
      const allowed = (Sid: string, Principal: unknown) => ({
        Sid,
        Effect: "Allow",
        Principal,
        Action: "kms:*",
        Resource: "*",
      });
      const policy = {
        Version: "2008-10-17",
        Statement: [
          allowed("DefaultRoot", { AWS: user }),
          allowed("SpecificAllow", { AWS: user }),
          allowed("Public", "*"),
        ],
      };
      assert.equal(
        await shown(JSON.stringify(policy)),
        `{\n  "Version" : "2008-10-17",\n  "Statement" : [ {\n    "Sid" : "DefaultRoot",\n    "Effect" : "Allow",\n    "Principal" : {\n      "AWS" : "${user}"\n    },\n    "Action" : "kms:*",\n    "Resource" : "*"\n  }, {\n    "Sid" : "SpecificAllow",\n    "Effect" : "Allow",\n    "Principal" : {\n      "AWS" : "${user}"\n    },\n    "Action" : "kms:*",\n    "Resource" : "*"\n  }, {\n    "Sid" : "Public",\n    "Effect" : "Allow",\n    "Principal" : "*",\n    "Action" : "kms:*",\n    "Resource" : "*"\n  } ]\n}`,
      );
    },
  );

  rule(
    "GetKeyPolicy gives members in the order Version, Id, Statement, and a list of actions on one line",
    COLLECTED,
    async () => {
      const { KeyId } = await created(kms);
      const statement = { Resource: "*", Action: ["kms:Create*", "kms:Describe*"], Principal: { AWS: ROOT } };
      const policy = {
        Id: "key-consolepolicy-3",
        Statement: [ADMIN, { ...statement, Effect: "Allow" }],
        Version: "2012-10-17",
      };
      const input = {
        KeyId,
        PolicyName: "default",
        Policy: JSON.stringify(policy),
        BypassPolicyLockoutSafetyCheck: true,
      };
      await carriedOut(kms, "PutKeyPolicy", input);
      const lines = (await policyOf(KeyId)).split("\n");
      assert.deepEqual(lines.slice(0, 4), [
        "{",
        '  "Version" : "2012-10-17",',
        '  "Id" : "key-consolepolicy-3",',
        '  "Statement" : [ {',
      ]);
      assert.equal(lines.at(-4), '    "Action" : [ "kms:Create*", "kms:Describe*" ],');
    },
  );

  rule("CreateKey without a policy gives the key AWS's default policy in that form", COLLECTED, async () => {
    const { KeyId } = await created(kms);
    assert.equal(
      await policyOf(KeyId),
      `{\n  "Version" : "2012-10-17",\n  "Id" : "key-default-1",\n  "Statement" : [ {\n    "Sid" : "Enable IAM User Permissions",\n    "Effect" : "Allow",\n    "Principal" : {\n      "AWS" : "${ROOT}"\n    },\n    "Action" : "kms:*",\n    "Resource" : "*"\n  } ]\n}`,
    );
  });

  rule("GetKeyPolicy shows an account's id as its root ARN", COLLECTED, async () => {
    const Principal = { AWS: "444455556666" };
    const statement = await statementShown({ Principal, Action: "kms:DescribeKey" });
    assert.deepEqual(statement.Principal, { AWS: "arn:aws:iam::444455556666:root" });
  });

  rule("GetKeyPolicy shows a list of one as its member, and a list of two as a list", COLLECTED, async () => {
    const { Principal, Action, Resource, Condition } = await statementShown({
      Principal: { AWS: [ROOT] },
      Action: ["kms:CreateGrant"],
      Resource: ["*"],
      Condition: { StringEquals: { "kms:CallerAccount": [ACCOUNT], "kms:ViaService": ["a", "b"] } },
    });
    assert.deepEqual([Principal, Action, Resource], [{ AWS: ROOT }, "kms:CreateGrant", "*"]);
    const StringEquals = { "kms:CallerAccount": ACCOUNT, "kms:ViaService": ["a", "b"] };
    assert.deepEqual(Condition, { StringEquals });
  });

  rule("ReplicateKey answers the replica's policy in that form too", COLLECTED, async () => {
    const { KeyId } = await created(kms, { MultiRegion: true });
    const { ReplicaPolicy } = await carriedOut(kms, "ReplicateKey", { KeyId, ReplicaRegion: WEST });
    assert.equal(ReplicaPolicy, await policyOf(KeyId, WEST));
  });

  rule(
    "GetKeyPolicy shows a principal that was deleted as its unique id, which PutKeyPolicy refuses",
    COLLECTED,
    async () => {
      const dataDir = await temporaryFolder();
      const app = { arn: `arn:aws:iam::${ACCOUNT}:role/app` };
      const admin = { arn: `arn:aws:iam::${ACCOUNT}:user/admin` };
      const before = await start({ dataDir, config: { iam: { principals: [app, admin] } } });
      const Policy = policyWith({ Principal: { AWS: [app.arn, admin.arn] }, Action: "kms:Decrypt" });
      const { KeyId } = await created(before, { Policy });
      await before.close();
      const after = await start({ dataDir, config: { iam: { principals: [admin] } } });
      const { Policy: now } = await carriedOut(after, "GetKeyPolicy", { KeyId });
      const ids: string[] = JSON.parse(now).Statement[1].Principal.AWS;
      assert.equal(ids.length, 2);
      assert.ok(ids.includes(admin.arn));
      assert.match(ids.find((id) => id !== admin.arn)!, /^AROA[0-9A-V]{17}$/);
      const text = "Policy contains a statement with one or more invalid principals.";
      const putBack = { KeyId, PolicyName: "default", Policy: now };
      await refused(after, ["PutKeyPolicy", putBack], "MalformedPolicyDocumentException", text);
      await after.close();
    },
  );

  guess(
    "GetKeyPolicy sorts the principals of a list",
    "AWS was recorded to give them back in another order; by which rule is not known",
    async () => {
      const user = (name: string) => `arn:aws:iam::${ACCOUNT}:user/${name}`;
      const given = [user("zoe"), user("adam"), user("zoe")];
      const { Principal } = await statementShown({ Principal: { AWS: given }, Action: "kms:Decrypt" });
      assert.deepEqual(Principal, { AWS: [user("adam"), user("zoe")] });
    },
  );
});
