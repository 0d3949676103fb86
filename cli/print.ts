/** All that the command prints goes through here, so that nothing in it steers the terminal. */
import { visibleLines } from "../provider/secrecy/visible.js";

export function print(text: string): void {
  process.stdout.write(visibleLines(text));
}

/** For the standard error: what is no result. */
export function printNote(text: string): void {
  process.stderr.write(visibleLines(text));
}

/** The escapes of `visibleLines` are those of JSON, in which such characters stand in texts alone. */
export function printJson(value: object): void {
  print(`${JSON.stringify(value, undefined, 2)}\n`);
}
