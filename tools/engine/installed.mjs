import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { cached } from "../cache.mjs";
import { buildLanguageHost, copyLauncher } from "./built.mjs";
import { executable, olderThan, oldest, pathFolders, programs, versionOf } from "./pulumi.mjs";

/** The first `pulumi` on PATH that is new enough, with what it needs beside it. */
export async function installed() {
  const causes = [];
  for (const folder of pathFolders()) {
    const cli = join(folder, programs.cli);
    if (!executable(cli)) continue;
    const { version, cause } = await versionOf(cli);
    if (version && !olderThan(version, oldest)) {
      return { bin: await completed(cli, version), version, how: `installed at ${cli}` };
    }
    causes.push(`${cli}: ${cause ?? `${version} is older than ${oldest}`}`);
  }
  return { cause: causes.join("; ") || "none" };
}

/** The folder of an installed `pulumi`, or one of ours that links to it and adds what its installation lacks. */
async function completed(cli, version) {
  const beside = [dirname(cli), dirname(realpathSync(cli)), ...pathFolders()];
  const find = (name) => beside.map((folder) => join(folder, name)).find(executable);
  const [languageHost, launcher] = [find(programs.languageHost), find(programs.launcher)];
  if (languageHost && launcher) return dirname(cli);

  const id = createHash("sha256").update(`${cli} ${version}`).digest("hex").slice(0, 12);
  const folder = await cached(`engine-beside-${id}`, {
    valid: (made) => Object.values(programs).every((name) => executable(join(made, "bin", name))),
    make: async (staging) => {
      const bin = join(staging, "bin");
      mkdirSync(bin);
      symlinkSync(cli, join(bin, programs.cli));
      if (languageHost) symlinkSync(languageHost, join(bin, programs.languageHost));
      else await buildLanguageHost(bin);
      if (launcher) symlinkSync(launcher, join(bin, programs.launcher));
      else await copyLauncher(bin);
    },
  });
  return join(folder, "bin");
}
