import assert from "node:assert/strict";
import type { LocalKms } from "../../local-kms/src/index";
import { built } from "../built";
import { QUOTAS } from "../world/declaration";
import { startLocalKms } from "../world/localKms";
import { openProject, type Project } from "./support";

describe("a stack whose local KMS was restarted without --data, on the real engine", function () {
  this.timeout(300_000);
  let local: LocalKms;
  let project: Project;

  before(async () => {
    local = await startLocalKms();
    const program = `
      const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
      const kms = new KmsProvider("kms", { keyCollection: "us-west-1", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(QUOTAS)} });
      const key = new ManagedKey("orders", {
        replicaRegions: ["eu-west-1"],
        rotationTrigger: process.env.TRIGGER,
        minEnabledVersion: Number(process.env.FIRST ?? 1),
      });
      new KeyDistribution("orders", { kms, key }).replicate();
    `;
    const env = {
      AWS_ACCESS_KEY_ID: "111122223333",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_ENDPOINT_URL_KMS: local.url,
    };
    project = await openProject({ program, env });
    await project.up();
  });
  after(async () => {
    await project?.close();
    await local?.close();
  });

  const restart = async () => {
    await local.close();
    local = await startLocalKms({ port: Number(new URL(local.url).port) });
  };
  const status = async () => {
    const { stdout } = await project.run(process.execPath, ["--no-warnings", built("cli/main.js"), "status"]);
    return stdout.replaceAll(/\s+/g, " ");
  };

  it("goes on with new KMS keys after a rotation with a higher `minEnabledVersion`, in one update with --refresh", async () => {
    await restart();
    assert.match(await status(), /None of the 2 KMS keys of this stack is there/);
    await project.up({ args: ["--refresh"], env: { TRIGGER: "gone", FIRST: "2" } });
    assert.match(await status(), / No drift\.$/);
  });

  it("begins again by the commands that status prints", async () => {
    await restart();
    const said = await status();
    assert.match(said, /no update repairs them\.$/);
    const refreshed = await project.up({
      args: ["--refresh"],
      env: { TRIGGER: "gone", FIRST: "2" },
      fails: true,
    });
    assert.match(refreshed.stdout, /AWS no longer knows it/);
    const commands = [...said.matchAll(/`pulumi ((?:stack|up)\b[^`]*)`/g)].map(([, args]) =>
      args!.split(" "),
    );
    assert.deepEqual(
      commands.map((args) => args.slice(0, 2).join(" ")),
      ["stack rm", "stack init", "up", "up"],
    );
    for (const args of commands.slice(0, 3))
      await project.pulumi(args, { args: args[1] === "init" ? [] : ["--yes"] });
    assert.match(await status(), / No drift\.$/);
  });
});
