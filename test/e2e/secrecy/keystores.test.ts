import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CreateAliasCommand, CreateKeyCommand, DecryptCommand, KMSClient } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../local-kms/src/index";
import { QUOTAS } from "../../world/declaration";
import { startLocalKms } from "../../world/localKms";
import { openProject, type Project, type Result } from "../support";
import { assertNoSecret, assertNoSecretIn } from "../support/planted";

/** Everything that Pulumi can be made to print about a run, the calls between its processes included. */
const LOUD = ["--logtostderr", "--logflow", "-v=11"];

interface Kept {
  keystore: string;
  material: string;
}

/** A key each, with a replica, and no secret: credentials come from the environment. */
function program(url: string, kept: Record<string, Kept>, trigger: number, deletionAllowed = false): string {
  return `
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "us-west-1", endpoint: "${url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)},
    });
    for (const [name, kept] of Object.entries(${JSON.stringify(kept)})) {
      const more = { rotationTrigger: "${trigger}", replicaRegions: ["eu-west-1"], deletionAllowed: ${deletionAllowed} };
      const key = new ManagedKey(name, { ...kept, ...more });
      const distribution = new KeyDistribution(name + "-prod", { kms, key });
      exports[name] = { key, distribution, replicas: distribution.replicate() };
    }
  `;
}

describe("the material of a key that is not kept in the state", function () {
  this.timeout(300_000);
  /** Material, root keys and credentials by what they are; the data keys of the local KMS come to them when they are made. */
  const secrets: Record<string, Buffer> = {};
  const plant = (name: string) => {
    secrets[name] = randomBytes(32);
    return secrets[name];
  };
  const plantText = (name: string) => {
    const text = `planted-${randomBytes(16).toString("hex")}`;
    secrets[name] = Buffer.from(text);
    return text;
  };
  let local: LocalKms;
  let root: KMSClient;
  let project: Project;
  /** Where owners keep their keys; not searched. */
  let owners: string;
  /** Every process's folder for temporary files. */
  let temporary: string;
  let kept: Record<string, Kept>;
  const log: string[] = [];

  before(async () => {
    [owners, temporary] = (await Promise.all(
      ["owners", "temporary"].map((name) => mkdtemp(join(tmpdir(), `keymgmt-${name}-`))),
    )) as [string, string];
    local = await startLocalKms({
      config: { replicaCreatingMillis: 50 },
      log: (entry) => log.push(JSON.stringify(entry)),
    });
    const credentials = { accessKeyId: "111122223333", secretAccessKey: "secret" };
    root = new KMSClient({ region: "us-east-1", endpoint: local.url, credentials });
    const { KeyMetadata } = await root.send(new CreateKeyCommand({}));
    await root.send(new CreateAliasCommand({ AliasName: "alias/root", TargetKeyId: KeyMetadata!.KeyId }));

    const inFile = async (name: string, text: string) => {
      await writeFile(join(owners, name), text);
      return pathToFileURL(join(owners, name)).href;
    };
    const env: Record<string, string> = { ROOT: plant("the root key in the environment").toString("base64") };
    for (const version of [1, 2]) {
      env[`ORDERS_${version}`] = plant(`the material of version ${version} in env://`).toString("hex");
      await inFile(
        `bills-${version}`,
        plant(`the material of version ${version} in file://`).toString("base64"),
      );
      await inFile(
        `carts-${version}`,
        plant(`the material of version ${version} in awskms://`).toString("hex"),
      );
      const k = plant(`the material of version ${version} that is not held`).toString("base64url");
      await inFile(`drafts-${version}`, JSON.stringify({ kty: "oct", k }));
    }
    const jwk = JSON.stringify({ kty: "oct", k: plant("the root key in a file").toString("base64url") });
    kept = {
      orders: { keystore: "env://ROOT", material: "env://ORDERS_{version}" },
      bills: {
        keystore: await inFile("root.jwk", jwk),
        material: `${pathToFileURL(owners)}/bills-{version}`,
      },
      carts: {
        keystore: `awskms://alias/root?region=us-east-1&endpoint=${local.url}`,
        material: `exec:cat ${owners}/carts-{version}`,
      },
      drafts: { keystore: "none", material: `exec:cat ${owners}/drafts-{version}` },
    };
    project = await openProject({
      program: program(local.url, kept, 1),
      env: {
        ...env,
        TMPDIR: temporary,
        AWS_ACCESS_KEY_ID: "111122223333",
        AWS_SECRET_ACCESS_KEY: plantText("the secret key"),
        AWS_SESSION_TOKEN: plantText("the session token"),
        PULUMI_CONFIG_PASSPHRASE: plantText("the passphrase"),
      },
    });
  });
  after(async () => {
    await project?.close();
    await local?.close();
    for (const folder of [owners, temporary]) await rm(folder, { recursive: true, force: true });
  });

  const clean = (where: string, { stdout, stderr }: Result) => {
    assertNoSecret(`stdout of ${where}`, stdout, secrets);
    assertNoSecret(`stderr of ${where}`, stderr, secrets);
  };
  const loud = async (where: string, run: Promise<Result>) => {
    const result = await run;
    assert.match(
      result.stderr,
      /property for RPC\[.*keymgmt:ManagedKey.*keystore=/,
      "properties are in the log",
    );
    clean(`${where} at -v=11`, result);
  };

  it("is in no output of its life, nor in all that Pulumi logs of it", async () => {
    await loud("up", project.previewAndUp({ args: ["--diff", ...LOUD] }));
    await project.setProgram(program(local.url, kept, 2, true));
    clean("preview --json of a rotation", await project.preview({ json: true, diff: true }));
    await loud("up of a rotation", project.up({ args: ["--debug", ...LOUD] }));
    await loud("refresh", project.refresh({ args: ["--diff", ...LOUD] }));
    clean("stack output", await project.stackOutput({ showSecrets: true }));
  });

  it("is not in the state, whoever opens it", async () => {
    const { stdout, json } = await project.stackExport({ showSecrets: true });
    await plantDataKeys(json);
    assertNoSecret("the decrypted state", stdout, secrets);
    await assertNoSecretIn(project.folder.root, secrets);
  });

  /** The local KMS tells what it made to seal with. */
  async function plantDataKeys({
    deployment,
  }: {
    deployment: { resources: { outputs?: { keyring?: { plaintext: string } } }[] };
  }) {
    const sealed = deployment.resources.flatMap(({ outputs }) =>
      outputs?.keyring ? JSON.parse(JSON.parse(outputs.keyring.plaintext)).keys : [],
    );
    for (const { jwe = "" } of sealed) {
      const { keymgmt = {} } = JSON.parse(Buffer.from(jwe.split(".")[0], "base64url").toString() || "{}");
      if (!keymgmt.dataKey) continue;
      const { Plaintext } = await root.send(
        new DecryptCommand({
          CiphertextBlob: Buffer.from(keymgmt.dataKey, "base64url"),
          EncryptionContext: { "keymgmt:key": keymgmt.key, "keymgmt:version": String(keymgmt.version) },
        }),
      );
      secrets[`the data key of version ${keymgmt.version}`] = Buffer.from(Plaintext!);
    }
  }

  it("is in no output of its end, in no temporary file and not in the local KMS's log", async () => {
    await loud("destroy", project.destroy({ args: LOUD }));
    for (const folder of [temporary, project.folder.root]) await assertNoSecretIn(folder, secrets);
    assert.ok(log.length > 0);
    assertNoSecret("the local KMS's log", log.join("\n"), secrets);
  });
});
