import { visibleLines } from "./visible.js";

export function print(text: string): void {
  process.stdout.write(visibleLines(text));
}

/** Prints to the standard error what is not a result. */
export function printNote(text: string): void {
  process.stderr.write(visibleLines(text));
}
