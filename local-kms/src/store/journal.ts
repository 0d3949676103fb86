import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { Change } from "./change.js";
import { damaged } from "./damaged.js";
import { JOURNAL, type JournalLine, readJournal, writeLine } from "./journalFile.js";
import { acquireLock } from "./lock.js";
import { readSnapshot, syncFolder, writeSnapshot } from "./snapshot.js";
import type { Journal } from "./store.js";

/** A journal longer than this is folded into the snapshot. */
const USUAL_JOURNAL_BYTES = 32 * 1024 * 1024;

/**
 * A folder with a lock, a snapshot and the journal of what changed since. Appends that come while one is being
 * written are written together, so that one fsync acknowledges many requests.
 */
export async function openJournal(
  dir: string,
  mostBytes = USUAL_JOURNAL_BYTES,
): Promise<{ state: Change[]; journal: Journal }> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const lock = await acquireLock(dir);
  try {
    const { entities, sequence } = await load(dir);
    await writeSnapshot(dir, entities.values(), sequence);
    const file = await emptyJournal(dir);
    const journal = new FileJournal(dir, file, entities, sequence, mostBytes, lock.release);
    return { state: [...entities.values()], journal };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Its changes are in the snapshot by now. Opened for appending, so that it can be cut to nothing again later. */
async function emptyJournal(dir: string): Promise<FileHandle> {
  const file = await open(join(dir, JOURNAL), "a", 0o600);
  await file.chmod(0o600); // it may be a copy
  await file.truncate(0);
  await file.sync();
  await syncFolder(dir);
  return file;
}

/** The last value of every entity, by collection and id. */
type Entities = Map<string, Change>;

async function load(dir: string): Promise<{ entities: Entities; sequence: number }> {
  const snapshot = await readSnapshot(dir);
  const lines = await readJournal(dir);
  if (!snapshot && lines) throw damaged(dir, "there is a journal but no snapshot");
  if (snapshot && snapshot.sequence > 0 && !lines) throw damaged(dir, "there is a snapshot but no journal");
  const entities: Entities = new Map();
  fold(entities, snapshot?.changes ?? []);
  const saved = snapshot?.sequence ?? 0;
  let sequence = saved;
  for (const line of lines ?? []) {
    if (line.sequence <= saved) continue;
    if (line.sequence !== sequence + 1) {
      throw damaged(dir, `the journal goes from change ${sequence} to ${line.sequence}`);
    }
    fold(entities, line.changes);
    sequence = line.sequence;
  }
  return { entities, sequence };
}

function fold(entities: Entities, changes: readonly Change[]): void {
  for (const change of changes) {
    const [collection, id, value] = change;
    if (value === null) entities.delete(`${collection}/${id}`);
    else entities.set(`${collection}/${id}`, change);
  }
}

class FileJournal implements Journal {
  private waiting: { line: JournalLine; done: () => void; failed: (error: unknown) => void }[] = [];
  private writing: Promise<void> | undefined;
  private bytes = 0;
  private failure: unknown;

  constructor(
    private readonly dir: string,
    private readonly file: FileHandle,
    private readonly entities: Entities,
    private sequence: number,
    private readonly mostBytes: number,
    private readonly release: () => Promise<void>,
  ) {}

  append(changes: readonly Change[]): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    this.sequence += 1;
    const line = { sequence: this.sequence, changes };
    return new Promise((done, failed) => {
      this.waiting.push({ line, done, failed });
      this.writing ??= this.writeWaiting();
    });
  }

  async close(): Promise<void> {
    await this.writing;
    await this.file.close();
    await this.release();
  }

  /** After a write that failed nothing is known of the disk: this and every later append fails. */
  private async writeWaiting(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        const text = Buffer.from(batch.map(({ line }) => writeLine(line)).join(""));
        await this.file.appendFile(text);
        await this.file.datasync();
        for (const { line } of batch) fold(this.entities, line.changes);
        await this.compact(text.length, batch.at(-1)!.line.sequence);
      } catch (error) {
        this.failure = error;
        for (const { failed } of [...batch, ...this.waiting]) failed(error);
        this.waiting = [];
        break;
      }
      for (const { done } of batch) done();
    }
    this.writing = undefined;
  }

  private async compact(written: number, sequence: number): Promise<void> {
    this.bytes += written;
    if (this.bytes < this.mostBytes) return;
    await writeSnapshot(this.dir, this.entities.values(), sequence);
    await this.file.truncate(0);
    await this.file.datasync();
    this.bytes = 0;
  }
}
