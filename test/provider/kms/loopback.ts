import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request as the tests look at it. */
export interface Seen {
  /** "CreateKey", "GetCallerIdentity", …; empty for what is no AWS call. */
  operation: string;
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
  /** From the signature's scope. */
  accessKey?: string;
  region?: string;
  /** Which connection it came on, counted from 0. */
  socket: number;
}

/** What the server does: answers, or one of the ways in which an answer goes missing. */
export type Answer =
  | { status?: number; body?: unknown; headers?: Record<string, string> }
  /** Takes the request and breaks the connection. */
  | "reset"
  /** Takes the request and never answers. */
  | "hang"
  /** Sends the head of an answer and nothing of its body. */
  | "half"
  /** Sends the head of an answer byte by byte and does not come to its end. */
  | "drip";

export interface Loopback {
  url: string;
  port: number;
  seen: Seen[];
  close(): Promise<void>;
}

/** An HTTP server on 127.0.0.1 that does what `answer` says; `port` 0 is any free one. */
export async function loopback(
  answer: (request: Seen, index: number) => Answer,
  port = 0,
): Promise<Loopback> {
  const seen: Seen[] = [];
  const sockets: Socket[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const [, accessKey, region] =
      /Credential=([^/]+)\/\d+\/([^/]+)/.exec(request.headers.authorization ?? "") ?? [];
    const one: Seen = {
      operation:
        (request.headers["x-amz-target"] as string | undefined)?.split(".")[1] ??
        new URLSearchParams(body).get("Action") ??
        "",
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body,
      accessKey,
      region,
      socket: sockets.indexOf(request.socket),
    };
    seen.push(one);
    give(answer(one, seen.length - 1), request, response);
  });
  server.on("connection", (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function give(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  if (answer === "hang") return;
  if (answer === "reset") return void request.socket.resetAndDestroy();
  if (answer === "drip") {
    request.socket.write("HTTP/1.1 200 OK\r\nx-padding: ");
    const timer = setInterval(() => request.socket.write("x"), 20);
    request.socket.on("close", () => clearInterval(timer));
    request.socket.on("error", () => clearInterval(timer));
    return;
  }
  if (answer === "half") {
    response.writeHead(200, { "content-length": "100", "content-type": "application/x-amz-json-1.1" });
    response.write("{");
    return;
  }
  const { status = 200, body = {}, headers = {} } = answer;
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.1",
    "x-amzn-requestid": "11111111-2222-3333-4444-555555555555",
    ...headers,
  });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** An error as KMS sends it. */
export function kmsError(name: string, message = `about ${name}`, status = 400): Answer {
  return { status, body: { __type: name, message } };
}

/** A success or an error as STS sends it. */
export function stsAnswer(operation: string, result: string): Answer {
  const body = `<${operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${operation}Result>${result}</${operation}Result></${operation}Response>`;
  return { body, headers: { "content-type": "text/xml" } };
}

export function stsError(name: string, message: string, status = 403): Answer {
  const body = `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${name}</Code><Message>${message}</Message></Error><RequestId>req-1</RequestId></ErrorResponse>`;
  return { status, body, headers: { "content-type": "text/xml" } };
}

/** What AssumeRole and AssumeRoleWithWebIdentity give. */
export function stsCredentials(operation: string, accessKey: string, expiresInMs = 3_600_000): Answer {
  return stsAnswer(
    operation,
    `<Credentials><AccessKeyId>${accessKey}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${new Date(Date.now() + expiresInMs).toISOString()}</Expiration></Credentials><AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>`,
  );
}

/** Takes all settings of AWS and GitHub Actions out of the environment, and puts these in; gives back how to undo it. */
export function setEnvironment(settings: Record<string, string>): () => void {
  const before = { ...process.env };
  for (const name of Object.keys(process.env)) if (/^(AWS|ACTIONS)_/.test(name)) delete process.env[name];
  Object.assign(
    process.env,
    {
      AWS_CONFIG_FILE: "/nonexistent/config",
      AWS_SHARED_CREDENTIALS_FILE: "/nonexistent/credentials",
      AWS_EC2_METADATA_DISABLED: "true",
    },
    settings,
  );
  return () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  };
}
