import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { LocalKmsConfig } from "../localkms/index.js";

interface Options {
  host: string;
  port: number;
  data?: string;
  config?: string;
  log?: boolean;
}

/** `keymgmt local-kms`: serves until SIGINT or SIGTERM. */
export async function localKms(options: Options, command: Command): Promise<void> {
  const { formatLogEntry, startLocalKms } = await import("../localkms/index.js");
  try {
    const kms = await startLocalKms({
      host: options.host,
      port: options.port,
      dataDir: options.data,
      config: options.config === undefined ? undefined : await readConfigFile(options.config),
      log: options.log ? (entry) => process.stdout.write(`${formatLogEntry(entry)}\n`) : undefined,
    });
    // Before the address is out: whoever reads it may stop the server at once.
    const stopped = untilStopped();
    process.stderr.write(
      "An AWS KMS for trying out and testing, not for production: it checks no secret key.\n",
    );
    process.stdout.write(`keymgmt local-kms listening on ${kms.url}\n`);
    await stopped;
    await kms.close();
    if (options.log) process.stdout.write(table(kms.counts()));
  } catch (error) {
    command.error(`keymgmt local-kms: ${(error as Error).message}`);
  }
}

/** YAML, of which JSON is a part. */
async function readConfigFile(path: string): Promise<LocalKmsConfig> {
  const text = await readFile(path, "utf8");
  const { parse } = await import("yaml");
  try {
    return parse(text) ?? {};
  } catch (error) {
    throw new Error(`${path} is neither valid YAML nor JSON: ${(error as Error).message.split("\n")[0]}`);
  }
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

/** Requests by operation, one a line. */
function table(counts: Record<string, number>): string {
  const width = Math.max(0, ...Object.keys(counts).map((name) => name.length));
  return Object.entries(counts)
    .map(([name, count]) => `${name.padEnd(width)}  ${count}\n`)
    .join("");
}
