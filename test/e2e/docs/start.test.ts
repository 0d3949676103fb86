import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { checkout, engineFolder } from "../../../tools/toolchain";
import { built } from "../../built";
import { clientsOr } from "../../compat/support";
import { command } from "../support/command";
import { emptyFolder, remove } from "../support/folder";
import { follow } from "./page/follow";
import { type Block, sectionsOf } from "./page/page";
import { Shell } from "./page/shell";

const TEMPLATE = join(checkout, "templates", "keymgmt-typescript");

describe("docs/start.md, command by command, in an empty home", function () {
  this.timeout(300_000);
  this.bail(true); // They are one after the other.
  let shell: Shell;
  let port: string;

  before(async function () {
    const { python } = await clientsOr(this);
    built("cli/main.js");
    await engineFolder(); // The first time it is made, which takes minutes.
    port = String(await freePort());
    shell = await emptyHome(python);
  });
  after(async () => {
    await shell?.paste('kill "$KMS"'); // where the page has not come to its end
    if (shell) await remove(shell.folder);
  });

  const file = (name: string) => readFileSync(join(shell.folder.home, "orders", name), "utf8");

  /** The port of the page is not free on every machine. */
  const here = (block: Block) => ({ ...block, text: block.text.replaceAll("4599", port) });

  for (const { title, blocks } of sectionsOf("docs/start.md")) {
    const [programs, others] = [true, false].map((isProgram) =>
      blocks.filter(({ language }) => (language === "ts") === isProgram),
    ) as [Block[], Block[]];
    if (blocks.length === 0) continue;
    it(title, async () => {
      const commands = others.filter(({ language }) => language === "sh");
      await follow(
        shell,
        others.map(here),
        commands.map(() => ({})),
      );
      for (const { text } of programs) assert.ok(file("index.ts").includes(text), text);
    });

    if (title === "The project")
      it("pulumi new makes the same project of the template", async () => {
        await shell.paste(
          `(mkdir ~/new; cd ~/new; pulumi new '${TEMPLATE}' --generate-only --offline --yes --name orders)`,
        );
        for (const name of readdirSync(TEMPLATE)) {
          const [ofPulumi, ofInit] = ["../new", "."].map((folder) => file(join(folder, name))) as [
            string,
            string,
          ];
          if (name === "Pulumi.yaml") assert.equal(ofPulumi.split("  pulumi:tags:")[0], ofInit);
          else if (name === "package.json") assertHasAllOf(JSON.parse(ofInit), JSON.parse(ofPulumi));
          else assert.equal(ofPulumi, ofInit, name);
        }
      });
  }
});

/** The dependencies that package.json had before init stay as they were. */
function assertHasAllOf(whole: Record<string, object>, part: Record<string, object>): void {
  for (const kind of ["dependencies", "devDependencies"])
    assert.deepEqual(
      Object.keys(whole[kind]!).sort(),
      [
        ...new Set([
          ...Object.keys(part[kind]!),
          ...(kind === "dependencies" ? ["pulumi-keymgmt-local-kms"] : []),
        ]),
      ].sort(),
    );
}

/** A machine with Node, make and Python, whose home has only a clone. npm has no network. */
async function emptyHome(python: string): Promise<Shell> {
  const folder = await emptyFolder();
  await symlink(checkout, join(folder.home, "pulumi-keymgmt"), "dir");
  const env = {
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: folder.home,
    PULUMI_HOME: join(folder.home, ".pulumi"), // else in that of the user who runs the tests
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), // with the pulumi of `make engine`
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    NODE_NO_WARNINGS: "1",
    npm_config_update_notifier: "false",
  };
  const shell = new Shell(folder, (program, args) =>
    command(program, args, { cwd: folder.home, env, seconds: 120 }),
  );
  const script = (name: string, text: string) => shell.write(`bin/${name}`, `#!/bin/sh\n${text}\n`, 0o755);
  const npm = execFileSync("sh", ["-c", "command -v npm"], { encoding: "utf8" }).trim();
  const install = `exec node '${join(__dirname, "start", "npm.mjs")}' '${checkout}' "$@"`;
  await script("npm", `if [ "$1" = install ]; then shift; ${install}; fi\nexec '${npm}' "$@"`);
  await script("python", `exec '${python}' "$@"`);
  await shell.opensShell();
  return shell;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
