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
 * It leads a process group, so that past its time limit everything that it started is ended with it.
 */
export async function command(file: string, args: string[], options: CommandOptions): Promise<Ran> {
  const { cwd, env, seconds, input } = options;
  const { execa } = await import("execa"); // Imported, because a package that it needs has no entry for require.
  const child = execa(file, args, {
    cwd,
    env,
    extendEnv: false,
    detached: true,
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

function stop(pid: number) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It had ended by itself.
  }
}
