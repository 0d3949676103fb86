import { createInterface } from "node:readline/promises";

/** Whether the user types these words. The end of the standard input means no. */
export async function confirmed(words: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  const typed = await Promise.race([terminal.question(`Type "${words}" to go on: `), ended]);
  terminal.close();
  return typed.trim() === words;
}
