import { readFile } from "node:fs/promises";

/** The text of a file that an option names. The name is not repeated where it is none: what was typed may be what should be in it. */
export async function readOptionFile(option: string, file: string): Promise<string> {
  return readFile(file, "utf8").catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(`Expected ${option} to name a file that can be read; it cannot be (${code}).`);
  });
}
