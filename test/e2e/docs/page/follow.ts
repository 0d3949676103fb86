import assert from "node:assert/strict";
import { assertPrinted, type Block } from "./page";
import type { Shell } from "./shell";

/** What is known of a block of commands. */
export interface Known {
  before?: () => Promise<unknown>;
  /** Of the last command; 0 by default. That of a pulumi that fails is not the same in every release. */
  exitCode?: number | "any but 0";
  after?: (printed: string) => Promise<unknown>;
}

/**
 * Does what a page says, block by block: runs commands, finds what it shows in what the commands before have printed, and
 * writes a program into the file that its first line names (`// index.ts`, `# use.py`). A block of which nothing is known fails.
 *
 * @param known of each block of commands, in their order
 * @param printed what was printed before the first
 */
export async function follow(shell: Shell, blocks: Block[], known: Known[], printed = ""): Promise<void> {
  const left = [...known];
  for (const { language, text } of blocks) {
    if (language === "text") assertPrinted(text, printed);
    else if (language === "sh") printed = await run(shell, text, left.shift());
    else await shell.write(`program/${fileNamedIn(text)}`, text);
  }
  assert.deepEqual(left, [], "these blocks are not there any more");
}

async function run(shell: Shell, text: string, known?: Known): Promise<string> {
  assert.ok(known, `nothing is known here of:\n${text}`);
  await known.before?.();
  const { printed, exitCode: ended } = await shell.paste(text);
  if (process.env.SHOW) console.log(text, printed);
  const { exitCode = 0 } = known;
  const isExpected = exitCode === "any but 0" ? ended > 0 : ended === exitCode;
  assert.ok(isExpected, `${text}\nended with ${ended}, not ${exitCode}\n${printed}`);
  await known.after?.(printed);
  return printed;
}

function fileNamedIn(text: string): string {
  const [, name] = /^(?:\/\/|#) ([\w./-]+)\n/.exec(text) ?? [];
  return name ?? assert.fail(`no file is named in the first line of:\n${text}`);
}
