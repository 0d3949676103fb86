import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { version } from "../../package.json";
import { temporaryFolder } from "../temporaryFolders";
import { keymgmt } from "./support";

const FILES = [".gitignore", "Pulumi.yaml", "index.ts", "package.json", "tsconfig.json", "use.mts", "use.py"];

/** Also what `pulumi new` makes of the template: test/e2e/docs/start.test.ts. */
describe("keymgmt init", function () {
  this.timeout(60_000);
  let cwd: string;
  beforeEach(async () => {
    cwd = await temporaryFolder();
  });
  const read = (...path: string[]) => readFile(join(cwd, ...path), "utf8");

  it("writes a project into a new folder, with the folder's name for the key and the alias, and says what to run next", async () => {
    const { code, stdout, stderr } = await keymgmt(["init", "my-key"], { cwd });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.match(stdout, /^ {2}cd my-key && npm install\n {2}pulumi stack init dev\n {2}pulumi up$/m);
    assert.deepEqual((await readdir(join(cwd, "my-key"))).sort(), FILES);
    for (const name of FILES) assert.doesNotMatch(await read("my-key", name), /\$\{[A-Z]|^template:/m, name);
    assert.match(
      await read("my-key", "index.ts"),
      /`alias\/\$\{pulumi\.getProject\(\)\}-\$\{pulumi\.getStack\(\)\}`/,
    );
    const { name, dependencies } = JSON.parse(await read("my-key", "package.json"));
    assert.equal(name, "my-key");
    assert.equal(dependencies["pulumi-keymgmt"], `^${version}`);
  });

  it("adds to the package.json and the .gitignore that are there only what they have not", async () => {
    const folder = join(cwd, "orders");
    await mkdir(folder);
    const present = {
      name: "mine",
      dependencies: { "pulumi-keymgmt": "file:../pulumi-keymgmt-0.1.0.tgz" },
      devDependencies: { "@pulumi/pulumi": "3.300.0" },
    };
    await writeFile(join(folder, "package.json"), JSON.stringify(present));
    await writeFile(join(folder, ".gitignore"), "mine\n");
    assert.equal((await keymgmt(["init"], { cwd: folder })).code, 0);
    const { name, main, dependencies, devDependencies } = JSON.parse(await read("orders", "package.json"));
    assert.deepEqual({ name, main }, { name: "mine", main: "index.ts" });
    assert.equal(dependencies["pulumi-keymgmt"], present.dependencies["pulumi-keymgmt"]);
    assert.ok(dependencies["@aws-sdk/client-kms"]);
    assert.equal(devDependencies["@pulumi/pulumi"], "3.300.0");
    assert.equal(dependencies["@pulumi/pulumi"], undefined);
    assert.equal(await read("orders", ".gitignore"), "mine\n");
  });

  it("writes nothing into a package of ES modules, as which Pulumi does not load the program", async () => {
    const folder = join(cwd, "orders");
    await mkdir(folder);
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "mine", type: "module" }));
    const { code, stderr } = await keymgmt(["init"], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /without "type": "module"/);
    assert.deepEqual(await readdir(folder), ["package.json"]);
  });

  it("writes nothing where a file of a project is there", async () => {
    const folder = join(cwd, "orders");
    await mkdir(folder);
    await writeFile(join(folder, "index.ts"), "mine");
    const { code, stdout, stderr } = await keymgmt(["init"], { cwd: folder });
    assert.match(
      stderr,
      /Expected a folder without a project, and .*orders has index\.ts\. Nothing was written\./,
    );
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.deepEqual(await readdir(folder), ["index.ts"]);
  });

  it("writes nothing into a folder that has other files, as a home folder has, unless it is forced", async () => {
    const folder = join(cwd, "home");
    await mkdir(folder);
    const mine = [".bashrc", "letter.txt", "notes", "photo.jpg"];
    for (const name of mine) await writeFile(join(folder, name), "mine");
    const { code, stdout, stderr } = await keymgmt(["init"], { cwd: folder });
    assert.match(
      stderr,
      /Expected an empty folder, .*home has \.bashrc, letter\.txt, notes and 1 more\. Nothing was written\. .*--force/,
    );
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.deepEqual((await readdir(folder)).sort(), mine);
    assert.equal((await keymgmt(["init", "--force"], { cwd: folder })).code, 0);
    assert.deepEqual((await readdir(folder)).sort(), [...mine, ...FILES].sort());
    assert.equal(await read("home", "notes"), "mine");
  });

  it("takes a folder that has what npm and a new repository put there", async () => {
    const folder = join(cwd, "orders");
    await mkdir(join(folder, "node_modules"), { recursive: true });
    await mkdir(join(folder, ".git"));
    for (const name of ["package.json", "package-lock.json"]) await writeFile(join(folder, name), "{}");
    for (const name of ["README.md", "LICENSE", ".gitattributes"])
      await writeFile(join(folder, name), "mine");
    const { code, stderr } = await keymgmt(["init"], { cwd: folder });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.equal(await read("orders", "README.md"), "mine");
  });

  it("writes nothing where the package.json cannot be read", async () => {
    const folder = join(cwd, "orders");
    await mkdir(folder);
    await writeFile(join(folder, "package.json"), "{");
    const { code, stderr } = await keymgmt(["init"], { cwd: folder });
    assert.match(stderr, /^keymgmt: Expected .*package\.json to be JSON\. Nothing was written\./);
    assert.equal(code, 1);
    assert.deepEqual(await readdir(folder), ["package.json"]);
  });

  it("refuses a folder whose name no alias can have", async () => {
    const { code, stderr } = await keymgmt(["init", "my.key"], { cwd });
    assert.match(stderr, /Expected a folder whose name has only letters, digits, _ and -, .* got "my\.key"/);
    assert.equal(code, 2);
    assert.deepEqual(await readdir(cwd), []);
  });
});
