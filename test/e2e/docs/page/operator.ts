import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkout, engineFolder } from "../../../../tools/toolchain";
import { openProject, type Project, type ProjectOptions } from "../../support";

/** Pulumi as somebody has it who says yes to everything and looks at no preview. */
const YES =
  'case "$1" in up|cancel) set -- "$@" --yes;; esac; test "$1" != up || set -- "$@" --skip-preview;';

/** Somebody who pastes commands into one shell, in the project's folder: with the AWS CLI, pulumi and keymgmt. */
export class Operator {
  private constructor(readonly project: Project) {}

  /** `python` has the AWS CLI. Stack "prod" is there and empty. */
  static async begin(python: string, options: ProjectOptions): Promise<Operator> {
    const operator = new Operator(await openProject(options));
    const { project } = operator;
    const script = (path: string, text: string) => operator.write(path, `#!/bin/sh\n${text}\n`, 0o755);
    await script("bin/aws", `exec '${python}' -m awscli "$@"`);
    await script("bin/python", `exec '${python}' "$@"`);
    await script("bin/pulumi", `${YES} exec '${join(await engineFolder(), "pulumi")}' "$@"`);
    await script(
      "program/node_modules/.bin/keymgmt",
      `exec node --no-warnings '${join(checkout, "dist/cli/main.js")}' "$@"`,
    );
    await script("program/node_modules/.bin/tsx", `exec '${join(checkout, "node_modules/.bin/tsx")}' "$@"`);
    await script("bin/npx", 'exec node_modules/.bin/"$@"');
    await project.pulumi(["stack", "init", "prod"]);
    await operator.opensShell();
    return operator;
  }

  /** A new one, without the variables of the one before. */
  async opensShell(): Promise<void> {
    await this.write("session", `PATH='${join(this.project.folder.root, "bin")}':"$PATH"\n`);
  }

  /** Variables stay from block to block. A command that fails is the last of its block. */
  async paste(commands: string): Promise<{ printed: string; exitCode: number }> {
    const session = join(this.project.folder.root, "session");
    const script = `set -aeuo pipefail; . '${session}'; trap "export -p >'${session}'" EXIT\n${commands}`;
    const { stdout, stderr, exitCode } = await this.project.run("bash", ["-c", script]);
    return { printed: stdout + stderr, exitCode };
  }

  /** Nothing of the backend is left. */
  async losesState(): Promise<void> {
    await rm(join(this.project.folder.state, ".pulumi"), { recursive: true });
  }

  /** A file in the folder of the test. */
  async write(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
    const file = join(this.project.folder.root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode });
  }
}
