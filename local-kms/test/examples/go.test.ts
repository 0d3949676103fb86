import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { skip } from "../../../test/compat/support/index.js";
import { command } from "../../../test/e2e/support/command.js";
import { temporaryFolder } from "../support.js";
import { EXAMPLES, importsMaterial, onBoth } from "./support.js";

describe("the example for the AWS SDK for Go", function () {
  this.timeout(120_000);
  let program: string;
  before(async function () {
    program = await compiledOr(this);
  });

  onBoth("imports material that encrypts and decrypts", (stage) =>
    importsMaterial(stage, [program], { cwd: tmpdir() }),
  );
});

/** The compiled example, or the suite skipped with the reason. Go keeps modules, and what it has compiled of them, in the user's cache. */
async function compiledOr(suite: Context): Promise<string> {
  suite.timeout(15 * 60_000); // The first time, the SDK is downloaded and compiled.
  const go = (...args: string[]) => {
    const env = { ...(process.env as Record<string, string>), GOFLAGS: "-mod=readonly", GOWORK: "off" };
    return command("go", args, { cwd: join(EXAMPLES, "go"), env, seconds: 7 * 60 });
  };
  if ((await go("version").catch(() => undefined))?.exitCode !== 0) skip(suite, "no go on PATH");
  const modules = await go("mod", "download");
  if (modules.exitCode !== 0) {
    // Modules that cannot be had are a reason to skip; modules that are not those of go.sum are not.
    if (/checksum mismatch|SECURITY ERROR/.test(modules.stderr)) throw new Error(modules.stderr);
    skip(suite, `no Go modules: ${modules.stderr.trim().split("\n").at(-1)}`);
  }
  const program = join(await temporaryFolder(), "import-key");
  const { exitCode, stderr } = await go("build", "-o", program);
  if (exitCode !== 0) throw new Error(stderr);
  return program;
}
