import assert from "node:assert/strict";
import { type Policy, policyFor } from "../../cli/iam-policy/policy";
import { type LocalKms, startLocalKms } from "../../local-kms/src/index";
import type { Feature } from "../../provider/kms/permissions";
import { type Answer, type Loopback, loopback } from "../provider/kms/loopback";
import { ACCOUNT, keymgmt } from "./support";

const SIMULATE = { Effect: "Allow", Action: "iam:SimulatePrincipalPolicy", Resource: "*" };
const DELETES_NOTHING = { Effect: "Deny", Action: "kms:ScheduleKeyDeletion", Resource: "*" };

/** What `keymgmt iam-policy` writes, for any stack. */
const written = (...features: Feature[]): Policy =>
  policyFor({
    accountId: ACCOUNT,
    primaryRegions: ["us-west-1"],
    replicaRegions: [],
    multiRegion: false,
    aliases: ["hashicorp/*"],
    stacks: [],
    adoptedArns: [],
    rootKeyArns: [],
    features,
  });
const all = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "kms:*", Resource: "*" }] };
const and = ({ Statement, ...rest }: typeof all | Policy, ...more: object[]) => ({
  ...rest,
  Statement: [...Statement, ...more],
});
const only = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });

const USERS = {
  "user/all": [and(all, SIMULATE)],
  "user/ops/lists": [only(SIMULATE, { Effect: "Allow", Action: "kms:List*", Resource: "*" })],
  "user/no-deletions": [and(all, SIMULATE, DELETES_NOTHING)],
  "user/written": [and(written("everyKey"), SIMULATE)],
  "user/not-asked": [all],
  "role/deploy": [and(all, SIMULATE)],
  "role/with/path": [and(all, SIMULATE)],
};

describe("keymgmt doctor, where IAM simulates policies", function () {
  this.timeout(60_000);
  let local: LocalKms;
  before(async () => {
    const principals = Object.entries(USERS).map(([name, policies], index) => ({
      arn: `arn:aws:iam::${ACCOUNT}:${name}`,
      accessKeys: [{ accessKeyId: `AKIA${index}`, secretAccessKey: "secret" }],
      policies,
    }));
    local = await startLocalKms({ config: { iam: { principals } } });
  });
  after(() => local.close());
  beforeEach(() => local.resetCounts());

  const as = (name: keyof typeof USERS, ...args: string[]) =>
    keymgmt(["doctor", "--region", "us-west-1", "--endpoint", local.url, ...args], {
      env: { AWS_ACCESS_KEY_ID: `AKIA${Object.keys(USERS).indexOf(name)}`, AWS_SECRET_ACCESS_KEY: "secret" },
    });
  const simulations = () => local.counts()["iam:SimulatePrincipalPolicy"] ?? 0;
  const line = (text: string) => text.replaceAll(/\s+/g, " ");

  for (const name of ["user/all", "role/deploy"] as const)
    it(`says what the policies grant, as a word of the simulator and not as proved: ${name}`, async () => {
      const { code, stdout } = await as(name, "--multi-region");
      assert.match(stdout, /kms:ListAliases +granted\n/);
      for (const action of ["CreateKey", "ImportKeyMaterial", "CreateAlias", "ScheduleKeyDeletion"])
        assert.match(stdout, new RegExp(`kms:${action} +granted by policy \\(simulated\\)\n`));
      assert.match(
        line(stdout),
        new RegExp(
          `AWS's policy simulator says of arn:aws:iam::${ACCOUNT}:${name}: .* A key policy or a session policy may decide otherwise`,
        ),
      );
      assert.match(stdout, /iam:CreateServiceLinkedRole +DENIED by policy \(simulated\)\n/);
      assert.match(
        line(stdout),
        /! iam:CreateServiceLinkedRole is denied in us-west-1 by AWS's policy simulator/,
      );
      assert.equal(code, 3);
      assert.equal(simulations(), 4);
    });

  it("says what they do not grant, and what an explicit deny takes", async () => {
    const lists = await as("user/ops/lists", "--json");
    assert.equal(lists.code, 3);
    const { regions, problems, simulation } = JSON.parse(lists.stdout);
    const of = (wanted: string) =>
      regions[0].permissions.find(({ action }: { action: string }) => action === `kms:${wanted}`);
    assert.deepEqual(of("CreateKey"), { action: "kms:CreateKey", verdict: "deniedByPolicy", why: null });
    assert.deepEqual(of("ListAliases"), { action: "kms:ListAliases", verdict: "granted", why: null });
    assert.deepEqual(simulation, {
      policySource: `arn:aws:iam::${ACCOUNT}:user/ops/lists`,
      why: null,
    });
    assert.equal(problems.length, 10);
    const { stdout } = await as("user/no-deletions");
    assert.match(stdout, /kms:EnableKey +granted by policy \(simulated\)\n/);
    assert.match(line(stdout), /! kms:ScheduleKeyDeletion is denied in us-west-1/);
  });

  it("tells of the policy of iam-policy what it can without a state, and not more: the stack's tag is not known", async () => {
    const { code, stdout } = await as("user/written");
    assert.match(stdout, /kms:ImportKeyMaterial +granted by policy \(simulated\)/);
    assert.match(stdout, /kms:CreateKey +not known \((\d)\)\n/);
    assert.match(
      line(stdout),
      /not allowed in a simulation, which has no value of aws:RequestTag\/keymgmt:stack/,
    );
    assert.doesNotMatch(stdout, /DENIED/);
    assert.equal(code, 0);
  });

  it("keeps what is not known where the caller may not simulate, asks once, and names the call", async () => {
    const { code, stdout } = await as("user/not-asked");
    assert.match(stdout, /kms:CreateKey +not known \(1\)\n/);
    assert.match(stdout, /^Nothing was simulated: iam:SimulatePrincipalPolicy is not granted\.$/m);
    assert.match(
      stdout,
      /aws iam simulate-principal-policy --policy-source-arn \\\n {4}arn:aws:iam::\d+:user\/not-asked /,
    );
    assert.equal(code, 0);
    assert.equal(simulations(), 1);
  });

  it("says of a role with a path that STS does not tell it", async () => {
    const { code, stdout } = await as("role/with/path");
    assert.match(stdout, /kms:CreateKey +not known/);
    assert.match(
      line(stdout),
      /IAM has no arn:aws:iam::\d+:role\/path\. The role may have a path, which STS does not tell\./,
    );
    assert.equal(code, 0);
    assert.equal(simulations(), 1);
  });
});

