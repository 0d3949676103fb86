import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { Clock } from "./clock.js";
import { checkConfig, type LocalKmsConfig, type Settings, settingsOf } from "./config.js";
import { Consistency } from "./consistency/consistency.js";
import type { Controls } from "./control/control.js";
import { controlsOf, NO_KILL } from "./control/controls.js";
import { Counts } from "./control/counts.js";
import { controlEndpoint } from "./control/endpoint.js";
import { ImportKeyPool } from "./crypto/importKeyPool.js";
import { reusedPairs } from "./crypto/reusedPairs.js";
import { Faults } from "./faults/faults.js";
import { hostOf, isLoopback } from "./http/gate.js";
import { createListener } from "./http/listener.js";
import type { RequestLogEntry } from "./http/requestLog.js";
import { answer, type Service } from "./http/requests.js";
import type { Kms } from "./operations/call.js";
import { leniencies, type ProfileCredentials, withProfile } from "./profile.js";
import { RequestQuotas } from "./quotas/requestQuotas.js";
import type { Change } from "./store/change.js";
import { NotStored } from "./store/notStored.js";
import { openStore } from "./store/open.js";
import type { Store } from "./store/store.js";

export interface LocalKmsOptions {
  /** 127.0.0.1 by default: it checks no secret, so it is not for other machines. */
  host?: string;
  /** Names by which the server is reached besides `host` and loopback: a request for any other host is refused. */
  allowHosts?: readonly string[];
  /** 0, the default, takes a free port. */
  port?: number;
  /** Folder for the state. Without it the state is gone after close(). */
  dataDir?: string;
  config?: LocalKmsConfig;
  /** Gets an entry for each request; never material or plaintext. */
  log?: (entry: RequestLogEntry) => void;
  /** How a fault with `kill` ends the process. Only for a process that is the server's own; without it there are no such faults. */
  kill?: () => void;
}

export interface LocalKms extends Controls {
  /** For an SDK's `endpoint`: `http://127.0.0.1:4599`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** What the control endpoint asks for in X-Local-Kms-Token, where `host` is not loopback. */
  readonly controlToken?: string;
  /** Of the IAM user of account 111122223333 that the profile `aws` makes where the config names no access key; new at every start. */
  readonly credentials?: ProfileCredentials;
  /** In what it is more lenient than AWS: a phrase for each. */
  readonly leniencies: readonly string[];
  /** Ends every connection; the state is on disk then. */
  close(): Promise<void>;
}

/** Starts an AWS KMS of one's own. Throws where the port is taken, or the data folder in use or damaged. */
export async function startLocalKms(options: LocalKmsOptions = {}): Promise<LocalKms> {
  await checkConfig(options.config ?? {});
  const { config, credentials } = withProfile(options.config ?? {});
  const settings = settingsOf(config);
  const store = await openStore(options.dataDir, fault);
  try {
    return { ...(await serve({ ...options, config }, settings, store)), credentials };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function serve(
  options: LocalKmsOptions,
  settings: Settings,
  store: Store,
): Promise<Omit<LocalKms, "credentials">> {
  const { config = {}, host = "127.0.0.1", allowHosts = [], kill } = options;
  const clock = new Clock(config.now ?? (() => new Date()), store);
  const parts = {
    clock,
    counts: new Counts(),
    faults: new Faults(),
    quotas: new RequestQuotas(),
    consistency: new Consistency(store, clock),
    mayKill: kill !== undefined,
  };
  const controls = controlsOf(parts);
  if (config.faults) await controls.setFaults(config.faults);
  if (config.quotas) await controls.setQuotas(config.quotas);
  const { reuse, ...sizes } = settings.importKeyPool;
  const pool = reuse ? reusedPairs : new ImportKeyPool(sizes);
  const kms = { store, pool, settings, tokenKey: await importTokenKey(store) };
  const beginning = await clock.beginning(config.startTime);
  if (beginning) await store.commit([beginning.change, ...(await seeds(config, kms, beginning.now))]);
  // After the seeds: they are there at the start, so every read sees them.
  if (config.consistency) await controls.setConsistency(config.consistency);
  const service: Service = {
    ...parts,
    kms,
    intercept: (request) => {
      const interception = config.intercept?.(request) ?? parts.faults.intercept(request);
      if (interception && "kill" in interception && !kill) throw new Error(NO_KILL);
      return interception;
    },
    observers: {
      count: (operation) => parts.counts.add(operation),
      log: options.log ?? (() => undefined),
      fault,
    },
  };
  const controlToken = config.control && !isLoopback(host) ? randomBytes(32).toString("hex") : undefined;
  const server = createListener({
    answer: (request, requestId) => answer(service, request, requestId),
    ownHosts: [host, ...allowHosts].map(hostOf),
    control: config.control ? controlEndpoint(controls, controlToken) : undefined,
    kill: () => kill?.(),
  });
  await listen(server, host, options.port ?? 0);
  pool.start();
  const { port } = server.address() as AddressInfo;
  return {
    ...controls,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    host,
    port,
    controlToken,
    leniencies: leniencies(config),
    close: async () => {
      pool.close();
      await closeServer(server);
      await store.close();
    },
  };
}

async function seeds({ keys }: LocalKmsConfig, kms: Kms, now: number): Promise<Change[]> {
  if (!keys) return [];
  const { seedChanges } = await import("./seed.js");
  return seedChanges(keys, kms, now);
}

/** What went wrong here and not by the caller, for whoever runs the server. */
function fault(error: unknown): void {
  console.error("local-kms:", error instanceof NotStored ? error.message : error);
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
