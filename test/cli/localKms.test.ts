import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { checkout } from "../../tools/toolchain";
import { built } from "../built";
import { temporaryFolder } from "../temporaryFolders";

describe("keymgmt local-kms", function () {
  this.timeout(60_000);

  it("starts the local KMS where its package is installed, with the command line as it is", async () => {
    const child = spawn(process.execPath, [built("cli/main.js"), "local-kms", "--port", "0", "--control"]);
    const [line] = await once(createInterface(child.stdout), "line");
    const [, url] = /^keymgmt local-kms listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line)!;
    assert.equal((await fetch(`${url}/_local-kms/health`)).status, 200);
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  it("has the package's help and exit codes", async () => {
    const help = await run(built("cli/main.js"), "--help");
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^Usage: keymgmt local-kms \[options\]\n/);
    assert.equal((await run(built("cli/main.js"), "--port", "http")).code, 2);
  });

  it("says how to install the package where it is not", async () => {
    const app = await temporaryFolder();
    const installed = join(app, "node_modules/pulumi-keymgmt");
    await mkdir(installed, { recursive: true });
    built("cli/main.js");
    await cp(join(checkout, "dist"), join(installed, "dist"), { recursive: true });
    await symlink(join(checkout, "node_modules/commander"), join(app, "node_modules/commander"));
    const { code, stdout, stderr } = await run(join(installed, "dist/cli/main.js"), "--port", "0");
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^keymgmt: .* Run: npm install --save-dev pulumi-keymgmt-local-kms\n$/);
  });
});

async function run(main: string, ...args: string[]) {
  const child = spawn(process.execPath, [main, "local-kms", ...args]);
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].on("data", (data) => {
      output[stream] += data;
    });
  const [code] = await once(child, "close");
  return { code, ...output };
}
