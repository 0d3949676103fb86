import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalKms } from "../../../local-kms/src/index";
import { built } from "../../built";
import { QUOTAS } from "../../world/declaration";
import { startLocalKms } from "../../world/localKms";
import { openProject, type Project, type Result } from "../support";
import { assertNoSecret, assertNoSecretIn } from "../support/planted";

/** One key with own material and explicit credentials, in every place where the program takes a secret. */
function program(url: string, more = ""): string {
  return `
    const pulumi = require("@pulumi/pulumi");
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const config = new pulumi.Config();
    const kms = new KmsProvider("prod", {
      keyCollection: "us-west-1", endpoint: "${url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
      credentials: { accessKey: "111122223333", secretKey: config.requireSecret("secretKey"), sessionToken: config.requireSecret("sessionToken") },
    });
    const key = new ManagedKey("orders", { replicaRegions: ["eu-west-1"], material: config.requireSecret("material") ${more} });
    const distribution = new KeyDistribution("orders-prod", { kms, key, description: "orders" });
    distribution.replicate();
    exports.key = key;
    exports.distribution = distribution;
    exports.kms = kms;
  `;
}

describe("the secrets that a program holds", function () {
  this.timeout(300_000);
  const material = [randomBytes(32), randomBytes(32)];
  const secretKey = `planted-secret-key-${randomBytes(12).toString("hex")}`;
  const sessionToken = `planted-token-${randomBytes(12).toString("hex")}`;
  const secrets: Record<string, Buffer> = {
    "the material of version 1": material[0]!,
    "the material of version 2": material[1]!,
    "the secret key": Buffer.from(secretKey),
    "the session token": Buffer.from(sessionToken),
  };
  let local: LocalKms;
  let project: Project;
  /** Every process's folder for temporary files. */
  let temporary: string;
  const log: string[] = [];

  before(async () => {
    local = await startLocalKms({
      log: (entry) => log.push(JSON.stringify(entry)),
    });
    const config = {
      secretKey: { secret: secretKey },
      sessionToken: { secret: sessionToken },
      material: { secret: material[0]!.toString("base64") },
    };
    temporary = await mkdtemp(join(tmpdir(), "keymgmt-secrecy-"));
    project = await openProject({ program: program(local.url), config, env: { TMPDIR: temporary } });
  });
  after(async () => {
    await project?.close();
    await local?.close();
    await rm(temporary, { recursive: true, force: true });
  });

  const clean = (where: string, { stdout, stderr }: Result) => {
    assertNoSecret(`stdout of ${where}`, stdout, secrets);
    assertNoSecret(`stderr of ${where}`, stderr, secrets);
  };

  it("are in no output of previews and updates, whatever the flags", async () => {
    clean("preview --json", await project.preview({ json: true }));
    clean("up with its preview", await project.previewAndUp({ args: ["--diff", "--debug"] }));
    await project.configSet({ material: { secret: material[1]!.toString("base64") } });
    const logged = ["--diff", "--logtostderr", "-v=8"];
    clean("a rotation with the engine's logs up to -v=8", await project.previewAndUp({ args: logged }));
    clean("refresh", await project.refresh({ args: ["--diff"] }));
    clean("stack output", await project.stackOutput());
    clean("up --json", await project.up({ args: ["--json", "--refresh"] }));
  });

  it("are in the state only encrypted", async () => {
    clean("stack export", await project.stackExport());
    await assertNoSecretIn(project.folder.state, secrets);
  });

  it("are there for who holds the passphrase and asks: the search would find them", async () => {
    const { stdout } = await project.stackExport({ showSecrets: true });
    for (const [name, secret] of Object.entries(secrets)) {
      assert.throws(
        () => assertNoSecret("the decrypted state", stdout, { [name]: secret }),
        `${name} is not found where it must be`,
      );
    }
  });

  it("are in no error: bad material, wrong credentials, an AWS failure", async () => {
    const weak = "weak-material-that-is-not-32-bytes";
    const bad = { ...secrets, "the bad material": Buffer.from(weak) };
    await project.configSet({ material: { secret: weak } });
    const refused = await project.preview({ fails: true, args: ["--debug"] });
    assert.match(refused.stdout + refused.stderr, /Expected `material` to be 32 bytes in base64/);
    assertNoSecret("a failed check", refused.stdout + refused.stderr, bad);

    await project.configSet({ material: { secret: material[1]!.toString("base64") } });
    await project.setProgram(program("http://127.0.0.1:9", ", minEnabledVersion: 2"));
    const unreachable = await project.up({ fails: true, args: ["--debug"] });
    assert.match(unreachable.stdout + unreachable.stderr, /127\.0\.0\.1:9/);
    clean("an update that cannot reach AWS", unreachable);
    await project.setProgram(program(local.url));
  });

  it("are in no output of the keymgmt commands, found or refused", async () => {
    const keymgmt = (...args: string[]) =>
      project.run(process.execPath, ["--no-warnings", built("cli/main.js"), ...args], {
        AWS_ACCESS_KEY_ID: "111122223333",
        AWS_SECRET_ACCESS_KEY: secretKey,
        AWS_SESSION_TOKEN: sessionToken,
        AWS_ENDPOINT_URL_KMS: local.url,
      });
    for (const [command, ...args] of [
      ["status"],
      ["status", "--json"],
      ["status", "--endpoint", "http://127.0.0.1:9"],
      ["sweep", "--region", "us-west-1"],
      ["doctor", "--region", "us-west-1", "--endpoint", local.url],
      ["doctor", "--region", "us-west-1", "--endpoint", "http://127.0.0.1:9", "--json"],
      ["iam-policy", "--stack", "dev"],
    ] as const)
      clean(`keymgmt ${command} ${args.join(" ")}`, await keymgmt(command, ...args));
  });

  it("are in no output of an update after an error, nor of a destroy", async () => {
    clean("update", await project.up({ args: ["--debug"] }));
    clean("destroy", await project.destroy({ fails: true, args: ["--debug"] }));
  });

  // "Unmarshaling property for RPC": the engine logs each property that it sends to any provider, as docs/security.md warns.
  it("are in Pulumi's own log from -v=9 on, which no provider can help", async () => {
    const { stderr } = await project.refresh({ args: ["--logtostderr", "-v=9"] });
    assert.throws(() => assertNoSecret("the engine's log", stderr, secrets));
  });

  it("are in the calls that PULUMI_DEBUG_GRPC writes down: one warning says so, where material is handled", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keymgmt-grpc-"));
    const calls = join(folder, "calls.json");
    const env = { PULUMI_DEBUG_GRPC: calls };
    const warnings = ({ stdout, stderr }: Result) =>
      `${stdout}${stderr}`.split("keymgmt: PULUMI_DEBUG_GRPC: set in this run").length - 1;
    const third = randomBytes(32);
    await project.configSet({ material: { secret: third.toString("base64") } });
    assert.equal(warnings(await project.preview({ env })), 0, "a preview handles no material");
    const update = await project.up({ env, args: ["--json"] }); // an event once
    clean("the update with the warning", update);
    assert.equal(warnings(update), 1);
    const text = await readFile(calls, "utf8");
    assert.throws(() => assertNoSecret("the calls", text, { "the material of version 3": third }));
    await rm(folder, { recursive: true });
    secrets["the material of version 3"] = third;
  });

  it("are in no temporary file, and nothing in the home but what is encrypted", async () => {
    for (const folder of [temporary, project.folder.home]) await assertNoSecretIn(folder, secrets);
  });

  it("are not in the local KMS's log", () => {
    assert.ok(log.length > 0);
    assertNoSecret("the log", log.join("\n"), secrets);
  });
});
