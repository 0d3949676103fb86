import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Ran } from "../../support/command";
import type { Folder } from "../../support/folder";

/** One shell, into which somebody pastes commands. What a test puts into the folder's `bin` comes before everything else. */
export class Shell {
  constructor(
    readonly folder: Folder,
    private readonly run: (file: string, args: string[]) => Promise<Ran>,
  ) {}

  /** A new one, without the variables of the one before. */
  async opensShell(): Promise<void> {
    await this.write("session", `PATH='${join(this.folder.root, "bin")}':"$PATH"\n`);
  }

  /** Variables and the folder stay from block to block. A command that fails is the last of its block. */
  async paste(commands: string): Promise<{ printed: string; exitCode: number }> {
    const session = join(this.folder.root, "session");
    const keep = `{ export -p; printf "cd %q\\n" "$PWD"; } >'${session}'`;
    const script = `set -aeuo pipefail; . '${session}'; trap '${keep.replaceAll("'", `'\\''`)}' EXIT\n${commands}`;
    const { stdout, stderr, exitCode } = await this.run("bash", ["-c", script]);
    return { printed: stdout + stderr, exitCode };
  }

  /** A file in the folder of the test. */
  async write(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
    const file = join(this.folder.root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode });
  }
}