/** The example of https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html in its order of elements, with KMS's actions. */
const ANSWER = `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
  <SimulatePrincipalPolicyResult>
    <IsTruncated>false</IsTruncated>
    <EvaluationResults>
      <member>
        <MatchedStatements>
          <member>
            <SourcePolicyId>PolicyInputList.1</SourcePolicyId>
            <EndPosition><Column>4</Column><Line>7</Line></EndPosition>
            <StartPosition><Column>16</Column><Line>3</Line></StartPosition>
          </member>
        </MatchedStatements>
        <MissingContextValues/>
        <EvalResourceName>*</EvalResourceName>
        <EvalDecision>allowed</EvalDecision>
        <EvalActionName>kms:CreateKey</EvalActionName>
      </member>
      <member>
        <MatchedStatements/>
        <MissingContextValues/>
        <ResourceSpecificResults>
          <member>
            <EvalResourceName>arn:aws:kms:us-west-1:111122223333:key/x</EvalResourceName>
            <EvalResourceDecision>implicitDeny</EvalResourceDecision>
            <MissingContextValues><member>aws:PrincipalTag/team</member></MissingContextValues>
          </member>
        </ResourceSpecificResults>
        <EvalResourceName>*</EvalResourceName>
        <EvalDecision>implicitDeny</EvalDecision>
        <EvalActionName>kms:EnableKey</EvalActionName>
      </member>
      <member>
        <MatchedStatements/>
        <MissingContextValues/>
        <EvalResourceName>*</EvalResourceName>
        <EvalDecision>implicitDeny</EvalDecision>
        <EvalActionName>kms:DisableKey</EvalActionName>
      </member>
    </EvaluationResults>
  </SimulatePrincipalPolicyResult>
  <ResponseMetadata><RequestId>1cdb5b0a-4c15-11e5-b121-bd8c7EXAMPLE</RequestId></ResponseMetadata>
</SimulatePrincipalPolicyResponse>`;

const XML = { "content-type": "text/xml" };

