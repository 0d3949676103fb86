import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Change } from "./change.js";
import { damaged } from "./damaged.js";

export const JOURNAL = "journal";

/** One commit. Sequence numbers go up by one, so that a lost line shows. */
export interface JournalLine {
  readonly sequence: number;
  readonly changes: readonly Change[];
}

/** `<CRC-32 in hexadecimal> <JSON>`, ended by a line feed. */
export function writeLine({ sequence, changes }: JournalLine): string {
  return checked(JSON.stringify([sequence, changes]));
}

export const checked = (json: string) => `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`;

/** The JSON of a checked line, or undefined where it is not as it was written. */
export function readChecked(line: string): string | undefined {
  const json = line.slice(9);
  return checked(json) === `${line}\n` ? json : undefined;
}

/**
 * The lines of a journal; undefined without one. A last line without its line feed was being written when the process
 * ended, so nobody was told that it is done: it does not count. Any other line that does not check out is damage.
 */
export async function readJournal(dir: string): Promise<JournalLine[] | undefined> {
  const text = await readText(join(dir, JOURNAL));
  if (text === undefined) return undefined;
  return text
    .split("\n")
    .slice(0, -1)
    .map((line, i) => {
      const json = readChecked(line);
      if (json === undefined) throw damaged(dir, `line ${i + 1} of ${JOURNAL} does not match its checksum`);
      const [sequence, changes] = JSON.parse(json);
      return { sequence, changes };
    });
}

/** Undefined where there is no such file. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
