import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Where `pulumi` runs. */
export interface ProjectOptions {
  /** Stack of the current project; by default the selected one. */
  stack?: string;
  /** Folder of the Pulumi project. */
  cwd?: string;
}

const LARGEST = 256 * 1024 * 1024;

/** Runs `pulumi` from the PATH in the project's folder and returns its output. In errors, `to` is the purpose and `instead` an alternative. */
export async function runPulumi(
  args: string[],
  { stack, cwd }: ProjectOptions,
  to: string,
  instead: string,
): Promise<string> {
  const all = [...args, "--non-interactive", ...(stack === undefined ? [] : ["--stack", stack])];
  try {
    const { stdout } = await promisify(execFile)("pulumi", all, { cwd, maxBuffer: LARGEST });
    return stdout;
  } catch (thrown) {
    const { code, stderr } = thrown as { code?: unknown; stderr?: string };
    if (code === "ENOENT")
      throw new Error(
        `Expected \`pulumi\` on the PATH${cwd === undefined ? "" : ` and a folder ${cwd}`}. ${instead}`,
      );
    const shown = all.map((arg) => (arg.length > 80 ? "…" : arg)).join(" ");
    const said = (stderr ?? "")
      .trim()
      .replaceAll(/\s*\n\s*/g, "; ")
      .replace(/\.$/, "");
    const next = /passphrase/.test(said) ? "" : ` ${adviceFor(stack)} ${instead}`; // Pulumi says itself which variable to set
    throw new Error(`Expected \`pulumi ${shown}\` to ${to}; it failed: ${said}.${next}`.trimEnd());
  }
}

function adviceFor(stack: string | undefined): string {
  const where = "Run this in the project's folder, or give --cwd";
  return stack === undefined ? `${where} or --stack.` : `${where}; \`pulumi stack ls\` shows its stacks.`;
}
