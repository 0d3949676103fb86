/** Every output of the command goes through here: control characters are escaped, so that no text can control the terminal. */
import { visibleLines } from "../provider/secrecy/visible.js";

export function print(text: string): void {
  process.stdout.write(visibleLines(text));
}

/** Prints to the standard error what is not a result. */
export function printNote(text: string): void {
  process.stderr.write(visibleLines(text));
}

/** `visibleLines` escapes as JSON does, and JSON has such characters only inside of strings. So the output stays valid JSON. */
export function printJson(value: object): void {
  print(`${JSON.stringify(value, undefined, 2)}\n`);
}
