import { rm } from "node:fs/promises";
import { join } from "node:path";
import { checkout, engineFolder } from "../../../../tools/toolchain";
import { openProject, type Project, type ProjectOptions } from "../../support";
import { Shell } from "./shell";

/** Pulumi as somebody has it who says yes to everything and looks at no preview. */
const YES =
  'case "$1" in up|cancel) set -- "$@" --yes;; esac; test "$1" != up || set -- "$@" --skip-preview;';

/** Somebody in the project's folder: with the AWS CLI, pulumi and keymgmt. */
export class Operator extends Shell {
  private constructor(readonly project: Project) {
    super(project.folder, (file, args) => project.run(file, args));
  }

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

  /** Nothing of the backend is left. */
  async losesState(): Promise<void> {
    await rm(join(this.project.folder.state, ".pulumi"), { recursive: true });
  }
}
