import assert from "node:assert/strict";
import { isDefaultPolicy, samePolicy } from "../../../../provider/lifecycle/metadata/keyPolicy";

const ACCOUNT = "111122223333";
const policy = (...statements: object[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (more: object = {}) => ({
  Effect: "Allow",
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: "kms:*",
  Resource: "*",
  ...more,
});

describe("two key policies", () => {
  const USE = {
    Action: ["kms:Encrypt", "kms:Decrypt"],
    Condition: { StringEquals: { a: ["1", "2"], b: "3" } },
  };
  for (const [what, one, other] of [
    ["a list of one and a single value", allow({ Action: ["kms:*"] }), allow()],
    ["an account's id and the ARN of its root", allow({ Principal: { AWS: ACCOUNT } }), allow()],
    [
      "the root of an account in China",
      allow({ Principal: { AWS: `arn:aws-cn:iam::${ACCOUNT}:root` } }),
      allow(),
    ],
    ["actions in another order", allow(USE), allow({ ...USE, Action: ["kms:Decrypt", "kms:Encrypt"] })],
    [
      "members and condition values in another order",
      allow(USE),
      allow({ Condition: { StringEquals: { b: ["3"], a: ["2", "1"] } }, Action: USE.Action }),
    ],
    [
      "principals in another order",
      allow({ Principal: { AWS: [ACCOUNT, "arn:aws:iam::444455556666:role/app"] } }),
      allow({ Principal: { AWS: ["arn:aws:iam::444455556666:role/app", `arn:aws:iam::${ACCOUNT}:root`] } }),
    ],
    ["a principal twice", allow({ Principal: { AWS: [ACCOUNT, `arn:aws:iam::${ACCOUNT}:root`] } }), allow()],
    [
      "a Boolean value, a number and their texts",
      allow({ Condition: { Bool: { a: true }, NumericLessThan: { b: 3600 } } }),
      allow({ Condition: { Bool: { a: "true" }, NumericLessThan: { b: ["3600"] } } }),
    ],
  ] as const)
    it(`say the same: ${what}`, () => assert.ok(samePolicy(policy(one), policy(other))));

  it("say the same: statements in another order, each with its members in another order", () => {
    const statements = [
      { Sid: "B", ...allow() },
      { Sid: "A", ...allow({ Effect: "Deny", Principal: { AWS: "444455556666" }, Action: "kms:Decrypt" }) },
    ];
    const turned = statements.map((each) => Object.fromEntries(Object.entries(each).reverse())).reverse();
    for (const other of [turned, [...turned].reverse()])
      assert.ok(samePolicy(policy(...statements), policy(...other)));
  });

  it("do not say the same: a condition on an account and one on its root", () => {
    const [account, root] = [ACCOUNT, `arn:aws:iam::${ACCOUNT}:root`].map((value) =>
      policy(allow({ Condition: { ArnLike: { "aws:PrincipalArn": value } } })),
    );
    assert.ok(!samePolicy(account!, root!));
  });

  it("say the same: a single statement without a list", () =>
    assert.ok(samePolicy(policy(allow()), JSON.stringify({ Statement: allow(), Version: "2012-10-17" }))));

  for (const [what, other] of [
    ["another account", allow({ Principal: { AWS: "444455556666" } })],
    ["everybody", allow({ Principal: "*" })],
    ["everybody in AWS", allow({ Principal: { AWS: "*" } })],
    ["one action more", allow({ Action: ["kms:*", "kms:CreateGrant"] })],
    ["a denial", allow({ Effect: "Deny" })],
    ["a condition", allow({ Condition: { StringEquals: { a: "1" } } })],
  ] as const)
    it(`do not say the same: ${what}`, () => assert.ok(!samePolicy(policy(allow()), policy(other))));

  it("do not say the same: one statement more", () =>
    assert.ok(!samePolicy(policy(allow()), policy(allow(), allow({ Principal: { AWS: "444455556666" } })))));

  it("that are no JSON say the same where they are the same text", () => {
    assert.ok(samePolicy("x", "x"));
    assert.ok(!samePolicy("x", policy(allow())));
  });
});

describe("AWS's default key policy", () => {
  const named = JSON.stringify({
    Id: "key-default-1",
    Version: "2012-10-17",
    Statement: [{ Sid: "Enable IAM User Permissions", ...allow() }],
  });
  it("is recognised, whatever its names are", () => {
    assert.ok(isDefaultPolicy(named, ACCOUNT));
    assert.ok(isDefaultPolicy(policy(allow()), ACCOUNT));
  });
  for (const [what, other] of [
    ["another account's", policy(allow({ Principal: { AWS: "444455556666" } }))],
    ["one with a statement more", policy(allow(), allow({ Principal: "*" }))],
    ["one with a condition", policy(allow({ Condition: { Bool: { a: "true" } } }))],
    ["no JSON", "kms:*"],
  ] as const)
    it(`is not ${what}`, () => assert.ok(!isDefaultPolicy(other, ACCOUNT)));
});
