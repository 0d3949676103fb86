import assert from "node:assert/strict";
import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "../../src/http/sha256.js";
import { rule } from "../rule.js";
import { ACCOUNT } from "../support.js";
import {
  allow,
  deny,
  OTHER_ACCOUNT,
  type PrincipalsKms,
  policy,
  role,
  root,
  secretOf,
  startWith,
  user,
} from "./principals.js";

const SOURCE = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html";
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const tagged = { Condition: { StringEquals: { "aws:ResourceTag/team": "payments" } } };

const PRINCIPALS = [
  { arn: root() },
  { arn: user("simulates"), policies: [policy(allow("iam:SimulatePrincipalPolicy"))] },
  { arn: user("nobody"), policies: [] },
  { arn: user("some"), policies: [policy(allow("kms:EnableKey"), deny("kms:CreateKey"))] },
  {
    arn: user("bounded"),
    policies: [policy(allow("kms:*"))],
    permissionsBoundary: policy(allow("kms:EnableKey")),
  },
  { arn: user("of-keys"), policies: [policy(allow("kms:*", { Resource: KEY }))] },
  { arn: user("tagged"), policies: [policy(allow("kms:*", tagged))] },
  { arn: role("team/deploy"), policies: [policy(allow("kms:*"))] },
  { arn: user("some", OTHER_ACCOUNT), policies: [policy(allow("kms:*"))] },
];

describe("local KMS: IAM's policy simulator", () => {
  let kms: PrincipalsKms;
  before(async () => {
    kms = await startWith(...PRINCIPALS);
  });
  after(() => kms.close());

  /** Every other argument by its name in the Query protocol. */
  async function asked(
    source: string,
    actions: string[],
    more: Record<string, string> = {},
    as = user("simulates"),
  ): Promise<{ status: number; text: string }> {
    const { hostname, port, host } = new URL(kms.url);
    const form = new URLSearchParams({
      Action: "SimulatePrincipalPolicy",
      Version: "2010-05-08",
      PolicySourceArn: source,
      ...more,
    });
    for (const [index, action] of actions.entries()) form.set(`ActionNames.member.${index + 1}`, action);
    const signer = new SignatureV4({
      service: "iam",
      region: "us-east-1",
      credentials: secretOf(as),
      sha256: Sha256,
    });
    const body = form.toString();
    const { headers } = await signer.sign({
      method: "POST",
      protocol: "http:",
      hostname,
      port: Number(port),
      path: "/",
      headers: { host, "content-type": "application/x-www-form-urlencoded" },
      body,
    });
    const { host: _, ...sent } = headers;
    const answer = await fetch(kms.url, { method: "POST", headers: sent, body });
    return { status: answer.status, text: await answer.text() };
  }

  const decisions = async (...request: Parameters<typeof asked>) => {
    const { status, text } = await asked(...request);
    assert.equal(status, 200, text);
    return [...text.matchAll(/<EvalDecision>(\w+)<\/EvalDecision><EvalActionName>([\w:]+)</g)].map(
      ([, decision, action]) => `${action} ${decision}`,
    );
  };

  rule("The simulator says of each action what the IAM policies of a user or role say", SOURCE, async () => {
    assert.deepEqual(await decisions(user("some"), ["kms:EnableKey", "kms:CreateKey", "kms:ListKeys"]), [
      "kms:EnableKey allowed",
      "kms:CreateKey explicitDeny",
      "kms:ListKeys implicitDeny",
    ]);
    assert.deepEqual(await decisions(role("team/deploy"), ["kms:ListKeys"]), ["kms:ListKeys allowed"]);
  });

  rule("The simulator asks the permissions boundary too", SOURCE, async () => {
    assert.deepEqual(await decisions(user("bounded"), ["kms:EnableKey", "kms:DisableKey"]), [
      "kms:EnableKey allowed",
      "kms:DisableKey implicitDeny",
    ]);
  });

  rule("A simulation is for the resources that it names, and for * where it names none", SOURCE, async () => {
    const resource = { "ResourceArns.member.1": KEY };
    assert.deepEqual(await decisions(user("of-keys"), ["kms:EnableKey"], resource), [
      "kms:EnableKey allowed",
    ]);
    assert.deepEqual(await decisions(user("of-keys"), ["kms:EnableKey"]), ["kms:EnableKey implicitDeny"]);
    const { text } = await asked(user("of-keys"), ["kms:EnableKey"], {
      ...resource,
      "ResourceArns.member.2": `${KEY}0`,
    });
    assert.deepEqual(
      [...text.matchAll(/<EvalResourceDecision>(\w+)</g)].map(([, decision]) => decision),
      ["allowed", "implicitDeny"],
    );
  });

  rule(
    "A simulation has the condition keys that it is told, and names those that the policies miss",
    SOURCE,
    async () => {
      const entry = (value: string) => ({
        "ContextEntries.member.1.ContextKeyName": "aws:resourcetag/team",
        "ContextEntries.member.1.ContextKeyType": "string",
        "ContextEntries.member.1.ContextKeyValues.member.1": value,
      });
      const { text } = await asked(user("tagged"), ["kms:EnableKey"]);
      assert.match(
        text,
        /<MissingContextValues><member>aws:ResourceTag\/team<\/member><\/MissingContextValues>/,
      );
      assert.deepEqual(await decisions(user("tagged"), ["kms:EnableKey"]), ["kms:EnableKey implicitDeny"]);
      assert.deepEqual(await decisions(user("tagged"), ["kms:EnableKey"], entry("payments")), [
        "kms:EnableKey allowed",
      ]);
      const other = await asked(user("tagged"), ["kms:EnableKey"], entry("others"));
      assert.match(other.text, /<MissingContextValues><\/MissingContextValues>.*<EvalDecision>implicitDeny</);
    },
  );

  rule("Whoever simulates needs iam:SimulatePrincipalPolicy", SOURCE, async () => {
    const { status, text } = await asked(user("some"), ["kms:EnableKey"], {}, user("nobody"));
    assert.equal(status, 403);
    assert.match(
      text,
      /<Code>AccessDenied<\/Code><Message>User: \S+user\/nobody is not authorized to perform: iam:SimulatePrincipalPolicy on resource: \S+user\/some because no identity-based policy allows/,
    );
    assert.deepEqual(await decisions(user("some"), ["kms:EnableKey"], {}, root()), ["kms:EnableKey allowed"]);
  });

  rule(
    "There are policies to simulate of a user or role that is there, by its ARN with its path",
    SOURCE,
    async () => {
      for (const arn of [user("not-there"), role("deploy")]) {
        const { status, text } = await asked(arn, ["kms:EnableKey"]);
        assert.equal(status, 404, arn);
        assert.match(text, /<Code>NoSuchEntity<\/Code>/);
      }
      assert.match((await asked(user("some"), [])).text, /<Code>ValidationError<\/Code>/);
    },
  );

  it("knows neither a root user, who has no policies, nor those of another account", async () => {
    for (const arn of [root(), user("some", OTHER_ACCOUNT)])
      assert.match((await asked(arn, ["kms:EnableKey"])).text, /<Code>NoSuchEntity<\/Code>/);
  });

  it("is counted apart from KMS", async () => {
    kms.resetCounts();
    await asked(user("some"), ["kms:EnableKey"]);
    assert.deepEqual(kms.counts(), { "iam:SimulatePrincipalPolicy": 1 });
  });
});
