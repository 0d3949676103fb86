import assert from "node:assert/strict";
import { cp, mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalKms } from "../../local-kms/src/index";
import { checkout } from "../../tools/toolchain";
import { startLocalKms } from "../world/localKms";
import { openProject, type Project } from "./support";

const LIBRARY = `
  const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
  exports.orders = (endpoint) => {
    const kms = new KmsProvider("prod", { keyCollection: "us-west-1", endpoint, wrappingKeySpec: "RSA_2048" });
    return new KeyDistribution("orders-prod", { kms, key: new ManagedKey("orders", {}) });
  };`;

describe("a library that depends on the package", function () {
  this.timeout(300_000);
  let local: LocalKms;
  let project: Project;
  let modules: string;

  beforeEach(async () => {
    local = await startLocalKms();
    project = await openProject({
      env: { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" },
    });
    modules = join(project.folder.program, "node_modules");
    const library = join(modules, "@acme/keys");
    await mkdir(join(library, "node_modules"), { recursive: true });
    await writeFile(join(library, "index.js"), LIBRARY);
    await rename(join(modules, "pulumi-keymgmt"), join(library, "node_modules/pulumi-keymgmt"));
    await project.setProgram(`exports.alias = require("@acme/keys").orders("${local.url}").aliasName;`);
  });
  afterEach(async () => {
    await project?.close();
    await local?.close();
  });

  const intoProgram = (folder: string) =>
    rename(join(modules, "@acme/keys/node_modules/pulumi-keymgmt"), join(folder, "pulumi-keymgmt"));

  it("is stopped at its first resource where the program does not have it: the line to add is said, and works", async () => {
    const { stdout, stderr } = await project.preview({ fails: true });
    const said = (stdout + stderr).replace(/\s+/g, " ");
    assert.match(
      said,
      /Add "pulumi-keymgmt": "\d+\.\d+\.\d+" to "dependencies" in \S+\/program\/package\.json/,
    );
    assert.doesNotMatch(said, /Cannot find module/);
    await intoProgram(modules);
    // The library finds it one folder up.
    await project.up();
    assert.match((await project.outputs()).alias, /^alias\/hashicorp\/orders-\d+$/);
  });

  it("is warned of where the program has another version: both are named", async () => {
    const older = join(modules, "@acme/keys/node_modules/pulumi-keymgmt");
    await intoProgram(modules);
    await mkdir(older);
    await cp(join(checkout, "dist"), join(older, "dist"), { recursive: true });
    await symlink(join(checkout, "node_modules"), join(older, "node_modules"), "dir");
    const manifest = JSON.parse(await readFile(join(checkout, "package.json"), "utf8"));
    await writeFile(join(older, "package.json"), JSON.stringify({ ...manifest, version: "0.0.9" }));
    const { stdout } = await project.preview();
    const said = stdout.replace(/\s+/g, " ");
    const both = `has pulumi-keymgmt ${manifest.version}, so Pulumi runs the provider of that version, but the resources are declared by version 0.0.9`;
    assert.ok(said.includes(both), said);
  });

  it("works where Pulumi.yaml's `main` is a folder that has it, which is where the engine runs the provider", async () => {
    const main = join(project.folder.program, "app");
    await mkdir(join(main, "node_modules"), { recursive: true });
    await rename(join(project.folder.program, "index.js"), join(main, "index.js"));
    await writeFile(join(main, "package.json"), JSON.stringify({ name: "app", main: "index.js" }));
    const yaml = "name: e2e\nmain: app\nruntime:\n  name: nodejs\n  options:\n    typescript: false\n";
    await writeFile(join(project.folder.program, "Pulumi.yaml"), yaml);
    await intoProgram(join(main, "node_modules"));
    await rename(join(modules, "@acme"), join(main, "node_modules/@acme"));
    await project.up();
    assert.match((await project.outputs()).alias, /^alias\/hashicorp\/orders-\d+$/);
  });
});
