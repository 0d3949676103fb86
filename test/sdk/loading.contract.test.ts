import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join, relative } from "node:path";

const root = join(__dirname, "../..");

describe("importing the SDK", () => {
  /** Paths, from the root, of the modules that a fresh process loads for Pulumi itself, and then for the SDK. */
  let forPulumi: string[];
  let forSdk: string[];

  before(() => {
    const script = `
      const loaded = () => Object.keys(require.cache);
      require("@pulumi/pulumi");
      const forPulumi = loaded();
      require("./sdk");
      console.log(JSON.stringify({ forPulumi, all: loaded() }));`;
    const args = ["--require", "tsx/cjs", "--eval", script];
    const answer = JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" }));
    const fromRoot = (paths: string[]) => paths.map((path) => relative(root, path).replaceAll("\\", "/"));
    forPulumi = fromRoot(answer.forPulumi);
    forSdk = fromRoot(answer.all).filter((path) => !forPulumi.includes(path));
  });

  it("loads its own files and Pulumi, and nothing else: no AWS SDK and nothing of the provider", () => {
    assert.ok(forPulumi.some((path) => path.startsWith("node_modules/@pulumi/pulumi/")));
    assert.ok(forSdk.includes("sdk/generated/managedKey.ts"));
    assert.deepEqual(
      forSdk.filter((path) => !/^(sdk|node_modules\/@pulumi\/pulumi)\//.test(path)),
      [],
    );
  });
});
