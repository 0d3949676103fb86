import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageMistake, programFolder } from "../../sdk/programFolder";

describe("the package in the program's folder", () => {
  let root: string;
  let app: string;
  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), "keymgmt-folder-")));
    app = join(root, "packages/app");
    await write("packages/app/package.json", { name: "app" });
  });
  afterEach(() => rm(root, { recursive: true }));

  async function write(path: string, content: unknown) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  /** As npm installs it. */
  async function install(folder: string, version = "0.2.0", more = {}) {
    const at = `${folder}/node_modules/pulumi-keymgmt`;
    const exports = { "./dynamic": "./dynamic.js", "./package.json": "./package.json" };
    await write(`${at}/package.json`, { name: "pulumi-keymgmt", version, exports, ...more });
    await write(`${at}/dynamic.js`, "");
  }

  it("is right where the program, or a folder above it, has the version that the program uses", async () => {
    await install(".");
    assert.equal(packageMistake(app, "0.2.0"), undefined);
    await install("packages/app");
    assert.equal(packageMistake(app, "0.2.0"), undefined);
  });

  it("is right where it is a link, as pnpm and `npm link` make it", async () => {
    await install("store");
    await mkdir(join(app, "node_modules"));
    await symlink(
      join(root, "store/node_modules/pulumi-keymgmt"),
      join(app, "node_modules/pulumi-keymgmt"),
      "dir",
    );
    assert.equal(packageMistake(app, "0.2.0"), undefined);
  });

  it("is missing where a library alone has it: the line and the file are named", async () => {
    await install("packages/keys");
    assert.deepEqual(packageMistake(app, "0.2.0"), {
      missing: `Expected pulumi-keymgmt in the program's folder, ${app}, where Pulumi runs the provider of its resources; it is not found there, because only a library of the program depends on it. Add "pulumi-keymgmt": "0.2.0" to "dependencies" in ${app}/package.json, and install.`,
    });
    assert.deepEqual(Object.keys(packageMistake(app, undefined) ?? {}), ["missing"]);
  });

  it("goes by the nearest package.json where `main` is a folder without one", async () => {
    await mkdir(join(app, "src"));
    const mistake = packageMistake(join(app, "src"), "0.2.0");
    assert.ok(mistake && "missing" in mistake);
    assert.ok(mistake.missing.includes(`the program's folder, ${app}/src,`), mistake.missing);
    assert.ok(mistake.missing.includes(`in ${app}/package.json,`), mistake.missing);
  });

  it("is another where the program has another version of its own: both are named", async () => {
    await install("packages/app", "0.1.0");
    assert.deepEqual(packageMistake(app, "0.2.0"), {
      other: `the program's folder, ${app}, has pulumi-keymgmt 0.1.0, so Pulumi runs the provider of that version, but the resources are declared by version 0.2.0, which a library depends on. Use one version: put "pulumi-keymgmt": "0.2.0" into "dependencies" in ${app}/package.json, and install`,
    });
  });

  it("is passed over in silence where it cannot be told", async () => {
    await install("packages/app", "0.1.0");
    assert.equal(packageMistake(app, undefined), undefined, "in a bundle");
    await install("packages/old", "0.1.0", { exports: { "./dynamic": "./dynamic.js" } });
    assert.equal(packageMistake(join(root, "packages/old"), "0.2.0"), undefined, "without its package.json");
    await install("packages/broken", "0.1.0", { exports: {} });
    assert.equal(
      packageMistake(join(root, "packages/broken"), "0.2.0"),
      undefined,
      "an error of another kind",
    );
  });

  describe("is looked for", () => {
    const RUN = "/x/node_modules/@pulumi/pulumi/cmd/run/index.js";
    const project = (main = "") => write("Pulumi.yaml", `name: shop\n${main}\nruntime: nodejs\n`);

    it("in the folder of Pulumi.yaml, in a program that the engine has started and in no other", async () => {
      await project();
      assert.equal(programFolder(RUN, root), root);
      assert.equal(programFolder(dirname(RUN), root), root);
      for (const other of ["/x/index.js", "/x/node_modules/mocha/bin/mocha.js", `${dirname(RUN)}-plugin`, ""])
        assert.equal(programFolder(other, root), undefined);
      assert.equal(programFolder(), undefined, "this is a test");
    });

    it("in the folder of its `main`", async () => {
      await write("packages/app/index.js", "");
      for (const main of ["packages/app", "./packages/app/", '"packages/app"', "packages/app/index.js  "]) {
        await project(`main: ${main}`);
        assert.equal(programFolder(RUN, app), app, main);
        assert.equal(programFolder(RUN, root), undefined, "the program has changed its working directory");
      }
    });

    it("nowhere where the working directory is not that of the project", async () => {
      assert.equal(programFolder(RUN, app), undefined, "there is none");
      await project();
      assert.equal(programFolder(RUN, app), undefined);
      await project("main: packages/none");
      assert.equal(programFolder(RUN, root), undefined);
    });

    it("nowhere under Yarn's Plug'n'Play, which finds packages in its own way", async () => {
      await project();
      const { versions } = process;
      Object.defineProperty(process, "versions", { value: { ...versions, pnp: "3" }, configurable: true });
      try {
        assert.equal(programFolder(RUN, root), undefined);
      } finally {
        Object.defineProperty(process, "versions", { value: versions, configurable: true });
      }
    });
  });
});
