import { mkdir } from "node:fs/promises";
import type { Change } from "./change.js";
import type { Journal } from "./store.js";
export async function openJournal(dir: string): Promise<{ state: Change[]; journal: Journal }> {
  await mkdir(dir, { recursive: true });
  throw new Error("todo");
}