describe("keymgmt doctor, at an IAM that answers as AWS's documentation shows", function () {
  this.timeout(60_000);
  let server: Loopback;
  let iam: Answer;
  let answer: (form: URLSearchParams) => Answer;
  before(async () => {
    const arn = `<Arn>arn:aws:iam::${ACCOUNT}:user/ci</Arn><Account>${ACCOUNT}</Account>`;
    server = await loopback((seen) => {
      if (seen.operation === "SimulatePrincipalPolicy") return answer(new URLSearchParams(seen.body));
      if (seen.operation === "GetCallerIdentity")
        return {
          headers: XML,
          body: `<GetCallerIdentityResponse><GetCallerIdentityResult>${arn}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
        };
      return { status: 400, body: { __type: "NotFoundException", message: "no" } };
    });
  });
  after(() => server.close());
  beforeEach(() => {
    answer = () => iam;
  });
  const doctor = (form: "json" | "text" = "json") =>
    keymgmt([
      "doctor",
      ...(form === "json" ? ["--json"] : []),
      ...["--region", "us-west-1", "--endpoint", server.url],
    ]);
  const actionsIn = (form: URLSearchParams) =>
    [...form].filter(([name]) => name.startsWith("ActionNames.")).map(([, action]) => action);
  const allowing = (actions: string[], next = "<IsTruncated>false</IsTruncated>") =>
    `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult>${next}<EvaluationResults>${actions
      .map(
        (action) =>
          `<member><EvalActionName>${action}</EvalActionName><EvalDecision>allowed</EvalDecision></member>`,
      )
      .join("")}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`;

  it("reads decisions and missing condition keys, wherever they stand in the answer", async () => {
    iam = { headers: XML, body: ANSWER };
    const { regions } = JSON.parse((await doctor()).stdout);
    const found = new Map(
      regions[0].permissions.map(({ action, ...rest }: { action: string }) => [action, rest]),
    );
    assert.deepEqual(found.get("kms:CreateKey"), { verdict: "grantedByPolicy", why: null });
    assert.deepEqual(found.get("kms:EnableKey"), {
      verdict: "unclear",
      why: "not allowed in a simulation, which has no value of aws:PrincipalTag/team",
    });
    assert.deepEqual(found.get("kms:DisableKey"), { verdict: "deniedByPolicy", why: null });
    assert.equal((found.get("kms:ImportKeyMaterial") as { verdict: string }).verdict, "unclear");
  });

  const verdictsOf = (stdout: string) =>
    new Map<string, string>(
      JSON.parse(stdout).regions[0].permissions.map((each: { action: string; verdict: string }) => [
        each.action,
        each.verdict,
      ]),
    );

  it("judges an action only by all of its simulations, and says why there are not more", async () => {
    answer = (form) =>
      form.get("ResourceArns.member.1")!.includes(":alias/")
        ? {
            status: 400,
            headers: XML,
            body: "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>",
          }
        : { headers: XML, body: allowing(actionsIn(form)) };
    const { stdout } = await doctor();
    const verdicts = verdictsOf(stdout);
    for (const action of ["CreateAlias", "UpdateAlias", "DeleteAlias"])
      assert.equal(verdicts.get(`kms:${action}`), "unclear", action);
    assert.equal(verdicts.get("kms:EnableKey"), "grantedByPolicy");
    const text = (await doctor("text")).stdout.replaceAll(/\s+/g, " ");
    assert.match(
      text,
      /Not everything was simulated: iam:SimulatePrincipalPolicy in us-east-1 failed: AWS answered Throttling, "Rate exceeded"\. The account makes too many of these calls\. Run again later\.(?!\.)/,
    );
    assert.doesNotMatch(text, /quotas\./);
  });

  it("asks on where the answer has more pages, and judges nothing that is on none", async () => {
    const asked: string[][] = [];
    answer = (form) => {
      const actions = actionsIn(form);
      const at = Number(form.get("Marker") ?? 0);
      if (at === 0) asked.push(actions);
      const next = at < 2 ? `<IsTruncated>true</IsTruncated><Marker>${at + 1}</Marker>` : "";
      return { headers: XML, body: allowing(actions.slice(at, at + 1), next) };
    };
    const verdicts = verdictsOf((await doctor()).stdout);
    const onKey = asked.find((actions) => actions.includes("kms:EnableKey"))!;
    const known = onKey.filter((action) => verdicts.get(action) === "grantedByPolicy");
    assert.deepEqual(
      known,
      onKey.slice(0, 3).filter((action) => !action.endsWith("Alias")),
    );
    assert.ok(onKey.length > 3 && known.length > 1);
  });

  it("is not told by an IAM that does not answer", async () => {
    iam = "reset";
    const { code, stdout } = await doctor();
    const { simulation, problems } = JSON.parse(stdout);
    assert.match(simulation.why, /^iam:SimulatePrincipalPolicy in us-east-1 failed/);
    assert.deepEqual({ code, problems }, { code: 0, problems: [] });
  });
});
