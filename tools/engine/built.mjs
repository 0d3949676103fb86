import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../cache.mjs";
import { run } from "../run.mjs";
import { executable, languageHostVersion, programs, version, whole } from "./pulumi.mjs";
import { say } from "./say.mjs";

export const key = `engine-${version}-built-${languageHostVersion}-${process.platform}-${process.arch}`;

const repository = join(import.meta.dirname, "..", "..");
const sdk = "github.com/pulumi/pulumi/sdk/v3";

/** The CLI and its language host, built from their Go modules. */
export async function built() {
  const go = await run("go", ["version"]);
  if (!go.ok) throw new Error(go.cause);
  const folder = await cached(key, { valid: whole, make: build });
  return { bin: join(folder, "bin"), version, how: "built with Go" };
}

async function build(staging) {
  const bin = join(staging, "bin");
  mkdirSync(bin);
  await buildLanguageHost(bin);
  await copyLauncher(bin);
  say(`building pulumi ${version} with Go: some minutes on two cores, this once`);
  await goBuild("pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", version, join(bin, programs.cli));
  if (!(await whole(staging))) throw new Error("what was built does not run");
}

export async function buildLanguageHost(bin) {
  say(`building its language host for Node.js, ${languageHostVersion}, with Go`);
  const source = `${sdk}/nodejs/cmd/pulumi-language-nodejs`;
  await goBuild("language-nodejs", source, languageHostVersion, join(bin, programs.languageHost));
}

/** The launcher is a short shell script that every @pulumi/pulumi carries, and the language host's Go module too. */
export async function copyLauncher(bin) {
  const launcher = join(bin, programs.launcher);
  copyFileSync((await carriedLauncher()) ?? (await launcherOfModule()), launcher);
  chmodSync(launcher, 0o755);
}

function carriedLauncher() {
  const file = join(repository, "node_modules", "@pulumi", "pulumi", programs.launcher);
  return executable(file) ? file : undefined;
}

async function launcherOfModule() {
  const found = await go("language-nodejs", ["mod", "download", "-json", sdk]);
  return join(JSON.parse(found).Dir, "nodejs", "dist", programs.launcher);
}

/** An unversioned build answers `pulumi version` with nothing, which Pulumi's Automation API refuses. */
async function goBuild(module, source, built, output) {
  const stamp = `-s -w -X ${sdk}/go/common/version.Version=v${built}`;
  const minutes = setInterval(() => say("still building"), 60_000);
  try {
    await go(module, ["build", "-mod=readonly", "-buildvcs=false", "-ldflags", stamp, "-o", output, source]);
  } finally {
    clearInterval(minutes);
  }
}

/** Runs Go in one of the two modules beside this file, whose go.sum pins every source that is compiled. */
async function go(module, args) {
  const { ok, stdout, cause } = await run("go", args, {
    cwd: join(import.meta.dirname, "go", module),
    env: { GOFLAGS: "", GOWORK: "off" },
    limitSeconds: 45 * 60,
  });
  if (!ok) throw new Error(`go ${args[0]}: ${cause}`);
  return stdout;
}
