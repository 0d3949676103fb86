import { visible } from "./secrecy/visible";

/** Says a line to whoever runs the program: Pulumi shows it among the diagnostics of a preview or an update. */
export type Say = (line: string) => void;

/** A `say` that says each line once: a run has one. */
export function sayOnce(print: (line: string) => void = (line) => console.error(line)): Say {
  const said = new Set<string>();
  return (line) => {
    const text = visible(`keymgmt: ${line}`);
    if (!said.has(text)) print(text);
    said.add(text);
  };
}

/** Does work, and says a line where it fails. */
export async function sayingIfItFails<T>(say: Say, line: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    say(line);
    throw error;
  }
}
