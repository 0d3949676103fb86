import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DeleteAliasCommand, DisableKeyCommand } from "@aws-sdk/client-kms";
import { checkout } from "../../../tools/toolchain";
import { Application } from "../../world/application";
import { command } from "../support/command";
import { folderFrom, remove } from "../support/folder";
import { changeState, examples, script, useExamples } from "./examples/stage";

/** Works today. `make build` and `npm pack` are what docs/start.md does. */
const INSTALL = `    (cd ../.. && make build && npm pack --silent . ./local-kms)
    npm install --no-save ../../pulumi-keymgmt-*.tgz
    pulumi stack init dev
`;

const names = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe("the examples", function () {
  this.timeout(300_000);
  const stage = useExamples();
  const { onExample } = stage;

  it("are complete: a project, its dependencies, what it is about, and a line in the list of examples", () => {
    const list = readFileSync(join(examples, "README.md"), "utf8");
    for (const name of names) {
      for (const file of ["Pulumi.yaml", "package.json", "tsconfig.json", "index.ts", "README.md"])
        assert.ok(existsSync(join(examples, name, file)), `${name}/${file}`);
      assert.ok(list.includes(`(${name}/README.md)`), name);
      assert.ok(readFileSync(join(examples, name, "README.md"), "utf8").includes(INSTALL), name);
    }
  });

  it("and the template have no type error, as the tsconfig.json says that each of them has", async () => {
    const configs = names.map((name) => readFileSync(join(examples, name, "tsconfig.json"), "utf8"));
    assert.deepEqual([...new Set(configs)], [configs[0]]);
    const template = await folderFrom(join(checkout, "templates", "keymgmt-typescript"));
    const folders = [template, ...(await Promise.all(names.map((name) => folderFrom(join(examples, name)))))];
    try {
      const cwd = folders[0]!.program;
      const files = [
        ...folders.map(({ program }) => join(program, "index.ts")),
        join(template.program, "use.mts"),
      ];
      const all = { extends: "./tsconfig.json", compilerOptions: { rootDir: "../.." }, files };
      writeFileSync(join(cwd, "all.json"), JSON.stringify(all));
      const tsc = join(checkout, "node_modules", ".bin", "tsc");
      const ran = await command(tsc, ["--noEmit", "--pretty", "false", "-p", "all.json"], {
        cwd,
        env: { PATH: dirname(process.execPath) },
        seconds: 120,
      });
      assert.equal(ran.stdout, "");
      assert.equal(ran.exitCode, 0);
    } finally {
      await Promise.all(folders.map(remove));
    }
  });

  it("quickstart: an alias that encrypts and decrypts, and a destroy that is refused until it is allowed", async () => {
    await onExample("quickstart", async (project, { alias, kmsKey }) => {
      const application = new Application(stage.local, "us-west-1");
      const { text, keyArn } = await application.decrypt(await application.encrypt(alias!, "hello"));
      assert.deepEqual({ text, keyArn }, { text: "hello", keyArn: kmsKey });
      await project.pulumi(["destroy", "--yes"], { fails: true });
      await project.configSet({ deletionAllowed: "true" });
      await project.up();
    });
  });

  it("multi-region: the consumer encrypts in one Region and decrypts in another, before and after a rotation", async () => {
    await onExample("multi-region", async (project) => {
      const consume = async () => {
        const said = await script(project, ["consumer.mjs", "alias/orders-dev", "us-west-1", "eu-west-1"]);
        assert.match(said, /^encrypted in us-west-1 under arn:aws:kms:us-west-1:/);
        assert.match(said, /\ndecrypted in eu-west-1 under arn:aws:kms:eu-west-1:.*\norder 4711$/);
        return said;
      };
      const first = await consume();
      await project.configSet({ rotationTrigger: "2026-12", deletionAllowed: "true" });
      await project.up();
      assert.notEqual(await consume(), first);
    });
  });

  it("rotation: by the trigger; and the end of version 1, which can be taken back", async () => {
    await onExample("rotation", async (project, { alias, rotateAfter }) => {
      assert.ok(rotateAfter! > new Date().toISOString().slice(0, 10));
      const application = new Application(stage.local, "us-west-1");
      const old = await application.encrypt(alias!, "old");

      await project.configSet({ rotationTrigger: "incident-17" });
      await project.up();
      assert.equal((await project.outputs()).latestVersion, 2);
      assert.equal((await application.decrypt(old)).text, "old");

      await project.configSet({ minEnabledVersion: "2" });
      await project.up();
      await assert.rejects(application.decrypt(old), { name: "DisabledException" });

      await project.configSet({ minEnabledVersion: "1", rotationPeriod: "30d", deletionAllowed: "true" });
      await project.up();
      assert.equal((await application.decrypt(old)).text, "old");
      assert.ok((await project.outputs()).rotateAfter < rotateAfter!);
    });
  });

  it("ci: up --refresh puts back what was changed by hand, and rotates once the period is over", async () => {
    await onExample("ci", async (project, { alias }) => {
      await project.up({ args: ["--refresh", "--expect-no-changes"] });

      const application = new Application(stage.local, "us-west-1");
      const { KeyId } = await application.describe(alias!);
      await application.send(new DisableKeyCommand({ KeyId }));
      await application.send(new DeleteAliasCommand({ AliasName: alias }));
      // As if the key's latest version had been made long ago.
      await changeState(project, ({ type, inputs, outputs }) => {
        if (!type.endsWith(":ManagedKey")) return;
        for (const values of [inputs, outputs])
          Object.assign(values, { rotatedOn: "2020-01-01", rotateAfter: "2020-03-31" });
      });
      await project.configSet({ deletionAllowed: "true" });
      await project.up({ args: ["--refresh"] });
      assert.equal((await application.describe(KeyId!)).KeyState, "Enabled");
      const rotated = await application.describe(alias!);
      assert.notEqual(rotated.KeyId, KeyId);
      const { latestVersion, rotateAfter } = await project.outputs();
      assert.equal(latestVersion, 2);
      assert.ok(rotateAfter > new Date().toISOString().slice(0, 10));
    });
  });
});
