import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readText } from "./journalFile.js";

const LOCK = "lock";

export interface Lock {
  release(): Promise<void>;
}

/**
 * One server a data folder. The lock is a file that names its process; one whose process is gone (it was killed) is
 * stale and taken over. Process ids are used again, so the process's start counts too, where the system tells it.
 */
export async function acquireLock(dir: string): Promise<Lock> {
  const path = join(dir, LOCK);
  const own = `${path}.${randomUUID()}`;
  const text = JSON.stringify({ pid: process.pid, started: await startOf(process.pid), id: own });
  try {
    await writeFile(own, text, { mode: 0o600, flush: true });
    // Twice: a stale lock is moved away in between. Whoever links first has it.
    if (!(await linked(own, path))) {
      await removeStale(dir, path);
      if (!(await linked(own, path))) throw inUse(dir, await readText(path));
    }
  } finally {
    await rm(own, { force: true });
  }
  return { release: async () => ((await readText(path)) === text ? unlink(path) : undefined) };
}

/** False where the name is taken: unlike a write, a link is all or nothing. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function removeStale(dir: string, path: string): Promise<void> {
  const text = await readText(path);
  if (text === undefined) return;
  if (await isHeld(text)) throw inUse(dir, text);
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside);
  const moved = await readFile(aside, "utf8");
  // Another server took the stale lock over meanwhile: this one is its, and goes back.
  if (moved !== text) await link(aside, path);
  await unlink(aside);
}

async function isHeld(text: string): Promise<boolean> {
  const { pid, started } = readOwner(text);
  if (pid === undefined || !isAlive(pid)) return false;
  const now = await startOf(pid);
  return started === undefined || now === undefined || started === now;
}

function readOwner(text: string): { pid?: number; started?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Boot and start time of a process, on Linux; undefined elsewhere. Field 22 of stat, after the name in parentheses. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readText(`/proc/${pid}/stat`).catch(() => undefined);
  const boot = await readText("/proc/sys/kernel/random/boot_id").catch(() => undefined);
  if (!stat || !boot) return undefined;
  return `${boot.trim()} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
}

function inUse(dir: string, text: string | undefined): Error {
  const { pid } = readOwner(text ?? "");
  return new Error(
    `The data folder ${dir} is in use by another local KMS${pid === undefined ? "" : ` (process ${pid})`}`,
  );
}
