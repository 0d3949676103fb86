import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { EXIT, UsageError } from "../exitCodes.js";
import { print } from "../print.js";

/** `pulumi new <this folder>` takes it too. From dist/cli/init. */
const TEMPLATE = join(__dirname, "../../../templates/keymgmt-typescript");
const PACKAGE = "package.json";
/** What may be in the folder before: what `npm install` of this package makes, and what a new repository has. */
const BEFORE =
  /^(package-lock\.json|pnpm-lock\.yaml|yarn\.lock|node_modules|\.npmrc|\.git.*|\.hg|\.svn|README.*|LICENSE.*)$/;
/** Not in the template: npm leaves it out of a package. */
const IGNORED = "node_modules/\n";

/**
 * `keymgmt init`. Returns the exit code. Writes what `pulumi new` makes of the template, without a stack. Refuses before it writes
 * anything where a file of the project exists, and without `force` where anything else does, as `pulumi new`; package.json is completed,
 * because `npm install` of this package has made it.
 */
export async function init(folder = ".", { force = false } = {}): Promise<number> {
  const target = resolve(folder);
  const project = nameOf(target);
  const names = await readdir(TEMPLATE);
  const present = existsSync(target) ? await readdir(target) : [];
  const there = names.filter((name) => name !== PACKAGE && present.includes(name));
  if (there.length > 0)
    throw new UsageError(
      `Expected a folder without a project, and ${target} has ${there.join(", ")}. Nothing was written. Give the name of another folder.`,
    );
  const others = present.filter((name) => !names.includes(name) && !BEFORE.test(name));
  if (others.length > 0 && !force)
    throw new UsageError(
      `Expected an empty folder, or one with nothing but a new npm package and repository, and ${target} has ${listed(others)}. Nothing was written. Give the name of a new folder (keymgmt init orders), or --force if the project belongs there: it overwrites no file.`,
    );

  const texts = await Promise.all(
    names.map(async (name) => {
      const text = filled(await readFile(join(TEMPLATE, name), "utf8"), project);
      return name === PACKAGE ? completed(join(target, name), text) : text;
    }),
  );
  await mkdir(target, { recursive: true });
  for (const [index, name] of names.entries()) await writeFile(join(target, name), texts[index]!);
  if (!existsSync(join(target, ".gitignore"))) await writeFile(join(target, ".gitignore"), IGNORED);
  print(nextSteps(project, folder));
  return EXIT.fine;
}

const listed = (names: string[]) =>
  names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");

/** The name of the project, of the key and of its alias. */
function nameOf(folder: string): string {
  const name = basename(folder);
  if (/^[A-Za-z0-9_-]{1,100}$/.test(name)) return name;
  throw new UsageError(
    `Expected a folder whose name has only letters, digits, _ and -, because the alias gets it, and got "${name}".`,
  );
}

/** As `pulumi new` does it: the names put in, and the section that is about the template left out. */
function filled(text: string, project: string): string {
  const [section = "", description = ""] = /^template:\n(?: .*\n)*? {2}description: (.*)\n/m.exec(text) ?? [];
  return text
    .replace(section, "")
    .replaceAll(/\$\{PROJECT\}/g, project)
    .replaceAll(/\$\{DESCRIPTION\}/g, description);
}

/** package.json with what the template has and the present one has not. */
async function completed(file: string, template: string): Promise<string> {
  if (!existsSync(file)) return template;
  const wanted = JSON.parse(template);
  const present = parsed(file, await readFile(file, "utf8"));
  if (present.type === "module")
    throw new UsageError(
      `Expected ${file} without "type": "module", with which Pulumi does not load index.ts. Nothing was written. Take that line out, or give the name of another folder.`,
    );
  const all = { ...wanted, ...present };
  for (const kind of ["dependencies", "devDependencies"]) {
    const missing = Object.entries(wanted[kind]).filter(
      ([name]) => !(name in { ...present.dependencies, ...present.devDependencies }),
    );
    all[kind] = { ...present[kind], ...Object.fromEntries(missing) };
  }
  return `${JSON.stringify(all, undefined, 2)}\n`;
}

// biome-ignore lint/suspicious/noExplicitAny: npm's own file.
function parsed(file: string, text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(
      `Expected ${file} to be JSON. Nothing was written. Mend it, or give the name of another folder.`,
    );
  }
}

function nextSteps(project: string, folder: string): string {
  return `Wrote a project with the key "${project}" in two Regions, behind alias/${project}-<stack>. Next:

  ${folder === "." ? "" : `cd ${folder} && `}npm install
  pulumi stack init dev
  pulumi up

On a local KMS, without an AWS account: docs/start.md of pulumi-keymgmt.
`;
}
