import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { type LocalKmsConfig, readConfig } from "./config.js";
import { ImportKeyPool } from "./crypto/importKeyPool.js";
import { createListener } from "./http/listener.js";
import type { RequestLogEntry } from "./http/requestLog.js";
import { answer, type Observers } from "./http/requests.js";
import { openStore } from "./store/open.js";
import type { Store } from "./store/store.js";

export interface LocalKmsOptions {
  /** 127.0.0.1 by default: it checks no secret, so it is not for other machines. */
  host?: string;
  /** 0, the default, takes a free port. */
  port?: number;
  /** Folder for the state. Without it the state is gone after close(). */
  dataDir?: string;
  config?: LocalKmsConfig;
  /** Gets an entry for each request; never material or plaintext. */
  log?: (entry: RequestLogEntry) => void;
}

export interface LocalKms {
  /** For an SDK's `endpoint`: `http://127.0.0.1:4599`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Requests by operation (`CreateKey`, …, `sts:GetCallerIdentity`) since the start or the last resetCounts, refused ones too. */
  counts(): Record<string, number>;
  resetCounts(): void;
  /** Ends every connection; the state is on disk then. */
  close(): Promise<void>;
}

/** Starts an AWS KMS of one's own. Throws where the port is taken, or the data folder in use or damaged. */
export async function startLocalKms(options: LocalKmsOptions = {}): Promise<LocalKms> {
  const settings = await readConfig(options.config);
  const store = await openStore(options.dataDir);
  const tokenKey = await importTokenKey(store);
  const pool = new ImportKeyPool(settings.importKeyPool);
  const counts = new Map<string, number>();
  const observers: Observers = {
    count: (operation) => counts.set(operation, (counts.get(operation) ?? 0) + 1),
    log: options.log ?? (() => undefined),
    fault: (error) => console.error("keymgmt local-kms:", error),
  };
  const kms = { store, pool, settings, tokenKey };
  const server = createListener((request, requestId) => answer(kms, observers, request, requestId));
  const host = options.host ?? "127.0.0.1";
  try {
    await listen(server, host, options.port ?? 0);
  } catch (error) {
    await store.close();
    throw error;
  }
  pool.start();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    host,
    port,
    counts: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    resetCounts: () => counts.clear(),
    close: async () => {
      pool.close();
      await closeServer(server);
      await store.close();
    },
  };
}

/** Import tokens stay valid over a restart, so the key that seals them is part of the state. */
async function importTokenKey(store: Store): Promise<Buffer> {
  const known = store.secret("importTokenKey");
  if (known) return Buffer.from(known, "base64");
  const fresh = randomBytes(32);
  await store.commit([["secret", "importTokenKey", fresh.toString("base64")]]);
  return fresh;
}

type Server = ReturnType<typeof createListener>;

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
