import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import type { Change } from "./change.js";
import { damaged, unusable } from "./damaged.js";
import { JOURNAL, readJournal, writeLine } from "./journalFile.js";
import { acquireLock } from "./lock.js";
import { NotStored } from "./notStored.js";
import { readSnapshot, syncFolder, writeSnapshot } from "./snapshot.js";
import type { Journal } from "./store.js";

/** A journal longer than this is folded into the snapshot. */
const USUAL_JOURNAL_BYTES = 32 * 1024 * 1024;

export interface JournalOptions {
  /** Told of what went wrong without any request failing by it. */
  report?: (error: unknown) => void;
  mostBytes?: number;
}

/**
 * A folder with a lock, a snapshot and the journal of what changed since. Appends that come while one is being
 * written are written together, so that one fsync acknowledges many requests.
 */
export async function openJournal(
  dir: string,
  { report = console.error, mostBytes = USUAL_JOURNAL_BYTES }: JournalOptions = {},
): Promise<{ state: Change[]; journal: Journal }> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const lock = await acquireLock(dir);
    try {
      const { entities, sequence } = await load(dir);
      await writeSnapshot(dir, entities.values(), sequence);
      const file = await emptyJournal(dir);
      const journal = new FileJournal(dir, file, entities, sequence, mostBytes, report, lock.release);
      return { state: [...entities.values()], journal };
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw unusable(dir, error);
  }
}

/** Its changes are in the snapshot by now. Opened for appending, so that it can be cut to nothing again later. */
async function emptyJournal(dir: string): Promise<FileHandle> {
  const file = await open(join(dir, JOURNAL), "a", 0o600);
  try {
    await file.chmod(0o600); // it may be a copy
    await file.truncate(0);
    await file.sync();
    await syncFolder(dir);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
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

/** A commit that is not acknowledged yet. */
interface Pending {
  changes: readonly Change[];
  done: () => void;
  failed: (error: unknown) => void;
}

class FileJournal implements Journal {
  onLoss: Journal["onLoss"];
  private waiting: Pending[] = [];
  private writing: Promise<void> | undefined;
  /** How much of the file counts. Where it `isTorn` there may be more in it, of a write that failed. */
  private bytes = 0;
  private isTorn = false;
  private foldAt: number;

  /** @param sequence of the last change that is stored */
  constructor(
    private readonly dir: string,
    private readonly file: FileHandle,
    private readonly entities: Entities,
    private sequence: number,
    private readonly mostBytes: number,
    private readonly report: (error: unknown) => void,
    private readonly release: () => Promise<void>,
  ) {
    this.foldAt = mostBytes;
  }

  append(changes: readonly Change[]): Promise<void> {
    return new Promise((done, failed) => {
      this.waiting.push({ changes, done, failed });
      this.writing ??= this.writeWaiting();
    });
  }

  async close(): Promise<void> {
    await this.writing;
    await this.file.close();
    await this.release();
  }

  private async writeWaiting(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.write(batch);
        for (const { done } of batch) done();
        await this.foldIfLong();
      } catch (error) {
        await this.refuse(batch, error);
      }
    }
    this.writing = undefined;
  }

  private async write(batch: readonly Pending[]): Promise<void> {
    if (this.isTorn) await this.cutTorn();
    const lines = batch.map(({ changes }, i) => ({ sequence: this.sequence + 1 + i, changes }));
    const text = Buffer.from(lines.map(writeLine).join(""));
    this.isTorn = true;
    await this.file.appendFile(text);
    await this.file.datasync();
    this.isTorn = false;
    this.bytes += text.length;
    this.sequence += batch.length;
    for (const { changes } of batch) fold(this.entities, changes);
  }

  /**
   * After a write that failed nothing is known of what is behind the last good line: it is cut off, now or before the next
   * write. Whoever waits has built upon what is lost and fails with it.
   */
  private async refuse(batch: readonly Pending[], error: unknown): Promise<void> {
    await this.cutTorn().catch(() => undefined);
    const lost = [...batch, ...this.waiting];
    this.waiting = [];
    this.onLoss?.(this.entities.values());
    const notStored = new NotStored(error);
    for (const { failed } of lost) failed(notStored);
  }

  private async cutTorn(): Promise<void> {
    await this.file.truncate(this.bytes);
    await this.file.datasync();
    this.isTorn = false;
  }

  /** Where that fails, the journal has it all, and is folded when it has grown by as much again. */
  private async foldIfLong(): Promise<void> {
    if (this.bytes < this.foldAt) return;
    this.foldAt = this.bytes + this.mostBytes;
    try {
      await writeSnapshot(this.dir, this.entities.values(), this.sequence);
      await this.file.truncate(0);
      this.bytes = 0;
      this.foldAt = this.mostBytes;
      await this.file.datasync();
    } catch (error) {
      this.report(error);
    }
  }
}
