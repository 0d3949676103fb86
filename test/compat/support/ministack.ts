import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Ministack {
  endpoint: string;
  stop(): Promise<void>;
}

/** Starts ministack, an AWS stand-in that others wrote, with nothing but its KMS and on 127.0.0.1 alone. */
export async function startMinistack(python: string, env: Record<string, string> = {}): Promise<Ministack> {
  const home = await mkdtemp(join(tmpdir(), "keymgmt-ministack-"));
  const port = await freePort();
  const server = spawn(python, ["-m", "ministack"], {
    cwd: home,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: `${dirname(python)}:${process.env.PATH}`,
      HOME: home,
      TMPDIR: home,
      STATE_DIR: join(home, "state"),
      SERVICES: "kms",
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: "0", // It would open a port of its own, on every interface.
      ...env,
    },
  });
  const kill = () => server.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async () => {
    process.off("exit", kill);
    await ended(server);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await ready(server, `${endpoint}/_ministack/health`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, stop };
}

async function ready(server: ChildProcess, health: string) {
  let said = "";
  for (const stream of [server.stdout!, server.stderr!]) {
    stream.setEncoding("utf8").on("data", (text) => {
      said = (said + text).slice(-4000);
    });
  }
  const until = Date.now() + 60_000;
  while (Date.now() < until && server.exitCode === null) {
    const answer = await fetch(health).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(`ministack is not ready (exit code ${server.exitCode}):\n${said}`);
}

async function ended(server: ChildProcess) {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, "exit");
  server.kill("SIGTERM");
  const kill = setTimeout(() => server.kill("SIGKILL"), 5000);
  await exit;
  clearTimeout(kill);
}

/** A port that is free now. Another process may take it before it is used: then the server fails to start, and says so. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("Expected a TCP address");
  return address.port;
}
