import { randomUUID } from "node:crypto";
import { open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file that only its owner can read, from its first byte on. The text goes into a new file with a random name in the same
 * folder, which is then renamed. So nothing is written through a link or into a file that somebody else created. Without `replaces`,
 * it fails where the file exists.
 */
export async function writePrivate(path: string, text: string, replaces: boolean): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  const file = await newFile(temporary);
  try {
    await file.writeFile(text);
    await file.sync();
    if (!replaces) await (await newFile(path)).close();
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary);
    throw error;
  } finally {
    await file.close();
  }
}

const newFile = (path: string) => open(path, "wx", 0o600);
