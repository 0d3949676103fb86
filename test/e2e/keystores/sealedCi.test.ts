import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateAliasCommand, CreateKeyCommand, DecryptCommand, KMSClient } from "@aws-sdk/client-kms";
import { decodeProtectedHeader } from "jose";
import type { LocalKms } from "../../../local-kms/src/index";
import { checkout } from "../../../tools/toolchain";
import { Application } from "../../world/application";
import { startLocalKms } from "../../world/localKms";
import { openProject, type Project } from "../support";
import { command } from "../support/command";

const ACCOUNT = "111122223333";
const ROOT_KEY = "alias/keymgmt-root";
const example = join(checkout, "examples", "ci");

/** Who runs what: each with an access key of its own. */
const as = (name: string) => ({ AWS_ACCESS_KEY_ID: `AKIA${name}`, AWS_SECRET_ACCESS_KEY: "secret" });
const principal = (arn: string, accessKeyId: string, policies?: object[]) => ({
  arn: `arn:aws:iam::${ACCOUNT}:${arn}`,
  accessKeys: [{ accessKeyId, secretAccessKey: "secret" }],
  policies,
});

describe("examples/ci, sealed by a root key as its README says", function () {
  this.timeout(300_000);
  let dataDir: string;
  let local: LocalKms;
  let project: Project;
  const calls: string[] = [];

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), "keymgmt-sealed-ci-"));
    const first = await startLocalKms({
      dataDir,
    });
    const owner = new Application(first, "us-west-1");
    const { KeyMetadata } = await owner.send(new CreateKeyCommand({}));
    await owner.send(new CreateAliasCommand({ AliasName: ROOT_KEY, TargetKeyId: KeyMetadata!.KeyId }));
    await first.close();
    const updates = await policyOfReadme(KeyMetadata!.Arn!);
    local = await startLocalKms({
      dataDir,
      config: {
        iam: {
          principals: [
            principal("root", ACCOUNT),
            principal("user/up", "AKIAup", [updates]),
            principal("user/preview", "AKIApreview"),
          ],
        },
        intercept: ({ operation }) => {
          calls.push(operation);
          return undefined;
        },
      },
    });
    project = await openProject({
      exampleDir: example,
      env: { AWS_KMS_ENDPOINT: local.url, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
      config: { keystore: `awskms://${ROOT_KEY}?region=us-west-1` },
    });
  });
  after(async () => {
    await project?.close();
    await local?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** The policy that the README's command writes, for the tests' stack. */
  async function policyOfReadme(rootKeyArn: string): Promise<object> {
    const readme = readFileSync(join(example, "README.md"), "utf8");
    const [, line = ""] = /npx keymgmt (iam-policy [\s\S]*?--root-key) ARN/.exec(readme) ?? [];
    const args = line.replaceAll("\\", " ").replace("/prod", "/dev").split(/\s+/);
    const main = join(checkout, "dist", "cli", "main.js");
    const ran = await command(process.execPath, [main, ...args, rootKeyArn], {
      cwd: checkout,
      env: {},
      seconds: 60,
    });
    assert.equal(ran.exitCode, 0, ran.stderr);
    return JSON.parse(ran.stdout);
  }

  it("previews with an identity that may do nothing, and asks AWS KMS nothing: before there is a key, and before a rotation", async () => {
    await project.preview({ env: as("preview") });
    assert.deepEqual(calls, []);
    await project.up({ env: as("up") });
    calls.length = 0;
    const program = join(project.folder.program, "index.ts");
    const rotated = readFileSync(program, "utf8").replace(
      "rotationPeriod:",
      'rotationTrigger: "x", rotationPeriod:',
    );
    writeFileSync(program, rotated);
    assert.match((await project.preview({ diff: true, env: as("preview") })).stdout, /keyVersion *: 1 => 2/);
    assert.deepEqual(calls, []);
  });

  it("rotates, refreshes and deletes with the policy that its README gives, which opens what a preview's identity cannot", async () => {
    await project.configSet({ deletionAllowed: "true" });
    await project.up({ args: ["--refresh"], env: as("up") });
    assert.equal((await project.outputs()).latestVersion, 2);

    const { json } = await project.stackExport({ showSecrets: true, env: as("preview") });
    const { outputs } = json.deployment.resources.find(({ type }: { type: string }) =>
      /:ManagedKey$/.test(type),
    );
    const { keys } = JSON.parse(JSON.parse(outputs.keyring.plaintext));
    const { keymgmt } = decodeProtectedHeader(keys[1].jwe) as { keymgmt: { dataKey: string } };
    const open = (name: string) => {
      const credentials = { accessKeyId: `AKIA${name}`, secretAccessKey: "secret" };
      const client = new KMSClient({ endpoint: local.url, region: "us-west-1", credentials, maxAttempts: 1 });
      const EncryptionContext = { "keymgmt:key": "orders", "keymgmt:version": "2" };
      const CiphertextBlob = Buffer.from(keymgmt.dataKey, "base64url");
      return client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    };
    assert.equal((await open("up")).Plaintext?.length, 32);
    await assert.rejects(open("preview"), { name: "AccessDeniedException" });

    await project.destroy({ env: as("up") });
  });
});
