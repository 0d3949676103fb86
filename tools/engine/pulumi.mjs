import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "../run.mjs";

/** The release that is fetched, or built, where no `pulumi` is installed. */
export const version = "3.259.0";

/** The newest language host that is a part of the Go module sdk/v3; see go/language-nodejs. */
export const languageHostVersion = "3.68.0";

/** The oldest installed `pulumi` that is used. */
export const oldest = "3.150.0";

/** What `pulumi up` of a TypeScript program with dynamic resources needs, all of it found by name on PATH. */
export const programs = {
  cli: "pulumi",
  languageHost: "pulumi-language-nodejs",
  launcher: "pulumi-resource-pulumi-nodejs",
};

/** Nothing that looks at the network while `pulumi` runs. */
export const offline = {
  PULUMI_SKIP_UPDATE_CHECK: "true",
  PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
};

/** What `pulumi version` answers, as "3.259.0"; undefined, or a `cause`, if it answers nothing that is a version. */
export async function versionOf(pulumi) {
  const { ok, stdout, cause } = await run(pulumi, ["version"], { env: offline, limitSeconds: 15 });
  if (!ok) return { cause };
  const found = /^v?(\d+\.\d+\.\d+)/m.exec(stdout)?.[1];
  return found ? { version: found } : { cause: "`pulumi version` says nothing" };
}

export function olderThan(a, b) {
  const [x, y] = [a, b].map((text) => text.split(".").map(Number));
  const at = x.findIndex((part, i) => part !== y[i]);
  return at >= 0 && x[at] < y[at];
}

/** True of a folder whose `bin` holds all the programs and whose `pulumi` answers with the version it should be. */
export async function whole(folder) {
  const bin = join(folder, "bin");
  if (!Object.values(programs).every((name) => executable(join(bin, name)))) return false;
  return (await versionOf(join(bin, programs.cli))).version === version;
}

export function executable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile() && statSync(file).size > 0;
  } catch {
    return false;
  }
}

export function pathFolders() {
  return (process.env.PATH ?? "").split(delimiter).filter(Boolean);
}
