import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ListAliasesCommand, ListKeysCommand } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../local-kms/src/index";
import { built } from "../../built";
import { Application } from "../../world/application";
import { QUOTAS } from "../../world/declaration";
import { startLocalKms } from "../../world/localKms";
import { openProject, type Project, type Result } from "../support";
import { assertNoSecret } from "../support/planted";

const HOME = "us-west-1";
const ABROAD = "eu-west-1";
const CREDENTIALS = { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" };

/** The same program in every stack. */
function program(url: string, key: string): string {
  return `
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "${HOME}", endpoint: "${url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
    });
    const key = new ManagedKey("orders", { ${key} });
    const distribution = new KeyDistribution("orders-prod", { kms, key, tags: { team: "shop" } });
    distribution.replicate();
    exports.keyId = key.id;
    exports.kcvs = key.versions.apply((versions) => versions.map(({ kcv }) => kcv));
    exports.aliasName = distribution.aliasName;
    exports.kmsKeys = distribution.versions.apply((versions) => Object.values(versions).map(({ keyArn }) => keyArn));
  `;
}

describe("a backup, restored in another stack", function () {
  this.timeout(300_000);
  let local: LocalKms;
  let project: Project;
  const calls: string[] = [];

  beforeEach(async () => {
    local = await startLocalKms({
      config: {
        replicaCreatingMillis: 50,
        intercept: ({ operation }) => {
          calls.push(operation);
          return undefined;
        },
      },
    });
  });
  afterEach(async () => {
    await project?.close();
    await local?.close();
  });

  const outputs = async () => (await project.stackOutput()).json;
  const keymgmt = (args: string[], env: Record<string, string>) =>
    project.run(process.execPath, ["--no-warnings", built("cli/main.js"), ...args], {
      ...CREDENTIALS,
      ...env,
    });
  const counted = async () => {
    const places = [new Application(local, HOME), new Application(local, ABROAD)];
    return Promise.all(
      places.map(async (place) => [
        (await place.send(new ListKeysCommand({}))).Keys!.length,
        (await place.send(new ListAliasesCommand({}))).Aliases!.length,
      ]),
    );
  };
  /** The stack's state is gone, and there is an empty one. */
  async function loseStack(): Promise<void> {
    await project.pulumi(["stack", "rm", "dev", "--yes", "--force"]);
    await project.pulumi(["stack", "init", "dr"]);
  }

  it("has the same keys, KMS keys and alias; nothing that was encrypted is lost, and no output shows a secret", async () => {
    const material = [1, 2].map(() => randomBytes(32));
    const passphrase = `planted ${randomBytes(12).toString("hex")}`;
    const secrets: Record<string, Buffer> = { "the passphrase": Buffer.from(passphrase) };
    for (const [index, bytes] of material.entries()) secrets[`the material of version ${index + 1}`] = bytes;
    const clean = (where: string, { stdout, stderr }: Pick<Result, "stdout" | "stderr">) =>
      assertNoSecret(where, stdout + stderr, secrets);
    const env = Object.fromEntries(
      material.map((bytes, index) => [`OWN_${index + 1}`, bytes.toString("base64")]),
    );
    const declared = (trigger: number) =>
      program(
        local.url,
        `replicaRegions: ["${ABROAD}"], rotationTrigger: "${trigger}", material: "env://OWN_{version}"`,
      );
    project = await openProject({ program: declared(1), env: CREDENTIALS });
    const application = new Application(local, ABROAD);
    const sealed: Uint8Array[] = [];
    for (const trigger of [1, 2]) {
      await project.setProgram(declared(trigger));
      await project.up({ env });
      sealed.push(await application.encrypt((await outputs()).aliasName, `version ${trigger}`));
    }
    const before = { outputs: await outputs(), counted: await counted() };

    const opens = { BACKUP: passphrase };
    const made = await keymgmt(
      ["export", "--key", "orders", "--passphrase", "env://BACKUP", "--out", "orders.jwe"],
      opens,
    );
    assert.equal(made.exitCode, 0, made.stderr);
    clean("keymgmt export", made);
    const [fingerprint = ""] = /^[0-9a-f]{64}$/m.exec(made.stderr) ?? [];
    await loseStack();

    const imported = await keymgmt(
      ["import", "orders.jwe", "--passphrase", "env://BACKUP", "--fingerprint", fingerprint],
      opens,
    );
    assert.equal(imported.exitCode, 0, imported.stderr);
    clean("keymgmt import", imported);
    const config = await readFile(join(project.folder.program, "Pulumi.dr.yaml"), "utf8");
    assert.match(config, /keymgmt:restore\.orders/);
    assertNoSecret("the configuration", config, secrets);

    calls.length = 0;
    const preview = await project.preview({ diff: true, args: ["--debug"] });
    assert.match(preview.stdout, /keyVersion\s*: 2/, "the plan is there without what opens the backup");
    assert.ok(preview.stdout.includes(before.outputs.aliasName));
    clean("preview", preview);
    assert.deepEqual(calls, []);
    const without = await project.up({ fails: true });
    assert.match(
      without.stdout + without.stderr,
      /passphrase of the backup from env:\/\/BACKUP; the environment has no/,
    );
    const wrong = await project.up({ fails: true, env: { BACKUP: "another" } });
    assert.match(wrong.stdout + wrong.stderr, /it does not open/);
    clean("up with another passphrase", wrong);

    const up = await project.up({ env: opens, args: ["--diff", "--debug"] });
    clean("up", up);
    assert.deepEqual(await outputs(), before.outputs);
    assert.deepEqual(await counted(), before.counted);
    for (const [index, text] of sealed.entries())
      assert.equal((await application.decrypt(text)).text, `version ${index + 1}`);
    clean("stack export", await project.stackExport());

    calls.length = 0;
    await project.up({ args: ["--expect-no-changes"] });
    assert.deepEqual(calls, []);
    await rm(join(project.folder.program, "orders.jwe"));
    await project.pulumi(["config", "rm", "keymgmt:restore.orders"]);
    await project.preview({ args: ["--refresh", "--expect-no-changes"] });

    await project.setProgram(declared(3));
    await project.up({ env: { OWN_3: randomBytes(32).toString("hex") } });
    assert.equal((await outputs()).kcvs.length, 3);
    for (const [index, text] of sealed.entries())
      assert.equal((await application.decrypt(text)).text, `version ${index + 1}`);
  });

  it("is sealed by a root key as before, and opened by the private key of its recipient", async () => {
    const root = randomBytes(32).toString("base64");
    project = await openProject({
      program: program(local.url, 'keystore: "env://ROOT"'),
      env: { ...CREDENTIALS, ROOT: root },
    });
    await project.up();
    const before = { outputs: await outputs(), counted: await counted() };
    const application = new Application(local, HOME);
    const sealed = await application.encrypt(before.outputs.aliasName, "before");

    const at = (name: string) => join(project.folder.root, name);
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await writeFile(at("owner.pub"), publicKey.export({ format: "pem", type: "spki" }));
    await writeFile(at("owner.pem"), privateKey.export({ format: "pem", type: "pkcs8" }));
    const to = ["--recipient", at("owner.pub"), "--out", at("orders.jwe"), "--keystore", "env://ROOT"];
    const args = ["export", "--key", "orders", ...to];
    const withoutRoot = await keymgmt(args, { ROOT: "" });
    assert.equal(withoutRoot.exitCode, 1);
    const made = await keymgmt(args, {});
    assert.equal(made.exitCode, 0, made.stderr);
    const [fingerprint = ""] = /^[0-9a-f]{64}$/m.exec(made.stderr) ?? [];
    await loseStack();
    const identity = pathToFileURL(at("owner.pem")).href;
    const { exitCode, stderr } = await keymgmt(
      ["import", at("orders.jwe"), "--identity", identity, "--fingerprint", fingerprint],
      {},
    );
    assert.equal(exitCode, 0, stderr);
    await project.up();
    assert.deepEqual(await outputs(), before.outputs);
    assert.deepEqual(await counted(), before.counted);
    assert.equal((await application.decrypt(sealed)).text, "before");
    const { json } = await project.stackExport({ showSecrets: true });
    const managed = json.deployment.resources.find(({ type }: { type: string }) => /:ManagedKey$/.test(type));
    const keyring = JSON.parse(JSON.parse(managed.outputs.keyring.plaintext));
    assert.deepEqual([keyring.keystore, "jwe" in keyring.keys[0]], ["env://ROOT", true]);
  });
});
