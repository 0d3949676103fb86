import { execFileSync } from "node:child_process";
import dns from "node:dns";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import sinon from "sinon";

/** A host of somebody else's: its name leads to a port on loopback, until `close`. */
export interface Attacker {
  url: string;
  /** What it was sent: the operation, or the path of what is no AWS call. */
  stolen: string[];
  close(): Promise<void>;
}

/** It keeps what comes, and has `victim` answer, so that nobody notices. With `tls`, under a certificate that it made itself. */
export async function attacker(
  victim: string,
  { host = "kms.attacker.example", tls = false } = {},
): Promise<Attacker> {
  const stolen: Attacker["stolen"] = [];
  const answering = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _, connection, "transfer-encoding": __, ...headers } = request.headers;
    const body = Buffer.concat(chunks);
    const operation = (headers["x-amz-target"] as string | undefined)?.split(".")[1];
    const action = new URLSearchParams(body.toString()).get("Action");
    stolen.push(operation ?? action ?? request.url ?? "");
    const init = { method: request.method, headers: headers as Record<string, string> };
    const answer = await fetch(`${victim}${request.url}`, { ...init, ...(body.length > 0 && { body }) });
    response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
    response.end(await answer.text());
  };
  const server = tls ? createTlsServer(certificate(), answering) : createServer(answering);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const lookup = dns.lookup as (...args: unknown[]) => void;
  const stub = sinon
    .stub(dns, "lookup")
    .callsFake(((name: string, ...rest: unknown[]) =>
      lookup(name === host ? "127.0.0.1" : name, ...rest)) as never);
  return {
    url: `${tls ? "https" : "http"}://${host}:${(server.address() as AddressInfo).port}`,
    stolen,
    close: async () => {
      stub.restore();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function certificate(): { cert: string; key: string } {
  const args =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=attacker -keyout - -out -";
  const pem = execFileSync("openssl", args.split(" "), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return { cert: pem, key: pem };
}
