import { execFileSync } from "node:child_process";

export interface Ran {
  stdout: string;
  stderr: string;
  exitCode: number;
}

export interface CommandOptions {
  cwd: string;
  env: Record<string, string>;
  seconds: number;
  input?: string;
}

const running = new Set<number>();
process.on("exit", () => running.forEach(stop));

/**
 * Runs a command to its end, whatever its exit code. Only `env` reaches it: nothing of this process's environment.
 *
 * Past its time limit it is ended, with everything that it started.
 */
export async function command(file: string, args: string[], options: CommandOptions): Promise<Ran> {
  const { cwd, env, seconds, input } = options;
  const { execa } = await import("execa"); // Imported, because a package that it needs has no entry for require.
  const child = execa(file, args, {
    cwd,
    env,
    extendEnv: false,
    reject: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  const pid = child.pid;
  if (pid) running.add(pid);
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    if (pid) stop(pid);
  }, seconds * 1000);
  const { stdout, stderr, exitCode, message } = await child;
  clearTimeout(limit);
  if (pid) running.delete(pid);

  const said = { stdout: String(stdout ?? ""), stderr: String(stderr ?? "") };
  if (late) throw new Error(`${file} ${args[0]} not done after ${seconds} s\n${said.stdout}\n${said.stderr}`);
  if (exitCode === undefined) throw new Error(message);
  return { ...said, exitCode };
}

/** Ends a command and its descendants: Pulumi gives each of its plugins a process group of its own. */
function stop(pid: number) {
  for (const each of [pid, ...descendants(pid)]) {
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // It had ended by itself.
    }
  }
}

function descendants(pid: number): number[] {
  const table = execFileSync("ps", ["-A", "-o", "ppid=,pid="], { encoding: "utf8" });
  const pairs = table.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const childrenOf = (parent: number): number[] =>
    pairs.flatMap(([ppid, child]) => (ppid === parent ? [child!, ...childrenOf(child!)] : []));
  return childrenOf(pid);
}
