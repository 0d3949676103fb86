import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalKms } from "../../local-kms/src/index";
import { checkout } from "../../tools/toolchain";
import { built } from "../built";
import { strayKey } from "../cli/support";
import { Application } from "../world/application";
import { QUOTAS } from "../world/declaration";
import { startLocalKms } from "../world/localKms";
import { openProject, type Project } from "./support";

describe("keymgmt in a project's folder", function () {
  this.timeout(300_000);
  let local: LocalKms;
  let project: Project;

  before(async () => {
    // Half an hour ago: no test waits until its KMS keys are older than the state.
    local = await startLocalKms({ config: { now: () => new Date(Date.now() - 30 * 60_000) } });
    const program = `
      const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
      const kms = new KmsProvider("prod", {
        keyCollection: "us-west-1", endpoint: "${local.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
        credentials: { accessKey: "111122223333", secretKey: "secret" },
      });
      const key = new ManagedKey("orders", { replicaRegions: ["eu-west-1"], rotationPeriod: "90d", deletionAllowed: process.env.ALLOWED === "yes" });
      new KeyDistribution("orders-prod", { kms, key, extraAliases: process.env.EXTRA ? [process.env.EXTRA] : [] }).replicate();
    `;
    project = await openProject({ program });
    await project.up();
  });
  after(async () => {
    await project?.close();
    await local?.close();
  });

  const keymgmt = (...args: string[]) =>
    project.run(process.execPath, ["--no-warnings", built("cli/main.js"), ...args], {
      AWS_ACCESS_KEY_ID: "111122223333",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_ENDPOINT_URL_KMS: local.url,
    });

  it("reads the state that the real pulumi exports: status, sweep, iam-policy", async () => {
    const { exitCode, stdout, stderr } = await keymgmt("status", "--json");
    assert.equal(exitCode, 0, stderr);
    const { stacks, drift } = JSON.parse(stdout);
    assert.equal(drift, 0);
    assert.equal(stacks[0].stack, "organization/e2e/dev");
    const [{ rotateAfter, distributions }] = stacks[0].keys;
    assert.match(rotateAfter, /^\d{4}-\d\d-\d\d$/);
    const regions: { region: string; versions: { state: string }[] }[] = distributions[0].regions;
    assert.deepEqual(
      regions.map(({ region, versions }) => [region, versions.map(({ state }) => state)]),
      [
        ["us-west-1", ["Enabled"]],
        ["eu-west-1", ["Enabled"]],
      ],
    );
    const sweep = await keymgmt("sweep");
    assert.equal(sweep.exitCode, 0, sweep.stderr);
    assert.match(sweep.stdout, /^Accounted: 2 KMS keys/m);
    const policy = await keymgmt("iam-policy", "--stack", "dev");
    assert.match(policy.stdout, /"aws:ResourceTag\/keymgmt:stack": "organization\/e2e\/dev"/);
  });

  it("sweeps what a state was too old to know, once a refresh has written the state anew, as it says", async () => {
    const { json } = await project.stackExport();
    const hourAgo = new Date(Date.now() - 60 * 60_000).toISOString();
    json.deployment.manifest.time = hourAgo;
    const old = join(project.folder.program, "old.json");
    await writeFile(old, JSON.stringify(json));
    const stack = "organization/e2e/dev";
    const stray = await strayKey(new Application(local, "us-west-1"), {
      stack,
      key: "gone",
      distribution: "gone-1",
      version: "1",
    });
    const { held } = JSON.parse((await keymgmt("sweep", "--state", old, "--json")).stdout);
    assert.match(held[0].reason, /`pulumi refresh`, after .* UTC, writes the state anew; export it again/);

    const before = (await project.stackExport()).json.deployment.manifest.time;
    await project.refresh();
    const after = (await project.stackExport()).json.deployment.manifest.time;
    assert.ok(Date.parse(after) > Date.parse(before), `${before}, ${after}`);
    const { deletable } = JSON.parse((await keymgmt("sweep", "--json")).stdout);
    assert.deepEqual(
      deletable.map(({ keyId }: { keyId: string }) => keyId),
      [stray],
    );
  });

  it("tells an update that AWS refused from drift, and says why it was", async () => {
    await local.setFaults([{ operation: "CreateAlias", error: { name: "LimitExceededException" } }]);
    await project.up({ env: { EXTRA: "alias/orders" }, fails: true });
    await local.setFaults([]);
    const { exitCode, stdout } = await keymgmt("status");
    const said = stdout.replaceAll(/\s+/g, " ");
    assert.match(
      said,
      / - the last update of orders-\d+ in us-west-1 was not completed: kms:CreateAlias in us-west-1 .* AWS answered LimitExceededException/,
    );
    assert.match(said, / 1 update not completed: `pulumi up` does the rest, where its reason is mended\.$/);
    assert.equal(exitCode, 3);
    await project.up();
    assert.match((await keymgmt("status")).stdout, /\nNo drift\.$/);
  });

  it("is told by Pulumi what docs/deletion.md begins with, where a key is destroyed whose deletion is not allowed", async () => {
    const { stdout } = await project.pulumi(["destroy", "--yes"], { fails: true });
    const page = await readFile(join(checkout, "docs", "deletion.md"), "utf8");
    const message = /^# [^\n]*\n\n## [^\n]*\n\n```text\n(.*?)```/s
      .exec(page)![1]!
      .replaceAll("::orders::", "::e2e::");
    const line = (text: string) => text.replaceAll(/\s+/g, " ").trim();
    assert.ok(line(stdout).includes(line(message)), stdout);

    const isProtected = async () =>
      (await project.state()).resources.some(({ protect }: { protect?: boolean }) => protect);
    await project.pulumi(["state", "unprotect", "--all", "--yes"]);
    assert.equal(await isProtected(), false);
    await project.up();
    assert.equal(await isProtected(), true);
  });

  it("says what pulumi says where there is no such stack, and how to see which there are", async () => {
    const { exitCode, stderr } = await keymgmt("status", "--stack", "none");
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /Expected `pulumi stack export --non-interactive --stack none` to give the stack's state; .*no stack named 'none' found\..* `pulumi stack ls` shows its stacks\./,
    );
  });

  it("says what pulumi says where the passphrase is wrong, and nothing of folders", async () => {
    const args = [
      "export",
      "--key",
      "orders",
      "--out",
      "-",
      "--passphrase",
      "env://PULUMI_CONFIG_PASSPHRASE",
    ];
    const env = { PULUMI_CONFIG_PASSPHRASE: "long enough, and another one" };
    const { exitCode, stderr } = await project.run(process.execPath, [built("cli/main.js"), ...args], env);
    assert.equal(exitCode, 1);
    assert.match(stderr, /set PULUMI_CONFIG_PASSPHRASE_FILE to a file containing the passphrase\.$/);
  });

  it("knows a destroyed stack's state for what it is: read, empty, and without the stack's name", async () => {
    const env = { ALLOWED: "yes" };
    await project.up({ env });
    await project.destroy({ env });
    const { exitCode, stdout } = await keymgmt("sweep", "--region", "us-west-1");
    assert.match(
      stdout.replaceAll(/\s+/g, " "),
      /Of organization\/e2e\/dev, nothing is known of these: pulumi stack export was read: it is empty and does not name its stack\. If it is this one: --empty-stack organization\/e2e\/dev/,
    );
    assert.equal(exitCode, 3);
    const sure = await keymgmt(
      ...["sweep", "--region", "us-west-1", "--empty-stack", "organization/e2e/dev", "--json"],
    );
    const { scheduled, foreign } = JSON.parse(sure.stdout);
    assert.equal(scheduled.length, 2);
    assert.deepEqual(foreign, []);
  });
});
