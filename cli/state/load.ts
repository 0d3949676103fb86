import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { visible } from "../../provider/secrecy/visible.js";
import { UsageError } from "../exitCodes.js";
import { printNote } from "../print.js";
import { readOptionFile } from "../readOptionFile.js";
import { wrapped } from "../text.js";
import { type ProjectOptions, runPulumi } from "./pulumi.js";
import { readStack, type StackState } from "./stack.js";

/** Where states come from. */
export interface StateOptions extends ProjectOptions {
  /** Files of `pulumi stack export`; "-" is the standard input. */
  state?: string[];
}

/** An exported state, and its name in messages. */
export interface ExportedState {
  text: string;
  source: string;
}

/** The states of the options, or that of the stack in the current project. Secrets stay encrypted, so no passphrase is needed. */
export async function loadStates(options: StateOptions): Promise<StackState[]> {
  return read(await exportedStates(options));
}

/** The same, for a command that can do without a state: see `exportedStatesIfAny`. */
export async function loadStatesIfAny(options: StateOptions, isNeeded: boolean): Promise<StackState[]> {
  return read(await exportedStatesIfAny(options, isNeeded));
}

const read = (exported: ExportedState[]) => exported.map(({ text, source }) => readStack(text, source));

/**
 * States as text, for a command that can do without one: in a Pulumi project that of the selected stack, elsewhere none. Where it cannot be
 * exported and `isNeeded` is false, a note says so.
 */
export async function exportedStatesIfAny(
  options: StateOptions,
  isNeeded: boolean,
): Promise<ExportedState[]> {
  const { state, stack, cwd } = options;
  if (state !== undefined || stack !== undefined || cwd !== undefined) return exportedStates(options);
  if (!isInProject(process.cwd())) return [];
  try {
    return await exportedStates(options);
  } catch (error) {
    if (isNeeded) throw error;
    printNote(wrapped(visible(`no state is used: ${(error as Error).message}`), "note: "));
    return [];
  }
}

/** As Pulumi looks for a project: in the folder and in those above it. */
function isInProject(folder: string): boolean {
  if (["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"].some((file) => existsSync(join(folder, file))))
    return true;
  return dirname(folder) !== folder && isInProject(dirname(folder));
}

/** The states as text. With `--show-secrets`, an export by `pulumi` on the PATH has its secrets in plain text. */
export async function exportedStates(
  { state, stack, cwd }: StateOptions,
  ...flags: "--show-secrets"[]
): Promise<ExportedState[]> {
  if (state === undefined) {
    const args = ["stack", "export", ...flags];
    const instead = "Or give --state FILE (an export of the stack).";
    const text = await runPulumi(args, { stack, cwd }, "give the stack's state", instead);
    return [{ text, source: "pulumi stack export" }];
  }
  if (stack !== undefined || cwd !== undefined)
    throw new UsageError(
      "Expected either --state, or --stack and --cwd for `pulumi stack export`, not both.",
    );
  if (state.filter((file) => file === "-").length > 1)
    throw new UsageError("Expected `--state -` once: the standard input holds one state.");
  const states: ExportedState[] = [];
  for (const file of state)
    states.push({
      text: file === "-" ? await text(process.stdin) : await readOptionFile("--state", file),
      source: file === "-" ? "the standard input" : file,
    });
  return states;
}
