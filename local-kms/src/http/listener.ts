import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { KmsError } from "../api/errors.js";
import { CONTROL_PATH, type ControlEndpoint } from "../control/endpoint.js";
import { type Answer, errorAnswer } from "./answer.js";
import { gateRefusal, plainAddress } from "./gate.js";
import type { Reply } from "./reply.js";
import type { WireRequest } from "./wireRequest.js";

/** Of a body. AWS KMS's largest input is a policy of 32 KB, a description and tags, and JSON may write a character in six bytes. */
const MOST_BYTES = 1024 * 1024;

/** How much of one that is too long is read, so that the caller can read the answer. */
const MOST_BYTES_READ = 8 * MOST_BYTES;

/** Far more than SDKs hold open (50 each). What comes above it is closed. */
const MOST_CONNECTIONS = 1000;

/** Of all headers of a request; a session token is the largest. */
const MOST_HEADER_BYTES = 16 * 1024;

/** Longer than SDKs keep a connection, so that the server is never the one that closes an idle one under a request. */
const KEEP_ALIVE_MILLIS = 120_000;

/** How long a caller may take to send headers, and a whole request, in milliseconds; then 408, and the connection closes. */
const PATIENCE = { headersTimeout: 60_000, requestTimeout: 120_000, connectionsCheckingInterval: 1_000 };

const LIMITS = { ...PATIENCE, maxHeaderSize: MOST_HEADER_BYTES };

export interface Handlers {
  answer(request: WireRequest, requestId: string): Promise<Reply>;
  /** Names and addresses in a request's Host that are this server's, besides those of loopback. */
  ownHosts: readonly string[];
  /** Undefined where there is no control endpoint. */
  control: ControlEndpoint | undefined;
  /** Ends the process at once, as a power failure would. */
  kill(): void;
}

/** An HTTP server (not yet listening) that answers POSTs to any path and never lets a request go unanswered unless told to. */
export function createListener(handlers: Handlers): Server {
  const server = createServer(LIMITS, (request, response) => {
    void serve(handlers, request, response).catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MILLIS;
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

async function serve(handlers: Handlers, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = randomUUID();
  const body = await readBody(request);
  const { method = "", url: path = "/", headers } = request;
  const sourceIp = plainAddress(request.socket.remoteAddress);
  const refusal = gateRefusal(request, handlers.ownHosts);
  if (refusal) {
    write(response, requestId, errorAnswer(refusal));
  } else if (body === undefined) {
    write(
      response,
      requestId,
      refused("RequestEntityTooLargeException", "The request is larger than 1 MB", 413),
    );
  } else if (handlers.control && path.startsWith(CONTROL_PATH)) {
    write(response, requestId, await handlers.control({ method, path, headers, body, sourceIp }));
  } else if (method !== "POST") {
    write(response, requestId, refused("UnknownOperationException", "AWS KMS answers POST only", 404));
  } else {
    const { answer, ending } = await handlers.answer({ method, path, headers, body, sourceIp }, requestId);
    if (!ending && answer) write(response, requestId, answer);
    else end(handlers, response, requestId, ending, answer);
  }
}

const refused = (...error: ConstructorParameters<typeof KmsError>) => errorAnswer(new KmsError(...error));

/** Ends a connection without a whole answer. */
function end(
  handlers: Handlers,
  response: ServerResponse,
  requestId: string,
  ending: Reply["ending"],
  answer: Answer | undefined,
): void {
  const socket = response.socket;
  if (ending === "kill") handlers.kill();
  else if (ending === "reset") socket?.resetAndDestroy();
  else if (ending === "half" && answer?.body) {
    writeHead(response, requestId, answer);
    response.write(answer.body.slice(0, answer.body.length / 2), () => socket?.destroy());
  } else if (ending !== "hang") socket?.destroy();
}

/** Undefined where it is too long; the rest is read and thrown away, so that the caller can read the answer. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= MOST_BYTES) chunks.push(chunk);
    if (length > MOST_BYTES_READ) request.destroy();
  }
  return length <= MOST_BYTES ? Buffer.concat(chunks) : undefined;
}

function write(response: ServerResponse, requestId: string, answer: Answer): void {
  writeHead(response, requestId, answer);
  response.end(answer.body);
}

function writeHead(
  response: ServerResponse,
  requestId: string,
  { status, type, body, errorType }: Answer,
): void {
  response.statusCode = status;
  response.setHeader("Date", new Date().toUTCString()); // by the clock that signatures are checked by; SDKs correct theirs by it
  response.setHeader("x-amzn-RequestId", requestId);
  response.setHeader("Content-Type", type);
  response.setHeader("Content-Length", Buffer.byteLength(body));
  if (errorType) response.setHeader("X-Amzn-Errortype", errorType);
}
