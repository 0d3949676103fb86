import { visible } from "./secrecy/visible";

/** Shows the user a line: Pulumi prints it among the diagnostics of a preview or an update. */
export type Say = (line: string) => void;

/** Of every line that says something to the user, the provider's and the command's. */
export const PREFIX = "keymgmt: ";

/** A `Say` that shows each line once. A run creates one. */
export function sayOnce(print: (line: string) => void = (line) => console.error(line)): Say {
  const said = new Set<string>();
  return (line) => {
    const text = visible(`${PREFIX}${line}`);
    if (!said.has(text)) print(text);
    said.add(text);
  };
}

/** Runs `work` and shows a line if it fails. */
export async function sayingIfItFails<T>(say: Say, line: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    say(line);
    throw error;
  }
}
