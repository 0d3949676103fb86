/**
 * Where the engine looks for this package: it runs the text of `__provider` in the program's folder. A program that has the package
 * through a library alone may not have it there (pnpm, a workspace, a library's own node_modules), or may have another version.
 */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";

const NAME = "pulumi-keymgmt";

/**
 * The folder in which the engine runs the program and its dynamic providers: that of Pulumi.yaml, or of its `main`. Undefined where it
 * cannot be told: in an inline program of the Automation API, in tests, in a program that has changed its working directory, and where a
 * loader other than Node's finds packages.
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

/** The nearest folder, from this one up, that has a file of this name; this one where none has. */
function nearest(folder: string, file: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, file))) return at;
    if (at === dirname(at)) return folder;
  }
}

/**
 * What is wrong with the package as `folder` has it: `missing` stops the program, which could not go on; `other` is a warning.
 *
 * @param own the version that the program uses; undefined where that cannot be told, as in a bundle
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
      missing: `Expected ${NAME} in the program's folder, ${folder}, where Pulumi runs the provider of its resources; it is not found from there, because only a library that the program uses depends on it. Add ${line(own)} to "dependencies" in ${packageFileOf(folder)}, and install.`,
    };
  }
  const there = versionFrom(program);
  if (there === undefined || own === undefined || there === own) return undefined;
  return {
    other: `the program's folder, ${folder}, has ${NAME} ${there}, and so Pulumi runs the provider of that version, while the resources are declared by version ${own} of it, which a library depends on. Have one version of it: put ${line(own)} into "dependencies" in ${packageFileOf(folder)}, and install`,
  };
}

const line = (version?: string) => (version === undefined ? `"${NAME}"` : `"${NAME}": "${version}"`);

const packageFileOf = (folder: string) => join(nearest(folder, "package.json"), "package.json");

/** The version that a file of this name finds. */
function versionFrom(file: string): string | undefined {
  try {
    return (createRequire(file)(`${NAME}/package.json`) as { version?: string }).version;
  } catch {
    return undefined;
  }
}

let isChecked = false;

/** Looks once a process. Throws where no provider could run. */
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
