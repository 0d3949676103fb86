import { open, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Change } from "./change.js";
import { damaged } from "./damaged.js";
import { checked, readChecked, readText } from "./journalFile.js";

const SNAPSHOT = "snapshot";
const FORMAT = "keymgmt local-kms 1";

/** All state after the change with this number: a line that names the format, then one checked line. */
export interface Snapshot {
  readonly sequence: number;
  readonly changes: readonly Change[];
}

/** Replaces the one before when it is whole on disk. Its first name is always the same, so that a crash leaves one such file at most. */
export async function writeSnapshot(dir: string, changes: Iterable<Change>, sequence: number): Promise<void> {
  const text = `${FORMAT}\n${checked(JSON.stringify([sequence, [...changes]]))}`;
  const next = join(dir, `${SNAPSHOT}.new`);
  await rm(next, { force: true });
  try {
    await writeFile(next, text, { flag: "wx", mode: 0o600, flush: true });
    await rename(next, join(dir, SNAPSHOT));
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
  await syncFolder(dir);
}

/** Undefined in a new folder. */
export async function readSnapshot(dir: string): Promise<Snapshot | undefined> {
  const text = await readText(join(dir, SNAPSHOT));
  if (text === undefined) return undefined;
  const [format, line = "", end] = text.split("\n");
  if (format !== FORMAT) throw damaged(dir, `${SNAPSHOT} does not begin with "${FORMAT}"`);
  const json = end === "" ? readChecked(line) : undefined;
  if (json === undefined) throw damaged(dir, `${SNAPSHOT} does not match its checksum`);
  const [sequence, changes] = JSON.parse(json);
  return { sequence, changes };
}

/** Makes a file's name as durable as its bytes. Windows cannot open a folder, and needs not. */
export async function syncFolder(dir: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(dir, "r");
  await folder.sync().finally(() => folder.close());
}
