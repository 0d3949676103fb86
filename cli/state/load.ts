import { text } from "node:stream/consumers";
import { UsageError } from "../exitCodes.js";
import { readOptionFile } from "../readOptionFile.js";
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
  return (await exportedStates(options)).map(({ text, source }) => readStack(text, source));
}

/** The same as text. With `--show-secrets`, an export by `pulumi` on the PATH has its secrets in plain text. */
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
      source: file,
    });
  return states;
}
