import assert from "node:assert/strict";
import type { LocalKms } from "../../local-kms/src/index";
import type { KmsKeyRecords } from "../../provider/state/types";
import { type Answer, kmsError, loopback } from "../provider/kms/loopback";
import { Application } from "../world/application";
import { localKms, Program } from "../world/program";
import { exportOf, fileOf, keymgmt } from "./support";

const READS = /^(Describe|Get|List)/;

describe("keymgmt doctor", function () {
  this.timeout(60_000);
  let local: LocalKms;
  let denied: string[];
  let reason: string;
  const requests: { operation: string; input: unknown }[] = [];

  before(async () => {
    local = await localKms({
      intercept: ({ operation, input }) => {
        requests.push({ operation, input });
        if (!denied.includes(operation)) return undefined;
        const message = `User: arn:aws:iam::111122223333:user/ci is not authorized to perform: kms:${operation} on resource: * ${reason}`;
        return { error: { name: "AccessDeniedException", message } };
      },
    });
  });
  beforeEach(() => {
    denied = [];
    reason = "because no identity-based policy allows the action";
    requests.length = 0;
  });
  after(() => local.close());

  const doctor = (args: string[], options = {}) =>
    keymgmt(["doctor", "--region", "us-west-1", "--endpoint", local.url, ...args], options);
  const verdicts = (stdout: string) =>
    Object.fromEntries(
      JSON.parse(stdout).regions[0].permissions.map((each: { action: string; verdict: string }) => [
        each.action,
        each.verdict,
      ]),
    );

  it("says who, where, the clocks and every permission, in 80 columns, and ends with 0", async () => {
    const { code, stdout } = await doctor([]);
    assert.equal(
      stdout,
      `credentials  environment, access key 1111…3333
account      111122223333, arn:aws:iam::111122223333:root

us-west-1
  endpoint     ${local.url}
  clock        the same as the local endpoint's, to a second or two; whether a
               local KMS's own clock was moved shows only with its --control
  kms:CreateKey               not known (1)
  kms:TagResource             not known (2)
  kms:GetParametersForImport  not known (2)
  kms:ImportKeyMaterial       not known (2)
  kms:CreateAlias             not known (2)
  kms:UpdateAlias             not known (2)
  kms:DeleteAlias             not known (2)
  kms:ListAliases             granted
  kms:EnableKey               not known (2)
  kms:DisableKey              not known (2)
  kms:ScheduleKeyDeletion     not known (2)
  (1) AWS has no call that tries it and makes nothing
  (2) not refused for a KMS key that is not there, which may be found out before
      permissions are

Nothing was simulated: IAM simulates users and roles, and this is the account's
root user.
Nothing to fix in what is known.
`,
    );
    assert.equal(code, 0);
  });

  it("calls denied what is certain, and what hangs on tags that a made-up KMS key has not, not to be told", async () => {
    denied = ["ListAliases", "EnableKey"];
    const { code, stdout } = await doctor([]);
    assert.match(stdout, /kms:ListAliases +DENIED\n/);
    assert.match(stdout, /kms:EnableKey +not known \(3\)\n/);
    assert.match(stdout, /\(3\) denied for a KMS key that is not there: missing, or bound to tags/);
    assert.match(stdout, /! kms:ListAliases is denied in us-west-1\. Without it:/);
    assert.equal(code, 3);
    reason = "with an explicit deny in a service control policy";
    const explicit = await doctor(["--json"]);
    assert.equal(verdicts(explicit.stdout)["kms:EnableKey"], "denied");
  });

  it("tries reads on a KMS key of the state, and is certain; writes never name one", async () => {
    const program = new Program(local);
    await program.up();
    const state = await fileOf(exportOf(program));
    const { keyId } = (program.outputs("distribution").versions as KmsKeyRecords)[1]!;
    requests.length = 0;
    denied = ["GetKeyPolicy"];
    const all =
      "--multi-region --drift --recovery --adoption --on-demand-rotation --changes --status --sweep";
    const { code, stdout } = await doctor(["--json", "--state", state, ...all.split(" ")]);
    assert.equal(verdicts(stdout)["kms:GetKeyPolicy"], "denied");
    assert.equal(verdicts(stdout)["kms:DescribeKey"], "granted");
    for (const action of ["EnableKey", "ScheduleKeyDeletion", "ImportKeyMaterial", "CreateAlias"])
      assert.equal(verdicts(stdout)[`kms:${action}`], "unclear");
    assert.equal(code, 3);
    const naming = requests.filter(({ input }) => JSON.stringify(input).includes(keyId));
    assert.ok(naming.length > 0);
    for (const { operation } of naming) assert.match(operation, READS);
    denied = [];
    const { KeyState } = await new Application(local, "us-west-1").describe(keyId);
    assert.equal(KeyState, "Enabled");
  });

  it("asks Service Quotas, which is granted only where it answers, and ends nothing where it does not", async () => {
    const of = async (answer: Answer) => {
      const quotas = await loopback(() => answer);
      const env = { AWS_ENDPOINT_URL_SERVICE_QUOTAS: quotas.url };
      const { code, stdout } = await doctor(["--json", "--quotas"], { env }).finally(() => quotas.close());
      assert.equal(quotas.seen[0]!.operation, "ListServiceQuotas");
      assert.equal(verdicts(stdout)["kms:ListAliases"], "granted");
      return { code, verdict: verdicts(stdout)["servicequotas:ListServiceQuotas"] };
    };
    assert.deepEqual(await of({ body: { Quotas: [] } }), { code: 0, verdict: "granted" });
    assert.deepEqual(await of(kmsError("AccessDeniedException")), { code: 3, verdict: "denied" });
    assert.deepEqual(await of("reset"), { code: 0, verdict: "unclear" });
  });

  it("finds a clock that is off", async () => {
    const late = "data:text/javascript,const now=Date.now;Date.now=()=>now()-600000";
    const { code, stdout } = await doctor([], { preload: late });
    assert.match(stdout, /clock +600 s behind the local endpoint's\n/);
    assert.match(
      stdout.replaceAll(/\s+/g, " "),
      /clock is 600 s behind the local endpoint's in us-west-1; AWS refuses/,
    );
    assert.equal(code, 3);
  });

  it("shows that the clock of a local KMS was moved, which is nothing to fix", async () => {
    const moved = await localKms({ control: true });
    try {
      const at = (...args: string[]) =>
        keymgmt(["doctor", "--region", "us-west-1", "--endpoint", moved.url, ...args]);
      assert.match((await at()).stdout, /clock +a local KMS's, the same as this machine's\n/);
      await fetch(`${moved.url}/_local-kms/clock`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ advance: "P30D" }),
      });
      const { code, stdout } = await at();
      assert.match(
        stdout.replaceAll(/\s+/g, " "),
        /clock a local KMS's, moved 25920\d\d s ahead of this machine's:/,
      );
      assert.equal(code, 0);
    } finally {
      await moved.close();
    }
  });

  it("says where it looked for credentials, and what does not answer", async () => {
    const none = await doctor([], { env: { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" } });
    assert.match(none.stdout, /^credentials {2}none\n/);
    assert.match(none.stdout.replaceAll(/\s+/g, " "), /found none\. Looked at: .*environment/);
    assert.equal(none.code, 3);
    const deaf = await keymgmt("doctor --region us-west-1 --endpoint http://127.0.0.1:9".split(" "));
    assert.match(deaf.stdout.replaceAll(/\s+/g, " "), /the endpoint http:\/\/127\.0\.0\.1:9 is right/);
    assert.equal(deaf.code, 3);
  });

  it("never prints a secret key, nor a whole access key id", async () => {
    const env = { AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI" };
    for (const args of [[], ["--json"]]) {
      const { stdout, stderr } = await doctor(args, { env });
      assert.match(stdout, /AKIA…MPLE/);
      assert.doesNotMatch(stdout + stderr, /wJalr|IOSFODNN7/);
    }
  });
});
