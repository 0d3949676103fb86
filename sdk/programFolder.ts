/**
 * The folder in which the engine searches for this package: it runs the text of `__provider` in the program's folder. If the program uses
 * the package only through a library, the package may not be there (pnpm, a workspace, a library's own node_modules), or in another version.
 */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";

const NAME = "pulumi-keymgmt";

/**
 * The folder in which the engine runs the program and its dynamic providers: that of Pulumi.yaml, or of its `main`. Undefined if it is not
 * known: in an inline program of the Automation API, in tests, in a program that has changed its working directory, and with a package
 * loader other than Node's.
 */
export function programFolder(startedBy = process.argv[1] ?? "", folder = process.cwd()): string | undefined {
  if (process.versions.pnp !== undefined || process.versions.bun !== undefined) return undefined;
  if (!/[/\\]@pulumi[/\\]pulumi[/\\]cmd[/\\]run([/\\]index\.js)?$/.test(startedBy)) return undefined;
  try {
    const project = join(nearest(folder, "Pulumi.yaml"), "Pulumi.yaml");
    const [, , main = "."] = /^main:[ \t]*(["']?)(.*?)\1[ \t]*$/m.exec(readFileSync(project, "utf8")) ?? [];
    const path = realpathSync(resolve(dirname(project), main));
    return folder === (statSync(path).isDirectory() ? path : dirname(path)) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/** The nearest folder, from this one up, that has a file of this name; this one if none has. */
function nearest(folder: string, file: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, file))) return at;
    if (at === dirname(at)) return folder;
  }
}

/**
 * The mistake in the package that `folder` has: `missing` stops the program, because no provider could run; `other` is a warning.
 *
 * @param own the version that the program uses; undefined if it is not known, as in a bundle
 */
export function packageMistake(
  folder: string,
  own: string | undefined,
): { missing: string } | { other: string } | undefined {
  const program = join(folder, "index.js");
  try {
    createRequire(program).resolve(`${NAME}/dynamic`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") return undefined;
    return {
      missing: `Expected ${NAME} in the program's folder, ${folder}, where Pulumi runs the provider of its resources; it is not found there, because only a library of the program depends on it. Add ${line(own)} to "dependencies" in ${packageFileOf(folder)}, and install.`,
    };
  }
  const there = versionFrom(program);
  if (there === undefined || own === undefined || there === own) return undefined;
  return {
    other: `the program's folder, ${folder}, has ${NAME} ${there}, so Pulumi runs the provider of that version, but the resources are declared by version ${own}, which a library depends on. Use one version: put ${line(own)} into "dependencies" in ${packageFileOf(folder)}, and install`,
  };
}

const line = (version?: string) => (version === undefined ? `"${NAME}"` : `"${NAME}": "${version}"`);

const packageFileOf = (folder: string) => join(nearest(folder, "package.json"), "package.json");

/** The version that a file of this name would load. */
function versionFrom(file: string): string | undefined {
  try {
    return (createRequire(file)(`${NAME}/package.json`) as { version?: string }).version;
  } catch {
    return undefined;
  }
}

let isChecked = false;

/** Checks once in a process. Throws if no provider could run. */
export function checkPackage(): void {
  if (isChecked) return;
  isChecked = true;
  const folder = programFolder();
  if (folder === undefined) return;
  // A bundle of ES modules has no __filename.
  const own = typeof __filename === "string" ? versionFrom(__filename) : undefined;
  const mistake = packageMistake(folder, own);
  if (mistake === undefined) return;
  if ("missing" in mistake) throw new pulumi.RunError(mistake.missing);
  void pulumi.log.warn(`keymgmt: ${mistake.other}`);
}
