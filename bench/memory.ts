import { readdirSync, readFileSync } from "node:fs";

const EVERY_MS = 100;

/**
 * Watches a process and all that it starts, until `stop`. Returns the largest resident memory that one of them had, in bytes: the kernel's
 * own high-water mark (VmHWM in proc(5)). Undefined where there is no /proc.
 */
function watchMemory(root: number): { stop: () => number | undefined } {
  let largest: number | undefined;
  const look = () => {
    for (const pid of family(root)) {
      const kib = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
      if (kib !== undefined) largest = Math.max(largest ?? 0, Number(kib) * 1024);
    }
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return largest;
    },
  };
}

/** Seconds that a command takes, and the largest resident memory of its processes. `work` names its process when it has started. */
export async function timed(
  work: (started: (pid: number) => void) => Promise<void>,
): Promise<{ seconds: number; memory: number | undefined }> {
  let watched: ReturnType<typeof watchMemory> | undefined;
  let memory: number | undefined;
  const began = performance.now();
  try {
    await work((pid) => {
      watched = watchMemory(pid);
    });
  } finally {
    memory = watched?.stop();
  }
  return { seconds: (performance.now() - began) / 1000, memory };
}

/** The process and its descendants. */
function family(root: number): Set<number> {
  const parents = processes().map((pid) => [pid, parentOf(pid)] as const);
  const members = new Set([root]);
  for (let size = 0; size !== members.size; ) {
    size = members.size;
    for (const [pid, parent] of parents) if (members.has(parent)) members.add(pid);
  }
  return members;
}

function processes(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** The fourth field of /proc/PID/stat. The second, the command's name in parentheses, may hold anything. */
function parentOf(pid: number): number {
  return Number(read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ")[1]);
}

/** Empty where the process has ended since. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
