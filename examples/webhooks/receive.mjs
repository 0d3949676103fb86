/**
 * Receives webhooks and verifies them with copies of the key: WEBHOOK_KEYS="<base64> …" node receive.mjs [port]
 * WEBHOOK_KEYS has the keys that count now: one, and two while the key is rotated.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

const keys = (process.env.WEBHOOK_KEYS ?? "").split(" ").filter(Boolean);
if (keys.length === 0) {
  console.error('usage: WEBHOOK_KEYS="<base64> …" node receive.mjs [port]');
  process.exit(2);
}

/** Older and later messages are refused: they may be somebody's who has recorded them. */
const TOLERANCE_SECONDS = 300;

function isGenuine(headers, body) {
  const timestamp = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS)) return false;
  const signed = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${timestamp}.`), body]);
  const signatures = (headers["webhook-signature"] ?? "")
    .split(" ")
    .filter((signature) => signature.startsWith("v1,"))
    .map((signature) => Buffer.from(signature.slice(3), "base64"));
  return keys.some((key) => {
    const mac = createHmac("sha256", Buffer.from(key, "base64")).update(signed).digest();
    return signatures.some((signature) => signature.length === mac.length && timingSafeEqual(signature, mac));
  });
}

const server = createServer(async (request, response) => {
  const body = await buffer(request);
  response.writeHead(isGenuine(request.headers, body) ? 204 : 401).end();
});
server.listen(Number(process.argv[2] ?? 8080), "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${server.address().port}/`),
);
