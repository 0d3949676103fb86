import { readFile } from "node:fs/promises";

/** The text of a file that an option names. An error does not repeat the name: the user may have typed the file's contents, a secret. */
export async function readOptionFile(option: string, file: string): Promise<string> {
  return readFile(file, "utf8").catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(`Expected ${option} to name a file that can be read; it cannot be (${code}).`);
  });
}
