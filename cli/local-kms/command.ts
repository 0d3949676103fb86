import type { EventEmitter } from "node:events";
import type { LocalKmsConfig } from "../../localkms/index.js";
import { visible } from "../../provider/secrecy/visible.js";
import { print, printNote } from "../print.js";
import { readOptionFile } from "../readOptionFile.js";

interface Options {
  host: string;
  port: number;
  allowHost?: string[];
  data?: string;
  config?: string;
  control?: boolean;
  log?: boolean;
}

/** `keymgmt local-kms`: serves until SIGINT or SIGTERM. */
export async function localKms(options: Options): Promise<void> {
  const { formatLogEntry, startLocalKms } = await import("../../localkms/index.js");
  ignoreClosedOutput();
  try {
    const config = options.config === undefined ? {} : await readConfigFile(options.config);
    const kms = await startLocalKms({
      host: options.host,
      port: options.port,
      allowHosts: options.allowHost,
      dataDir: options.data,
      config: options.control ? { ...config, control: true } : config,
      log: options.log ? (entry) => print(`${formatLogEntry(entry)}\n`) : undefined,
      kill: () => process.kill(process.pid, "SIGKILL"),
    });
    // Registered before the address is printed: its reader may stop the server at once.
    const stopped = untilStopped();
    printNote("An AWS KMS for trying out and testing, not for production: it checks no secret key.\n");
    print(`keymgmt local-kms listening on ${kms.url}\n`);
    if (kms.controlToken) print(`keymgmt local-kms control token: ${kms.controlToken}\n`);
    await stopped;
    await kms.close();
    if (options.log) print(table(kms.counts()));
  } catch (error) {
    printNote(`keymgmt local-kms: ${visible(sentence(error as NodeJS.ErrnoException, options))}\n`);
    process.exitCode = 1;
  }
}

/** The server goes on when the reader of its output ends (`… | head -1`). */
function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

function sentence(error: NodeJS.ErrnoException, { host, port }: Options): string {
  if (error.code === "EADDRINUSE") return `port ${port} of ${host} is taken; choose another with --port`;
  if (error.code === "EACCES" && error.syscall === "listen")
    return `port ${port} needs more rights than yours`;
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return `${host} is no address of this machine`;
  return error.message;
}

/** The file is YAML; JSON is a subset of it. */
async function readConfigFile(path: string): Promise<LocalKmsConfig> {
  const text = await readOptionFile("--config", path);
  const { parse } = await import("yaml");
  try {
    return parse(text) ?? {};
  } catch (error) {
    throw new Error(`${path} is neither valid YAML nor JSON: ${(error as Error).message.split("\n")[0]}`);
  }
}

/** The first signal lets the server write its state and end. A second one, of either kind, has the system's effect and ends it at once. */
export function untilStopped(source: EventEmitter = process): Promise<void> {
  const signals = ["SIGINT", "SIGTERM"];
  return new Promise((resolve) => {
    const stop = () => {
      for (const signal of signals) source.off(signal, stop);
      resolve();
    };
    for (const signal of signals) source.on(signal, stop);
  });
}

/** Requests by operation, one a line. */
function table(counts: Record<string, number>): string {
  const width = Math.max(0, ...Object.keys(counts).map((name) => name.length));
  return Object.entries(counts)
    .map(([name, count]) => `${name.padEnd(width)}  ${count}\n`)
    .join("");
}
