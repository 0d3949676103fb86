import { randomUUID } from "node:crypto";
import { open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file that its owner alone can read, from its first byte on: into a new one beside it whose name nobody can foresee, which
 * then gets the name. So nothing is written through a link or into a file that somebody put there. Without `replaces`, it fails where
 * the name is taken by then.
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
