import { spawn } from "node:child_process";

const running = new Set();
process.on("exit", () => running.forEach(stop));
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
]) {
  process.on(signal, () => process.exit(code));
}

/** Ends a child and whatever it started: each child leads a process group of its own. */
function stop(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It had ended by itself.
  }
}

/**
 * Runs a command to its end, without standard input, and never throws.
 *
 * Answers `{ ok, stdout, cause }`: `cause` is one line that says why a command failed, the last that it
 * said. A command that runs for `limitSeconds`, or says nothing for `idleSeconds`, is ended.
 */
export function run(command, args, { cwd, env = {}, limitSeconds = 60, idleSeconds = limitSeconds } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    running.add(child);
    let stdout = "";
    let stderr = "";
    let ended;

    const end = (why) => {
      ended ??= why;
      stop(child);
    };
    const limit = setTimeout(() => end(`not done after ${limitSeconds} s`), limitSeconds * 1000);
    const idle = setTimeout(() => end(`no word for ${idleSeconds} s`), idleSeconds * 1000);
    child.stdout.setEncoding("utf8").on("data", (text) => {
      idle.refresh();
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      idle.refresh();
      stderr += text;
    });

    const finish = (failure) => {
      clearTimeout(limit);
      clearTimeout(idle);
      running.delete(child);
      resolve({ ok: failure === undefined, stdout: stdout.trim(), cause: failure });
    };
    child.on("error", (error) => finish(error.code === "ENOENT" ? `no ${command} here` : error.message));
    child.on("close", (code, signal) => {
      if (ended) finish(ended);
      else if (code === 0) finish(undefined);
      else finish(lastLine(stderr) ?? lastLine(stdout) ?? `${command} ended with ${signal ?? code}`);
    });
  });
}

/** The last line that says something; npm's own closing remark about its log file does not. */
function lastLine(text) {
  return text
    .split(/[\r\n]+/)
    .map((line) => line.replace(/^npm (error|ERR!) ?/, "").trim())
    .filter((line) => line !== "" && !/complete log of this run|\/_logs\//.test(line))
    .at(-1)
    ?.slice(0, 200);
}
