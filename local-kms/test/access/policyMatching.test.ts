import assert from "node:assert/strict";
import fc from "fast-check";
import { holds, type Lookup, readOperator } from "../../src/iam/policy/conditions.js";
import { fill, matches, readPattern } from "../../src/iam/policy/pattern.js";
import { effectOf } from "../../src/iam/policy/policy.js";
import { readPolicy } from "../../src/iam/policy/readPolicy.js";
import { iamGuide, rule } from "../rule.js";
import { allow, deny, policy } from "./principals.js";

const operators = (section: string) => iamGuide("reference_policies_elements_condition_operators", section);
const sets = iamGuide("reference_policies_multi-value-conditions");
const variables = iamGuide("reference_policies_variables");

type Values = Record<string, string | string[]>;
const lookupIn =
  (context: Values): Lookup =>
  (key) =>
    key in context ? [context[key]!].flat() : undefined;

/** Whether a condition block holds in a context of condition keys. */
function under(condition: Record<string, Record<string, unknown>>, context: Values): boolean {
  const { statements } = readPolicy(policy(allow("kms:*", { Condition: condition })), "identity");
  return statements[0]!.conditions.every((one) => holds(one, lookupIn(context)));
}

/** Rows: the condition, the context, and whether it holds. */
function check(rows: readonly (readonly [Record<string, Record<string, unknown>>, Values, boolean])[]): void {
  for (const [condition, context, expected] of rows)
    assert.equal(under(condition, context), expected, JSON.stringify([condition, context]));
}

function isAllowed(document: object, action: string, resource = "*", context: Values = {}) {
  return effectOf([readPolicy(document, "identity")], { action, resource, lookup: lookupIn(context) });
}

