import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { KmsError } from "../api/errors.js";
import { type Answer, errorAnswer } from "./answer.js";
import type { WireRequest } from "./requests.js";

/** AWS KMS's largest input (a policy, a description, tags) is far below it. */
const MOST_BYTES = 1024 * 1024;

/** Longer than SDKs keep a connection, so that the server is never the one that closes an idle one under a request. */
const KEEP_ALIVE_MILLIS = 120_000;

export type Answerer = (request: WireRequest, requestId: string) => Promise<Answer | undefined>;

/** An HTTP server (not yet listening) that answers POSTs to any path and never lets a request go unanswered. */
export function createListener(answer: Answerer): Server {
  const server = createServer((request, response) => {
    void serve(answer, request, response).catch(() => request.socket.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MILLIS;
  return server;
}

async function serve(answer: Answerer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = randomUUID();
  const body = await readBody(request);
  if (request.method !== "POST") {
    write(
      response,
      requestId,
      errorAnswer(new KmsError("UnknownOperationException", "AWS KMS answers POST only", 404)),
    );
  } else if (body === undefined) {
    write(
      response,
      requestId,
      errorAnswer(new KmsError("RequestEntityTooLargeException", "The request is larger than 1 MB", 413)),
    );
  } else {
    const { method, url: path = "/", headers } = request;
    const given = await answer({ method, path, headers, body }, requestId);
    if (given) write(response, requestId, given);
    else request.socket.destroy();
  }
}

/** Undefined where it is too long; the rest is read and thrown away, so that the caller can read the answer. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= MOST_BYTES) chunks.push(chunk);
  }
  return length <= MOST_BYTES ? Buffer.concat(chunks) : undefined;
}

function write(response: ServerResponse, requestId: string, { status, type, body, errorType }: Answer): void {
  response.statusCode = status;
  response.setHeader("x-amzn-RequestId", requestId);
  response.setHeader("Content-Type", type);
  response.setHeader("Content-Length", Buffer.byteLength(body));
  if (errorType) response.setHeader("X-Amzn-Errortype", errorType);
  response.end(body);
}
