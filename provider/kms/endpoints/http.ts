import { Agent as HttpAgent, type OutgoingHttpHeaders, type RequestOptions } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIPv6 } from "node:net";
import type { NodeHttpHandlerOptions } from "@smithy/node-http-handler";
import type { Refuse } from "./endpoint";

/** Timeouts of a call, in milliseconds. */
export interface TimeLimits {
  connectMs: number;
  requestMs: number;
  /** For a call that changes something and may be repeated, if it is less than `requestMs`. */
  changeMs?: number;
  /** For a call that only reads, if it is less than `requestMs`. */
  readMs?: number;
}

export const DEFAULT_TIME_LIMITS: TimeLimits = {
  connectMs: 5_000,
  requestMs: 30_000,
  changeMs: 14_000,
  readMs: 9_000,
};

export interface ConnectionHooks {
  /** Is called before a connection is opened. Only then is the host known that the AWS SDK has chosen. */
  refuse: Refuse;
  /**
   * What to run when a call's request is put on the wire, so after the TCP and TLS handshakes of a new connection. The call is named by the
   * AWS SDK's id.
   */
  onWire?: (invocation: string) => (() => void) | undefined;
}

/**
 * HTTP settings of the AWS SDK.
 * - `requestTimeout` only warns unless `throwOnRequestTimeout` is set (@smithy/node-http-handler 4.4.0, UPGRADING.md of
 *   aws-sdk-js-v3). It ends with the headers of the response, so `socketTimeout` is needed for a response that stops in the middle.
 * - `maxSockets` is not set (the SDK's default is 50): `connectionTimeout` would also run while a request waits for a socket
 *   (smithy-lang/smithy-typescript#1551), and the quotas limit the number already.
 * - `keepAlive: false` opens a new connection for each call. A server may close an idle connection just when it is used again, and
 *   then the outcome of the call is unknown.
 * - `rejectUnauthorized` makes NODE_TLS_REJECT_UNAUTHORIZED=0 ineffective.
 */
export function httpOptions(
  { connectMs, requestMs }: TimeLimits,
  { keepAlive, ...hooks }: { keepAlive: boolean } & ConnectionHooks,
): NodeHttpHandlerOptions {
  return {
    connectionTimeout: connectMs,
    requestTimeout: requestMs,
    throwOnRequestTimeout: true,
    socketTimeout: requestMs,
    httpAgent: guarded(new HttpAgent({ keepAlive }), "http:", hooks),
    httpsAgent: guarded(new HttpsAgent({ keepAlive, rejectUnauthorized: true }), "https:", hooks),
  };
}

/** The AWS SDK's header that names a call. */
export const INVOCATION = "amz-sdk-invocation-id";

const invocationIn = (headers: RequestOptions["headers"] = {}) =>
  String((headers as OutgoingHttpHeaders)[INVOCATION]);

function guarded<A extends HttpAgent>(
  agent: A,
  protocol: string,
  { refuse, onWire = () => undefined }: ConnectionHooks,
): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const { host, port } = options;
    const refused = refuse(new URL(`${protocol}//${isIPv6(host ?? "") ? `[${host}]` : host}:${port}`));
    if (refused) {
      callback?.(refused, undefined as never);
      return undefined;
    }
    const [socket, sent] = [connect(options, callback), onWire(invocationIn(options.headers))];
    if (sent) socket?.once(protocol === "https:" ? "secureConnect" : "connect", sent);
    return socket;
  };
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request) => {
    reuse(socket, request);
    onWire(String(request.getHeader(INVOCATION)))?.();
  };
  return agent;
}
