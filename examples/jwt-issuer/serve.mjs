/** Serves a file as the issuer's jwks_uri, in place of a bucket: node serve.mjs <file> [port] */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const [file, port = "8080"] = process.argv.slice(2);
if (!file) {
  console.error("usage: node serve.mjs <file> [port]");
  process.exit(2);
}

const PATH = "/.well-known/jwks.json";
const server = createServer((request, response) => {
  if (request.url !== PATH) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": "application/jwk-set+json", "cache-control": "max-age=300" });
  response.end(readFileSync(file));
});
server.listen(Number(port), "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${server.address().port}${PATH}`),
);
