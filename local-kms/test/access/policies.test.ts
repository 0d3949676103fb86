import assert from "node:assert/strict";
import {
  CreateKeyCommand,
  GetKeyPolicyCommand,
  ListKeyPoliciesCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
} from "@aws-sdk/client-kms";
import { api, guide, iamGuide, rule } from "../rule.js";
import { ACCOUNT, createKey, refusal, WEST } from "../support.js";
import {
  allow,
  deny,
  keyPolicy,
  OTHER_ACCOUNT,
  type PrincipalsKms,
  policy,
  role,
  root,
  startWith,
  user,
} from "./principals.js";

const lockout = "The new key policy will not allow you to update the key policy in the future.";
const grammar = iamGuide("reference_policies_grammar");
const elements = guide("key-policy-overview", "key-policy-elements");
const lockoutCheck = guide("key-policy-default", "prevent-unmanageable-key");

describe("local KMS: key policies", () => {
  let kms: PrincipalsKms;
  let KeyId: string;
  before(async () => {
    kms = await startWith(
      { arn: root() },
      { arn: user("admin"), policies: [policy(allow("kms:*"))] },
      { arn: user("creator"), policies: [policy(allow("kms:CreateKey"))] },
      { arn: role("deploy") },
    );
    ({ KeyId } = await createKey(kms.as(root())));
  });
  after(() => kms.close());

  const put = (Policy: object | string, options = {}, arn = root()) =>
    kms.as(arn).send(
      new PutKeyPolicyCommand({
        KeyId,
        Policy: typeof Policy === "string" ? Policy : JSON.stringify(Policy),
        ...options,
      }),
    );
  const isMalformed = async (Policy: object | string, message: string, options = {}) =>
    assert.deepEqual(
      await refusal(put(Policy, options)),
      { name: "MalformedPolicyDocumentException", message, status: 400 },
      JSON.stringify(Policy),
    );
  const all = { ...allow("kms:*"), Principal: { AWS: root() } };
  const invalidPrincipals = "Policy contains a statement with one or more invalid principals.";

  rule(
    "A key policy is JSON with Version and Statement, and a statement needs a principal, an effect and an action",
    grammar,
    async () => {
      const { Action: _, ...noAction } = all;
      const { Principal: __, ...noPrincipal } = all;
      for (const [document, message] of [
        ["{", "This policy contains invalid Json"],
        ["[]", "Expected the policy to be an object"],
        [{ Statement: [all] }, "The policy must contain a valid version string"],
        [{ ...policy(all), Version: "2020-01-01" }, "The policy must contain a valid version string"],
        [policy(), "The policy must contain at least one statement"],
        [{ ...policy(all), Owner: "me" }, "Syntax errors in policy: unknown element Owner"],
        [policy({ ...all, Actions: "kms:*" }), "Syntax errors in policy: unknown element Actions"],
        [policy({ ...all, Effect: "allow" }), "Policy statement must contain a valid effect."],
        [policy(noPrincipal), "Policy statement must contain principals."],
        [policy({ ...all, Principal: {} }), "Policy statement must contain principals."],
        [policy({ ...all, NotPrincipal: "*" }), "Policy statement must contain principals."],
        [policy(noAction), "Policy statement must contain actions."],
        [
          policy({ ...all, NotAction: "kms:*" }),
          "Policy statement must not contain both Action and NotAction.",
        ],
        [policy({ ...all, Action: "Encrypt" }), "Policy statement contains an invalid action."],
        [
          policy({ ...all, Sid: "a" }, { ...all, Sid: "a" }),
          "Statement IDs (SID) in a single policy must be unique.",
        ],
        [policy({ ...all, Condition: { StringIs: { a: "b" } } }), "Invalid condition operator StringIs"],
        [
          policy({ ...all, Condition: { StringEquals: { a: { b: 1 } } } }),
          "Invalid value of the condition key a",
        ],
      ] as const) {
        await isMalformed(document, message);
      }
    },
  );

  rule(
    "A Sid may hold spaces, and a single statement, principal, action or condition value may stand without a list",
    elements,
    async () => {
      await put({
        Version: "2012-10-17",
        Id: "any",
        Statement: { ...all, Sid: "with spaces", Condition: { Bool: { "kms:MultiRegion": [false] } } },
      });
      await put(policy({ ...all, Action: ["kms:*"], Resource: ["*"], Principal: { AWS: [ACCOUNT] } }));
    },
  );

  rule("The Resource of a key policy statement is * and must be there", elements, async () => {
    const { Resource: _, ...noResource } = all;
    await isMalformed(policy(noResource), "Policy statement must contain resources.");
    for (const Resource of [`arn:aws:kms:us-east-1:${ACCOUNT}:key/*`, ["*", "*"]])
      await isMalformed(
        policy({ ...all, Resource }),
        'The Resource element of a key policy statement must be "*".',
      );
  });

  rule(
    "Principals are accounts, users, roles, sessions and AWS services: no groups, no unique ids, no ARN with a wildcard",
    iamGuide("reference_policies_elements_principal"),
    async () => {
      const named = (Principal: unknown) => policy(all, { ...allow("kms:Encrypt"), Principal });
      for (const Principal of [
        "*",
        { AWS: "*" },
        { AWS: OTHER_ACCOUNT },
        { AWS: [user("admin"), role("deploy"), user("anyone", OTHER_ACCOUNT)] },
        { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/session` },
        { Service: "logs.us-east-1.amazonaws.com" },
      ]) {
        await put(named(Principal));
      }
      for (const Principal of [
        { AWS: "AIDACKCEVSQ6C2EXAMPLE" },
        { AWS: `arn:aws:iam::${ACCOUNT}:group/admins` },
        { AWS: `arn:aws:iam::${ACCOUNT}:user/*` },
        { AWS: `arn:aws-cn:iam::${ACCOUNT}:root` },
        { Federated: "cognito-identity.amazonaws.com" },
        "alice",
      ]) {
        await isMalformed(named(Principal), invalidPrincipals);
      }
      await isMalformed(
        policy(all, { ...allow("kms:*"), NotPrincipal: "*" }),
        "NotPrincipal with Effect Allow is not supported.",
      );
    },
  );

  rule("Principals of a key policy must exist", api("PutKeyPolicy"), async () => {
    for (const AWS of [user("nobody"), role("nobody"), `arn:aws:sts::${ACCOUNT}:assumed-role/nobody/session`])
      await isMalformed(policy(all, { ...allow("kms:Encrypt"), Principal: { AWS } }), invalidPrincipals);
    const created = kms
      .as(root())
      .send(
        new CreateKeyCommand({ Policy: keyPolicy({ ...deny("kms:*"), Principal: { AWS: user("nobody") } }) }),
      );
    assert.equal((await refusal(created)).message, invalidPrincipals);
  });

  rule(
    "ForAllValues on an encryption context or request tag is refused as overly permissive",
    guide("conditions-kms", "conditions-kms-encryption-context"),
    async () => {
      const under = (key: string) =>
        policy({ ...all, Condition: { "ForAllValues:StringEquals": { [key]: "a" } } });
      await isMalformed(
        under("kms:EncryptionContext:AppName"),
        "OverlyPermissiveCondition:EncryptionContext: Using the ForAllValues set operator with a single-valued condition key matches requests without the specified encryption context or with an unspecified encryption context. To fix, remove ForAllValues.",
      );
      assert.match((await refusal(put(under("aws:RequestTag/Team")))).message, /^OverlyPermissiveCondition:/);
      await put(under("kms:EncryptionContextKeys"), { BypassPolicyLockoutSafetyCheck: true });
      ({ KeyId } = await createKey(kms.as(root())));
    },
  );

  rule("A key policy may be 32 KB long", elements, async () => {
    const padded = (length: number) => keyPolicy().padEnd(length, " ");
    await put(padded(32 * 1024));
    assert.equal((await refusal(put(padded(32 * 1024 + 1)))).name, "LimitExceededException");
  });

  rule(
    "A new policy must let the caller change it again, all conditions and denials considered",
    lockoutCheck,
    async () => {
      const mine = { ...allow("kms:PutKeyPolicy"), Principal: { AWS: user("admin") } };
      await isMalformed(policy({ ...allow("kms:Describe*"), Principal: { AWS: root() } }), lockout);
      // The user could, and the root user, who calls, could not.
      await isMalformed(policy(mine), lockout);
      await put(policy(all, mine), {}, user("admin"));
      await isMalformed(policy(all, { ...deny("kms:Put*"), Principal: { AWS: root() } }), lockout);
      await isMalformed(
        policy({ ...all, Condition: { StringEquals: { "aws:RequestedRegion": "eu-west-1" } } }),
        lockout,
      );
      await isMalformed(
        policy({ ...all, Condition: { Bool: { "kms:BypassPolicyLockoutSafetyCheck": "true" } } }),
        lockout,
      );
      await put(policy(mine), {}, user("admin"));
      ({ KeyId } = await createKey(kms.as(root())));
    },
  );

  rule(
    "Where a key policy hands over to IAM, the caller's IAM policies must allow kms:PutKeyPolicy",
    lockoutCheck,
    async () => {
      const create = kms.as(user("creator")).send(new CreateKeyCommand({ Policy: keyPolicy() }));
      assert.equal((await refusal(create)).message, lockout);
      await kms.as(user("creator")).send(new CreateKeyCommand({}));
    },
  );

  rule(
    "BypassPolicyLockoutSafetyCheck leaves the check out, in CreateKey, PutKeyPolicy and ReplicateKey",
    lockoutCheck,
    async () => {
      const Policy = JSON.stringify(policy({ ...allow("kms:Describe*"), Principal: { AWS: root() } }));
      const bypass = { Policy, BypassPolicyLockoutSafetyCheck: true };
      assert.equal((await refusal(createKey(kms.as(root()), { Policy }))).message, lockout);
      await createKey(kms.as(root()), bypass);
      const primary = await createKey(kms.as(root()), { MultiRegion: true });
      const replicate = (options: object) =>
        kms
          .as(root())
          .send(new ReplicateKeyCommand({ KeyId: primary.KeyId, ReplicaRegion: WEST, ...options }));
      assert.equal((await refusal(replicate({ Policy }))).message, lockout);
      await replicate(bypass);
      await put(Policy, bypass);
      assert.equal((await refusal(put(keyPolicy()))).name, "AccessDeniedException");
      ({ KeyId } = await createKey(kms.as(root())));
    },
  );

  rule(
    "default is the name of the one key policy; AWS_RAM is RAM's and cannot be put",
    api("ListKeyPolicies"),
    async () => {
      const client = kms.as(root());
      const { PolicyNames, Truncated } = await client.send(new ListKeyPoliciesCommand({ KeyId }));
      assert.deepEqual([PolicyNames, Truncated], [["default"], false]);
      const named = await refusal(put(keyPolicy(), { PolicyName: "AWS_RAM" }));
      assert.deepEqual(
        [named.name, named.message],
        ["ValidationException", "The AWS_RAM policy can only be managed by the RAM service"],
      );
      const other = await refusal(client.send(new GetKeyPolicyCommand({ KeyId, PolicyName: "AWS_RAM" })));
      assert.equal(other.name, "NotFoundException");
    },
  );
});
