import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIPv6 } from "node:net";
import type { NodeHttpHandlerOptions } from "@smithy/node-http-handler";
import type { Refuse } from "./endpoint";

/** Milliseconds after which a call that hangs is given up. */
export interface TimeLimits {
  connectMs: number;
  requestMs: number;
  /** Of a call that only reads, where that is less. */
  readMs?: number;
}

export const DEFAULT_TIME_LIMITS: TimeLimits = { connectMs: 5_000, requestMs: 30_000, readMs: 10_000 };

/**
 * How the AWS SDK is to speak HTTP.
 * - `requestTimeout` only warns unless `throwOnRequestTimeout` is set (@smithy/node-http-handler 4.4.0, UPGRADING.md of
 *   aws-sdk-js-v3), and ends with the answer's headers: an answer that stops in the middle needs `socketTimeout`.
 * - No `maxSockets` (the SDK's default is 50): `connectionTimeout` also runs while a request waits for one of them
 *   (smithy-lang/smithy-typescript#1551), and the quotas bound the number already.
 * - `keepAlive: false` opens a connection for each call. Without it a server that closes an idle connection in the moment
 *   it is used again makes the outcome of that call unknown.
 * - `refuse` is asked before a connection is opened: only there it is certain which host the AWS SDK has settled on.
 * - `rejectUnauthorized` keeps NODE_TLS_REJECT_UNAUTHORIZED=0 from taking TLS away.
 */
export function httpOptions(
  { connectMs, requestMs }: TimeLimits,
  { keepAlive, refuse }: { keepAlive: boolean; refuse: Refuse },
): NodeHttpHandlerOptions {
  return {
    connectionTimeout: connectMs,
    requestTimeout: requestMs,
    throwOnRequestTimeout: true,
    socketTimeout: requestMs,
    httpAgent: guarded(new HttpAgent({ keepAlive }), "http:", refuse),
    httpsAgent: guarded(new HttpsAgent({ keepAlive, rejectUnauthorized: true }), "https:", refuse),
  };
}

function guarded<A extends HttpAgent>(agent: A, protocol: string, refuse: Refuse): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const { host, port } = options;
    const refused = refuse(new URL(`${protocol}//${isIPv6(host ?? "") ? `[${host}]` : host}:${port}`));
    if (!refused) return connect(options, callback);
    callback?.(refused, undefined as never);
    return undefined;
  };
  return agent;
}
