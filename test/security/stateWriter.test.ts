/** Who can write the state's bucket, and nothing else. The engine is the real one. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LocalKms, startLocalKms } from "../../localkms/index";
import { openProject, type Project } from "../e2e/support";

const TSX = require.resolve("tsx");
const MAIN = join(__dirname, "../../cli/main.ts");

interface Resource {
  urn: string;
  type: string;
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
      ["--no-warnings", "--import", TSX, MAIN, ...args],
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
});
