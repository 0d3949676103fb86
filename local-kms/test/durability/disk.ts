import fs, { type FileHandle } from "node:fs/promises";
import { temporaryFolder } from "../support.js";

/** A moment at a call to the file system: just before it, just after it, and of a write also with half of the bytes written. */
export type Step = `${"before" | "halfway" | "after"} ${string}`;

/** Thrown or rejected by it, a call fails at that moment. */
export type Watcher = (step: Step) => unknown;

type Call = (this: unknown, ...args: never[]) => Promise<unknown>;

/** What changes a folder, or makes a change durable. `store/` uses no others: a test holds it to that. */
export const CALLS = {
  folder: ["mkdir", "open", "writeFile", "rename", "link", "unlink", "rm"],
  file: ["appendFile", "datasync", "sync", "truncate", "chmod"],
} as const;

/** Watches every call by node:fs/promises of this process until the function that it returns is called. */
export async function watchDisk(watcher: Watcher): Promise<() => void> {
  const file = await fs.open(await temporaryFolder(), "r");
  const handle = Object.getPrototypeOf(file) as Record<string, Call>;
  await file.close();
  const restores = [
    ...CALLS.folder.map((name) => watch(fs as unknown as Record<string, Call>, name, watcher)),
    ...CALLS.file.map((name) => watch(handle, name, watcher)),
  ];
  return () => {
    for (const restore of restores) restore();
  };
}

function watch(owner: Record<string, Call>, name: string, watcher: Watcher): () => void {
  const real = owner[name]!;
  const half = HALVES[name];
  owner[name] = async function (this: unknown, ...args) {
    await watcher(`before ${name}`);
    if (half) await half(real.bind(this) as never, args as never, () => watcher(`halfway ${name}`));
    else {
      const result = await real.apply(this, args);
      await watcher(`after ${name}`);
      return result;
    }
    await watcher(`after ${name}`);
    return undefined;
  };
  return () => {
    owner[name] = real;
  };
}

/** Writes in two parts. */
const HALVES: Record<string, (real: never, args: never, between: () => unknown) => Promise<void>> = {
  appendFile: async (real: FileHandle["appendFile"], [data]: [Buffer], between) => {
    const middle = Math.floor(data.length / 2);
    await real(data.subarray(0, middle));
    await between();
    await real(data.subarray(middle));
  },
  writeFile: async (real: typeof fs.writeFile, [path, text, options]: [string, string, object], between) => {
    await real(path, text.slice(0, text.length / 2), { ...options, flush: false });
    await between();
    await real(path, text, { ...options, flag: "w" });
  },
};
