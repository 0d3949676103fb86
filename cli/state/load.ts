import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { UsageError } from "../exitCodes.js";
import { readStack, type StackState } from "./stack.js";

/** Where states come from. */
export interface StateOptions {
  /** Files of `pulumi stack export`; "-" is the standard input. */
  state?: string[];
  /** The stack of the current project to export; by default the selected one. */
  stack?: string;
  /** Folder of the Pulumi project. */
  cwd?: string;
}

const LARGEST = 256 * 1024 * 1024;

/** The states that were named, or the one of the stack in the current project, which `pulumi` on the PATH exports. */
export async function loadStates({ state, stack, cwd }: StateOptions): Promise<StackState[]> {
  if (state === undefined) return [readStack(await exported(stack, cwd), "pulumi stack export")];
  if (stack !== undefined || cwd !== undefined)
    throw new UsageError(
      "Expected either --state, or --stack and --cwd for `pulumi stack export`, not both.",
    );
  if (state.filter((file) => file === "-").length > 1)
    throw new UsageError("Expected `--state -` once: the standard input holds one state.");
  const states: StackState[] = [];
  for (const file of state)
    states.push(readStack(file === "-" ? await text(process.stdin) : await readFile(file, "utf8"), file));
  return states;
}

/** Secrets stay encrypted: none is asked for. */
async function exported(stack: string | undefined, cwd: string | undefined): Promise<string> {
  const args = ["stack", "export", "--non-interactive", ...(stack === undefined ? [] : ["--stack", stack])];
  try {
    const { stdout } = await promisify(execFile)("pulumi", args, { cwd, maxBuffer: LARGEST });
    return stdout;
  } catch (thrown) {
    const { code, stderr } = thrown as { code?: unknown; stderr?: string };
    if (code === "ENOENT")
      throw new Error(
        `Expected \`pulumi\` on the PATH${cwd === undefined ? "" : ` and a folder ${cwd}`}. Give --state FILE (an export of the stack) instead.`,
      );
    throw new Error(
      `Expected \`pulumi ${args.join(" ")}\` to give the stack's state; it failed: ${(stderr ?? "").trim()} ` +
        "Run this in the project's folder, or give --cwd, --stack or --state FILE.",
    );
  }
}
