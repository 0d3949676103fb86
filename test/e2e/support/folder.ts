import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkout } from "../../../tools/toolchain";

/** Where one test's program, state, home and node_modules lie: nothing of it outlives the test. */
export interface Folder {
  root: string;
  /** The Pulumi project: Pulumi.yaml, the program, node_modules. */
  program: string;
  /** The file backend. */
  state: string;
  /** $HOME of every command, so that no ~/.aws and no ~/.pulumi of the machine is seen. */
  home: string;
}

const always = ["@pulumi/pulumi", "@types/node", "typescript"];

/** A folder with a program given as text: JavaScript, or TypeScript that is transpiled and not checked. */
export async function folderOf(name: string, language: "javascript" | "typescript", packages: string[]) {
  const folder = await emptyFolder();
  await mkdir(folder.program);
  const runtime = `runtime:\n  name: nodejs\n  options:\n    typescript: ${language === "typescript"}\n`;
  await writeFile(join(folder.program, "Pulumi.yaml"), `name: ${name}\n${runtime}`);
  await writeFile(join(folder.program, "package.json"), JSON.stringify({ name, private: true, main: "." }));
  await link(folder, [...always, ...packages]);
  return folder;
}

/** A folder with a copy of a complete Pulumi project, its dependencies linked instead of installed. */
export async function folderFrom(example: string) {
  const folder = await emptyFolder();
  await cp(example, folder.program, {
    recursive: true,
    filter: (path) => !/[/\\](node_modules|Pulumi\.[^/\\]+\.yaml)$/.test(path),
  });
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(example, "package.json"), "utf8"));
  await link(folder, [...always, ...Object.keys({ ...dependencies, ...devDependencies })]);
  return folder;
}

/** A folder with nothing but a home and a place for states. */
export async function emptyFolder(): Promise<Folder> {
  const root = await mkdtemp(join(tmpdir(), "keymgmt-e2e-"));
  const [program, state, home] = ["program", "state", "home"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([mkdir(state), mkdir(home)]);
  return { root, program, state, home };
}

/** node_modules as an installation would make it: this package is the checkout itself, the others are its own. */
async function link(folder: Folder, packages: string[]) {
  for (const name of new Set(["pulumi-keymgmt", ...packages])) {
    const target = name === "pulumi-keymgmt" ? checkout : join(checkout, "node_modules", name);
    const place = join(folder.program, "node_modules", name);
    await mkdir(dirname(place), { recursive: true });
    await symlink(target, place, "dir");
  }
}

export async function remove(folder: Folder) {
  await rm(folder.root, { recursive: true, force: true, maxRetries: 5 });
}
