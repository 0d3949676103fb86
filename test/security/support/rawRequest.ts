import { request } from "node:http";

/** A request with any Host and Origin, which fetch sets itself. */
export function rawRequest(
  url: string,
  { method = "POST", headers = {}, body = "" }: { method?: string; headers?: object; body?: string },
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...headers }, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode!, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
