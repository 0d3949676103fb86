import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { checkout } from "../../tools/toolchain";
import { keymgmt } from "./support";

/** At its end the process says on stderr which modules it has loaded. */
const preload = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from "node:module";
  const { cache } = createRequire("/");
  process.on("exit", () => process.stderr.write(JSON.stringify(Object.keys(cache))));`)}`;

/** What `keymgmt` loads for a command: names of packages, and paths of its own files from dist/. */
async function loadedBy(...args: string[]) {
  const { stderr } = await keymgmt(args, { preload });
  const loaded: string[] = JSON.parse(stderr.slice(stderr.lastIndexOf("[")));
  const paths = loaded.map((path) => relative(checkout, path).replaceAll("\\", "/"));
  const packages = new Set(
    paths.flatMap((path) => /^node_modules\/((@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []),
  );
  return { packages: [...packages], own: paths.filter((path) => path.startsWith("dist/")) };
}

describe("keymgmt", function () {
  this.timeout(60_000);

  for (const command of [
    "",
    "init",
    "status",
    "sweep",
    "export",
    "import",
    "iam-policy",
    "doctor",
    "local-kms",
  ]) {
    it(`loads for its help neither a command nor a package but the command line's: keymgmt ${command} --help`, async () => {
      const { packages, own } = await loadedBy(...command.split(" ").filter(Boolean), "--help");
      assert.deepEqual(packages, ["commander"]);
      assert.ok(own.includes("dist/cli/status/declare.js"));
      assert.deepEqual(
        own.filter((path) => path.endsWith("/command.js")),
        [],
      );
    });
  }

  const state = join(checkout, "test/states/0.1.0/settled.json");
  for (const line of ["status --offline", "doctor --offline", "iam-policy"]) {
    it(`loads no AWS SDK and no Pulumi for what asks neither: keymgmt ${line}`, async () => {
      const [command, ...rest] = line.split(" ");
      const { packages, own } = await loadedBy(command!, ...rest, "--state", state);
      assert.ok(own.includes(`dist/cli/${command}/command.js`));
      assert.deepEqual(
        packages.filter((name) => /^@(aws-sdk|smithy|pulumi)\//.test(name)),
        [],
      );
    });
  }
});
