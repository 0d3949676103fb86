import assert from "node:assert/strict";
import type { LocalKms } from "../../local-kms/src/index";
import { built } from "../built";
import { QUOTAS } from "../world/declaration";
import { startLocalKms } from "../world/localKms";
import { openProject, type Project } from "./support";

describe("keymgmt in a project's folder", function () {
  this.timeout(300_000);
  let local: LocalKms;
  let project: Project;

  before(async () => {
    local = await startLocalKms();
    const program = `
      const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
      const kms = new KmsProvider("prod", {
        keyCollection: "us-west-1", endpoint: "${local.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
        credentials: { accessKey: "111122223333", secretKey: "secret" },
      });
      const key = new ManagedKey("orders", { replicaRegions: ["eu-west-1"], rotationPeriod: "90d" });
      new KeyDistribution("orders-prod", { kms, key }).replicate();
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

  it("says what pulumi says where there is no such stack", async () => {
    const { exitCode, stderr } = await keymgmt("status", "--stack", "none");
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /Expected `pulumi stack export --non-interactive --stack none` to give the stack's state/,
    );
  });
});
