import { openJournal } from "./journal.js";
import { Store } from "./store.js";

/** The state in a folder, or one that lives as long as the process. */
export async function openStore(
  dataDir: string | undefined,
  report?: (error: unknown) => void,
): Promise<Store> {
  if (dataDir === undefined) return new Store([], { append: async () => {}, close: async () => {} });
  const { state, journal } = await openJournal(dataDir, { report });
  return new Store(state, journal);
}
