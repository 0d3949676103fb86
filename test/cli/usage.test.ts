import assert from "node:assert/strict";
import { doctor } from "../../cli/doctor/command";
import { UsageError } from "../../cli/exitCodes";
import { iamPolicy } from "../../cli/iam-policy/command";
import { status } from "../../cli/status/command";
import { sweep } from "../../cli/sweep/command";
import { keymgmt } from "./support";

describe("keymgmt", function () {
  this.timeout(60_000);

  it("has a help for every command that fits 80 columns, with examples and the exit codes", async () => {
    const general = await keymgmt(["--help"]);
    const commands = [...general.stdout.matchAll(/^ {2}([a-z-]+) \[(?:options|folder)\]/gm)].map(
      ([, name]) => name!,
    );
    assert.deepEqual(commands, ["init", "status", "sweep", "export", "import", "iam-policy", "doctor"]);
    for (const command of commands) {
      const { code, stdout } = await keymgmt([command, "--help"]);
      assert.equal(code, 0);
      assert.match(stdout, /Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 /);
      const [text, examples] = stdout.split(/^Examples:$/m);
      assert.ok(examples);
      for (const line of text!.split("\n")) assert.ok(line.length <= 80, line);
    }
  });

  for (const [line, message] of [
    ["", /Usage: keymgmt/],
    ["stauts", /unknown command 'stauts'\n\(Did you mean status\?\)/],
    ["sweep --days 6", /Expected a number from 7 to 30/],
    ["status --account", /Expected at least one --region/],
    ["export --key orders", /Expected --key and --out, or --fingerprint alone/],
    ["iam-policy --region us-wset-1", /Expected an AWS Region such as us-east-1; did you mean "us-west-1"\?/],
    [
      "doctor --region us-west-9",
      /got "us-west-9", which this release does not know; did you mean "us-west-1"\?/,
    ],
    ["iam-policy --replica-region us-wset-1", /did you mean "us-west-1"\?/],
    [
      "import a.jwe --passphrase env://A --fingerprint 6B1D",
      /Expected --fingerprint to be 64 hex digits in lower case/,
    ],
    [
      "status --endpoint us-wset-1=https://a.example",
      /Expected REGION=URL with .* did you mean "us-west-1"\?/,
    ],
    [
      "status --endpoint https://a.example --endpoint us-west-1=https://b.example",
      /Expected one URL, or REGION=URL/,
    ],
    ["status --endpoint https://a.example --endpoint https://b.example", /Expected one URL, or REGION=URL/],
    ["status --endpoint us-west-1", /Expected `endpoint` to be an http or https URL/],
    [
      "sweep --endpoint us-west-1=kms.example",
      /Expected `endpoint\["us-west-1"\]` to be an http or https URL/,
    ],
    ["import", /missing required argument 'backup'/],
  ] as const) {
    it(`ends with 2 where the command line is wrong: keymgmt ${line}`, async () => {
      const { code, stdout, stderr } = await keymgmt(line.split(" ").filter(Boolean));
      assert.match(stderr, message);
      assert.match(stderr, line === "" ? /^Usage: / : /^keymgmt: (?!error)/);
      assert.equal(stdout, "");
      assert.equal(code, 2);
    });
  }

  const days = 30;
  const region = ["us-east-1"];
  for (const [title, work, message] of [
    [
      "status --account --offline",
      () => status({ account: true, region, offline: true }),
      /Expected --account without/,
    ],
    [
      "status --state a --stack b",
      () => status({ state: ["a"], stack: "b" }),
      /Expected either --state, or --stack/,
    ],
    ["status --state - --state -", () => status({ state: ["-", "-"] }), /Expected `--state -` once/],
    ["sweep --yes", () => sweep({ days, yes: true }), /Expected --yes together with --delete/],
    [
      "sweep --delete --json",
      () => sweep({ days, delete: true, json: true }),
      /Expected --yes with --delete --json/,
    ],
    [
      "sweep --delete --state -",
      () => sweep({ days, delete: true, state: ["-"] }),
      /Expected --yes with --delete --state -/,
    ],
    ["sweep --empty-stack", () => sweep({ days, emptyStack: ["a/b/c"] }), /Expected at least one --region/],
    ["iam-policy", () => iamPolicy({}), /Expected --account-id/],
    [
      "iam-policy --account-id",
      () => iamPolicy({ accountId: "111122223333" }),
      /Expected at least one --region/,
    ],
    [
      "iam-policy --only",
      () => iamPolicy({ accountId: "111122223333", region, only: true }),
      /Expected --only together/,
    ],
    ["doctor", () => withoutRegion(() => doctor({})), /Expected at least one --region, or AWS_REGION/],
  ] as const) {
    it(`refuses before it does anything: keymgmt ${title}`, async () => {
      await assert.rejects(
        work(),
        (error: Error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }
});

async function withoutRegion<T>(work: () => Promise<T>): Promise<T> {
  const { AWS_REGION, AWS_DEFAULT_REGION, ...rest } = process.env;
  const before = process.env;
  process.env = rest;
  try {
    return await work();
  } finally {
    process.env = before;
  }
}
