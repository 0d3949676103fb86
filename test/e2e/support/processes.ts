import { execFileSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";

export interface Process {
  pid: number;
  /** Its command line. */
  command: string;
}

/** A process and all that it started, and what those started: Pulumi gives each of its plugins a process group of its own. */
export function withDescendants(pid: number): Process[] {
  const table = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  const all = table
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, id, parent, command]) => ({ pid: Number(id), parent: Number(parent), command: command! }));
  const startedBy = (parent: number): Process[] =>
    all
      .filter((process) => process.parent === parent)
      .flatMap(({ pid, command }) => [{ pid, command }, ...startedBy(pid)]);
  return [...all.filter((process) => process.pid === pid), ...startedBy(pid)];
}

/** Ends processes at once. */
export function end(processes: { pid: number }[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It had ended by itself.
    }
  }
}

/** Waits until processes have ended by themselves. */
export async function ended(processes: { pid: number }[]): Promise<void> {
  for (const { pid } of processes) while (isRunning(pid)) await setTimeout(50);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
