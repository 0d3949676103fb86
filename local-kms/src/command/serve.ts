import type { EventEmitter } from "node:events";
import { readFile } from "node:fs/promises";
import type { LocalKmsConfig } from "../config.js";
import { formatLogEntry } from "../http/requestLog.js";
import type { ProfileCredentials } from "../profile.js";
import { startLocalKms } from "../start.js";
import { print, printNote } from "./print.js";
import { visible } from "./visible.js";

export interface Options {
  host: string;
  port: number;
  allowHost?: string[];
  data?: string;
  config?: string;
  control?: boolean;
  log?: boolean;
  profile?: "aws";
}

/** Serves until SIGINT or SIGTERM. `name` is the command as the user typed it. */
export async function serve(name: string, options: Options): Promise<void> {
  try {
    const { profile, control } = options;
    const file = options.config === undefined ? {} : await readConfigFile(options.config);
    const kms = await startLocalKms({
      host: options.host,
      port: options.port,
      allowHosts: options.allowHost,
      dataDir: options.data,
      config: { ...file, ...(control && { control }), ...(profile && { profile }) },
      log: options.log ? (entry) => print(`${formatLogEntry(entry)}\n`) : undefined,
      kill: () => process.kill(process.pid, "SIGKILL"),
    });
    // Registered before the address is printed: its reader may stop the server at once.
    const stopped = untilStopped();
    printNote(notes(kms.leniencies));
    print(`${name} listening on ${kms.url}\n`);
    if (kms.controlToken) print(`${name} control token: ${kms.controlToken}\n`);
    if (kms.credentials) print(shellExports(kms.credentials));
    await stopped;
    await kms.close();
    if (options.log) print(table(kms.counts()));
  } catch (error) {
    printNote(`${name}: ${visible(sentence(error as NodeJS.ErrnoException, options))}\n`);
    process.exitCode = 1;
  }
}

function notes(leniencies: readonly string[]): string {
  const first = "An AWS KMS for trying out and testing, not for production.";
  if (leniencies.length === 0) return `${first}\n`;
  const lines = leniencies.map((phrase) => `  - ${phrase}\n`);
  return `${first} More lenient than AWS here (--profile aws makes it as strict):\n${lines.join("")}`;
}

/** For a shell to read. These credentials open nothing but this server. */
function shellExports({ accessKeyId, secretAccessKey }: ProfileCredentials): string {
  return `export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}\n`;
}

function sentence(error: NodeJS.ErrnoException, { host, port }: Options): string {
  if (error.code === "EADDRINUSE") return `port ${port} of ${host} is taken; choose another with --port`;
  if (error.code === "EACCES" && error.syscall === "listen")
    return `port ${port} needs more rights than yours`;
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return `${host} is no address of this machine`;
  return error.message;
}

/** The file is YAML; JSON is a subset of it. What was typed as its name is not repeated: it may be the file's contents, a secret. */
async function readConfigFile(path: string): Promise<LocalKmsConfig> {
  const text = await readFile(path, "utf8").catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(`Expected --config to name a file that can be read; it cannot be (${code}).`);
  });
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
