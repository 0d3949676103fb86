import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { LocalKms } from "../../../local-kms/src/index";
import { keyCheckValue } from "../../../provider/keys/keyCheckValue";
import { QUOTAS } from "../../world/declaration";
import { isStrict, startLocalKms } from "../../world/localKms";
import { openProject, type Project } from "../support";
import { assertNoSecret, assertNoSecretIn } from "../support/planted";

/** One key whose material its owner keeps in the environment, distributed. */
function program(url: string, keystore: string, more = ""): string {
  return `
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "us-west-1", endpoint: "${url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
    });
    const key = new ManagedKey("orders", { keystore: "${keystore}", material: "env://ORDERS_{version}" ${more} });
    const distribution = new KeyDistribution("orders-prod", { kms, key });
    exports.versions = key.versions;
    exports.aliasName = distribution.aliasName;
  `;
}

describe("a keystore other than the state", function () {
  this.timeout(300_000);
  const material = [randomBytes(32), randomBytes(32)];
  const root = randomBytes(32);
  const secrets: Record<string, Buffer> = {
    "the material of version 1": material[0]!,
    "the material of version 2": material[1]!,
    "the root key": root,
  };
  const owners = {
    ROOT: root.toString("base64"),
    ORDERS_1: material[0]!.toString("base64"),
    ORDERS_2: material[1]!.toString("hex"),
  };
  let local: LocalKms;
  let project: Project;
  const calls: string[] = [];

  before(async () => {
    local = await startLocalKms({
      config: {
        intercept: ({ operation }) => {
          calls.push(operation);
          return undefined;
        },
      },
    });
    const env = { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" };
    project = await openProject({ program: program(local.url, "env://ROOT"), env });
  });
  after(async () => {
    await project?.close();
    await local?.close();
  });

  const keyring = async () => {
    const { json } = await project.stackExport({ showSecrets: true });
    const managed = json.deployment.resources.find(({ type }: { type: string }) => /:ManagedKey$/.test(type));
    return JSON.parse(JSON.parse(managed.outputs.keyring.plaintext));
  };
  /** Who holds the passphrase and every file of the backend finds nothing. */
  const nothingThere = async () => {
    assertNoSecret("the decrypted state", (await project.stackExport({ showSecrets: true })).stdout, secrets);
    await assertNoSecretIn(project.folder.state, secrets);
  };
  const rotated = (keystore: string) => program(local.url, keystore, ', rotationTrigger: "2"');
  const disabling = (keystore: string) =>
    program(local.url, keystore, ', rotationTrigger: "2", minEnabledVersion: 2');

  it("keeps the material from who holds the stack's passphrase and asks for its secrets", async () => {
    await project.up({ env: owners });
    await project.setProgram(rotated("env://ROOT"));
    await project.up({ env: owners });
    assert.equal((await keyring()).keystore, "env://ROOT");
    assert.deepEqual(Object.keys((await keyring()).keys[1]), ["kid", "iat", "kcv", "cmac", "jwe"]);
    const imports = calls.filter((call) => call === "ImportKeyMaterial").length;
    assert.ok(isStrict ? imports >= 2 : imports === 2); // a strict KMS refuses some, and they are sent again
    await nothingThere();
  });

  it("is not needed where nothing is imported: previews and updates go without the root key", async () => {
    const before = await keyring();
    await project.setProgram(disabling("env://ROOT"));
    await project.previewAndUp();
    assert.deepEqual(await keyring(), before);
  });

  it("is needed for a rotation: without the root key it fails, and the keyring stays as it was", async () => {
    const before = await keyring();
    await project.setProgram(program(local.url, "env://ROOT", ', rotationTrigger: "3"'));
    const { stdout, stderr } = await project.up({
      fails: true,
      env: { ORDERS_3: randomBytes(32).toString("hex") },
    });
    assert.match(
      stdout + stderr,
      /Expected the root key that sealed key "orders" from env:\/\/ROOT; the environment has no such variable\./,
    );
    assert.deepEqual(await keyring(), before);
  });

  it("is changed with no call to AWS for the KMS keys", async () => {
    const { versions } = await project.outputs();
    calls.length = 0;
    await project.setProgram(disabling("none"));
    const { stdout } = await project.up({ env: owners, args: ["--diff"] });
    assert.match(stdout, /keystore/);
    assert.deepEqual(calls, []);
    assert.deepEqual(
      (await keyring()).keys.map(({ from }: { from: string }) => from),
      ["env://ORDERS_1", "env://ORDERS_2"],
    );
    assert.deepEqual((await project.outputs()).versions, versions);
    await nothingThere();
  });
});

describe("keys in files as AWS's guide has them made", function () {
  this.timeout(300_000);

  it("are taken as they are: 32 raw bytes as root key and as material", async () => {
    const local = await startLocalKms({});
    const project = await openProject({
      env: { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" },
    });
    try {
      const { program: folder } = project.folder;
      const made = (name: string) => execFileSync("openssl", ["rand", "-out", name, "32"], { cwd: folder });
      for (const name of ["root.bin", "PlaintextKeyMaterial1.bin", "CommandKeyMaterial1.bin"]) made(name);
      await project.setProgram(`
        const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
        const kms = new KmsProvider("prod", { keyCollection: "us-west-1", endpoint: "${local.url}", wrappingKeySpec: "RSA_2048" });
        for (const [name, material] of Object.entries({
          orders: "file://${folder}/PlaintextKeyMaterial{version}.bin",
          bills: "exec:cat ${folder}/CommandKeyMaterial{version}.bin",
        })) {
          const key = new ManagedKey(name, { keystore: "file://${folder}/root.bin", material });
          new KeyDistribution(name + "-prod", { kms, key });
          exports[name] = key.versions;
        }
      `);
      await project.up();
      const { orders, bills } = await project.outputs();
      const files = ["Plaintext", "Command"].map((name) => readFileSync(`${folder}/${name}KeyMaterial1.bin`));
      assert.deepEqual(
        [...orders, ...bills].map(({ kcv }: { kcv: string }) => kcv),
        files.map(keyCheckValue),
      );
    } finally {
      await project.close();
      await local.close();
    }
  });
});