describe("local KMS: matching of policies", () => {
  rule(
    "* stands for any characters and ? for one; actions have no case, resources have",
    iamGuide("reference_policies_elements_action"),
    async () => {
      const key = "arn:aws:kms:us-west-2:111122223333:key/1234abcd";
      for (const [action, resource, expected] of [
        ["kms:Encrypt", key, "Allow"],
        ["KMS:encrypt", key, "Allow"],
        ["kms:En*", key, "Allow"],
        ["kms:ReEncrypt*", key, undefined],
        ["*", "*", "Allow"],
        ["kms:?ncrypt", key, "Allow"],
        ["kms:?crypt", key, undefined],
        ["kms:*", "arn:aws:kms:*:111122223333:key/*", "Allow"],
        ["kms:*", "arn:aws:kms:us-west-?:*:key/1234abcd", "Allow"],
        ["kms:*", "arn:aws:kms:us-west-2:111122223333:key/1234ABCD", undefined],
        ["kms:*", "arn:aws:kms:us-west-2:111122223333:alias/*", undefined],
      ] as const) {
        const document = policy({ ...allow(action), Resource: resource });
        assert.equal(isAllowed(document, "kms:Encrypt", key), expected, `${action} ${resource}`);
      }
    },
  );

  rule(
    "NotAction and NotResource stand for everything that is not listed",
    iamGuide("reference_policies_elements_notaction"),
    async () => {
      const notDecrypt = policy({
        Effect: "Allow",
        NotAction: ["kms:Decrypt", "kms:Sign"],
        NotResource: "arn:aws:kms:*:*:key/a",
      });
      assert.equal(isAllowed(notDecrypt, "kms:Encrypt", "arn:aws:kms:us-east-1:1:key/b"), "Allow");
      assert.equal(isAllowed(notDecrypt, "kms:Decrypt", "arn:aws:kms:us-east-1:1:key/b"), undefined);
      assert.equal(isAllowed(notDecrypt, "kms:Encrypt", "arn:aws:kms:us-east-1:1:key/a"), undefined);
    },
  );

  rule(
    "An explicit deny outranks an allow, wherever it stands",
    iamGuide("reference_policies_evaluation-logic"),
    async () => {
      assert.equal(isAllowed(policy(deny("kms:Enc*"), allow("kms:*")), "kms:Encrypt"), "Deny");
      assert.equal(isAllowed(policy(allow("kms:*"), deny("kms:Enc*")), "kms:Encrypt"), "Deny");
      assert.equal(isAllowed(policy(allow("kms:*"), deny("kms:Enc*")), "kms:Decrypt"), "Allow");
    },
  );

  rule(
    "Condition operators and keys are joined by AND, values of a key by OR, values of a negated operator by NOR",
    sets,
    async () => {
      check([
        [{ StringEquals: { a: "1", b: "2" } }, { a: "1", b: "2" }, true],
        [{ StringEquals: { a: "1", b: "2" } }, { a: "1", b: "3" }, false],
        [{ StringEquals: { a: "1" }, StringLike: { b: "x*" } }, { a: "1", b: "y" }, false],
        [{ StringEquals: { a: ["1", "2"] } }, { a: "2" }, true],
        [{ StringNotEquals: { a: ["1", "2"] } }, { a: "2" }, false],
        [{ StringNotEquals: { a: "1" } }, { a: ["1", "2"] }, false],
        [{ StringNotEquals: { a: ["1", "2"] } }, { a: "3" }, true],
      ]);
    },
  );

  rule(
    "String operators: equal, ignoring case, or with wildcards",
    operators("Conditions_String"),
    async () => {
      check([
        [{ StringEquals: { a: "X" } }, { a: "x" }, false],
        [{ StringEquals: { a: "x*" } }, { a: "xy" }, false],
        [{ StringEqualsIgnoreCase: { a: "X" } }, { a: "x" }, true],
        [{ StringNotEqualsIgnoreCase: { a: "X" } }, { a: "x" }, false],
        [{ StringLike: { a: "x?z*" } }, { a: "xyz" }, true],
        [{ StringLike: { a: "X*" } }, { a: "xyz" }, false],
        [{ StringNotLike: { a: "x*" } }, { a: "xyz" }, false],
      ]);
    },
  );

  rule(
    "Numeric, date, Boolean, binary and IP address operators compare values of their kind",
    operators("Conditions_Numeric"),
    async () => {
      check([
        [{ NumericLessThan: { a: "10" } }, { a: "9" }, true],
        [{ NumericLessThanEquals: { a: 10 } }, { a: "10" }, true],
        [{ NumericGreaterThan: { a: "10" } }, { a: "10" }, false],
        [{ NumericGreaterThanEquals: { a: "10" } }, { a: "10.0" }, true],
        [{ NumericEquals: { a: "10" } }, { a: "10.0" }, true],
        [{ NumericNotEquals: { a: "10" } }, { a: "x" }, true],
        [{ NumericLessThan: { a: "10" } }, { a: "x" }, false],
        [{ DateLessThan: { a: "2026-01-01T00:00:00Z" } }, { a: "2025-12-31T23:59:59Z" }, true],
        [{ DateGreaterThan: { a: "1767225600" } }, { a: "2026-01-01T00:00:01Z" }, true],
        [{ DateEquals: { a: "2026-01-01T01:00:00+01:00" } }, { a: "2026-01-01T00:00:00Z" }, true],
        [{ Bool: { a: true } }, { a: "true" }, true],
        [{ Bool: { a: "True" } }, { a: "false" }, false],
        [{ BinaryEquals: { a: "QmluYXJ5" } }, { a: "QmluYXJ5" }, true],
        [{ IpAddress: { a: "203.0.113.0/24" } }, { a: "203.0.113.7" }, true],
        [{ IpAddress: { a: ["203.0.113.0/24", "2001:DB8::/32"] } }, { a: "2001:db8:1::1" }, true],
        [{ IpAddress: { a: "203.0.113.7" } }, { a: "203.0.113.8" }, false],
        [{ NotIpAddress: { a: "203.0.113.0/24" } }, { a: "10.0.0.1" }, true],
      ]);
    },
  );

  rule(
    "ARN operators compare the six parts of an ARN one by one, so that * does not reach over a colon",
    operators("Conditions_ARN"),
    async () => {
      check([
        [
          { ArnEquals: { a: "arn:aws:iam::111122223333:role/*" } },
          { a: "arn:aws:iam::111122223333:role/team/x" },
          true,
        ],
        [
          { ArnLike: { a: "arn:aws:*:111122223333:role/x" } },
          { a: "arn:aws:iam::111122223333:role/x" },
          false,
        ],
        [
          { ArnLike: { a: "arn:aws:*:*:111122223333:role/x" } },
          { a: "arn:aws:iam::111122223333:role/x" },
          true,
        ],
        [{ ArnLike: { a: "arn:aws:sns:*:1:topic:*" } }, { a: "arn:aws:sns:us-east-1:1:topic:sub" }, true],
        [{ ArnNotLike: { a: "arn:aws:iam::*:user/*" } }, { a: "arn:aws:iam::1:user/x" }, false],
        [{ ArnNotEquals: { a: "arn:aws:iam::1:user/y" } }, { a: "arn:aws:iam::1:user/x" }, true],
      ]);
    },
  );

  rule(
    "A key that is missing satisfies negated operators, IfExists, ForAllValues and Null true, and nothing else",
    operators("Conditions_IfExists"),
    async () => {
      check([
        [{ StringEquals: { a: "x" } }, {}, false],
        [{ StringNotEquals: { a: "x" } }, {}, true],
        [{ ArnNotLike: { a: "x" } }, {}, true],
        [{ StringEqualsIfExists: { a: "x" } }, {}, true],
        [{ StringEqualsIfExists: { a: "x" } }, { a: "y" }, false],
        [{ "ForAllValues:StringEquals": { a: "x" } }, {}, true],
        [{ "ForAnyValue:StringEquals": { a: "x" } }, {}, false],
        [{ "ForAnyValue:StringNotEquals": { a: "x" } }, {}, false],
        [{ Null: { a: "true" } }, {}, true],
        [{ Null: { a: true } }, { a: "x" }, false],
        [{ Null: { a: "false" } }, { a: "x" }, true],
        [{ Null: { a: "false" } }, {}, false],
      ]);
    },
  );

  rule("ForAllValues needs every value of a key to match, ForAnyValue one of them", sets, async () => {
    const tags = (operator: string, values: string[]) => ({ [operator]: { k: values } });
    check([
      [tags("ForAllValues:StringEquals", ["a", "b"]), { k: ["a"] }, true],
      [tags("ForAllValues:StringEquals", ["a", "b"]), { k: ["a", "c"] }, false],
      [tags("ForAnyValue:StringEquals", ["a", "b"]), { k: ["a", "c"] }, true],
      [tags("ForAnyValue:StringEquals", ["a", "b"]), { k: ["c"] }, false],
      [tags("ForAllValues:StringNotEquals", ["a"]), { k: ["b", "c"] }, true],
      [tags("ForAllValues:StringNotEquals", ["a"]), { k: ["a", "c"] }, false],
      [tags("ForAnyValue:StringNotEquals", ["a"]), { k: ["a", "c"] }, true],
      [tags("ForAnyValue:StringLike", ["alias/t*"]), { k: ["alias/other", "alias/test"] }, true],
    ]);
  });

  rule(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as policies write it.
    "${…} stands for the request's value of a key, taken literally, or for a default; only in policies of version 2012-10-17",
    variables,
    async () => {
      const $ = (text: string) => `$\{${text}}`;
      check([
        [{ StringEquals: { a: $("aws:username") } }, { a: "bob", "aws:username": "bob" }, true],
        [
          { StringLike: { a: `home/${$("aws:username")}/*` } },
          { a: "home/bob/x", "aws:username": "bob" },
          true,
        ],
        [{ StringLike: { a: $("aws:username") } }, { a: "anything", "aws:username": "*" }, false],
        [{ StringEquals: { a: $("missing") } }, { a: "" }, false],
        [{ StringEquals: { a: $("missing, 'team'") } }, { a: "team" }, true],
        [{ StringLike: { a: `x${$("*")}` } }, { a: "xy" }, false],
        [{ StringLike: { a: `x${$("*")}${$("?")}${$("$")}` } }, { a: "x*?$" }, true],
      ]);
      const old = {
        Version: "2008-10-17",
        Statement: allow("kms:*", { Condition: { StringEquals: { a: $("b") } } }),
      };
      assert.equal(isAllowed(old, "kms:Encrypt", "*", { a: "x", b: "x" }), undefined);
      assert.equal(isAllowed(old, "kms:Encrypt", "*", { a: $("b") }), "Allow");
    },
  );

  it("knows IAM's operators and no others", () => {
    for (const text of [
      "StringEquals",
      "ForAnyValue:ArnLikeIfExists",
      "Null",
      "NotIpAddress",
      "DateLessThanEquals",
    ])
      assert.ok(readOperator(text), text);
    for (const text of ["stringequals", "NullIfExists", "ForSomeValues:Bool", "StringIs", "constructor", ""])
      assert.equal(readOperator(text), undefined, text);
  });

  it("matches as a regular expression would, and in time that a pattern of many stars does not blow up", () => {
    const filled = (source: string) => fill(readPattern(source, false), () => undefined)!;
    const regExp = (source: string) =>
      new RegExp(`^${source.replace(/[^*?]/g, "\\$&").replace(/\*/g, "[^]*").replace(/\?/g, "[^]")}$`);
    const text = fc.string({ unit: fc.constantFrom("*", "?", "-", ":", "/"), maxLength: 12 });
    fc.assert(
      fc.property(
        text,
        text,
        (source, value) => matches(filled(source), value) === regExp(source).test(value),
      ),
      {
        numRuns: 2000,
      },
    );
    const started = Date.now();
    assert.equal(matches(filled("*a".repeat(50)), "a".repeat(5000).concat("b")), false);
    assert.ok(Date.now() - started < 2000);
  });
});
