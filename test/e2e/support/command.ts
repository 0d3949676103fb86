import { constants } from "node:os";
import { end, withDescendants } from "./processes";

export interface Ran {
  stdout: string;
  stderr: string;
  /** 128 and the signal's number where a signal ended it, as shells have it. */
  exitCode: number;
}

export interface CommandOptions {
  cwd: string;
  env: Record<string, string>;
  seconds: number;
  input?: string;
  /** Gets the process's id as soon as it runs. */
  started?: (pid: number) => void;
}

const running = new Set<number>();
const stop = (pid: number) => end(withDescendants(pid));
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
  if (pid) {
    running.add(pid);
    options.started?.(pid);
  }
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    if (pid) stop(pid);
  }, seconds * 1000);
  const {
    stdout,
    stderr,
    signal,
    exitCode = signal && 128 + constants.signals[signal],
    message,
  } = await child;
  clearTimeout(limit);
  if (pid) running.delete(pid);

  const said = { stdout: String(stdout ?? ""), stderr: String(stderr ?? "") };
  if (late) throw new Error(`${file} ${args[0]} not done after ${seconds} s\n${said.stdout}\n${said.stderr}`);
  if (exitCode === undefined) throw new Error(message);
  return { ...said, exitCode };
}
