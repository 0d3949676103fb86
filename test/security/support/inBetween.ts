import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface InBetween {
  url: string;
  /** What was sent on, by operation. */
  passed: { operation: string; input: Record<string, unknown> }[];
  close(): Promise<void>;
}

/** Somebody between the provider and the KMS at `url`, who reads what passes and changes answers. */
export async function inBetween(
  url: string,
  change: (operation: string, answer: Record<string, unknown>) => void,
): Promise<InBetween> {
  const passed: InBetween["passed"] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const operation = String(request.headers["x-amz-target"] ?? "").split(".")[1] ?? "";
    if (operation) passed.push({ operation, input: JSON.parse(String(body)) });
    const headers = { ...request.headers } as Record<string, string>;
    // The local KMS goes by its own address; fetch sets these two itself.
    for (const name of ["host", "content-length", "connection"]) delete headers[name];
    const answer = await fetch(url + request.url, { method: "POST", headers, body });
    let text = await answer.text();
    if (operation && answer.ok && text) {
      const output = JSON.parse(text);
      change(operation, output);
      text = JSON.stringify(output);
    }
    const type = answer.headers.get("content-type") ?? "";
    response.writeHead(answer.status, { "content-type": type }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
