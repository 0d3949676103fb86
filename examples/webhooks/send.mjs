/**
 * Sends a webhook, signed by AWS KMS: AWS_REGION=<Region> node send.mjs <alias> <URL> <body>
 * A sender needs kms:GenerateMac, and nothing of Pulumi. It never sees the key.
 *
 * Headers and signed content are those of https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md,
 * for which most languages have a library.
 */
import { randomUUID } from "node:crypto";
import { GenerateMacCommand, KMSClient } from "@aws-sdk/client-kms";

const [alias, url, body] = process.argv.slice(2);
if (!alias || !url || !body) {
  console.error("usage: AWS_REGION=<Region> node send.mjs <alias> <URL> <body>");
  process.exit(2);
}

const kms = new KMSClient();

const id = `msg_${randomUUID()}`;
const timestamp = Math.floor(Date.now() / 1000);
// A message of AWS KMS has at most 4,096 bytes.
const { Mac } = await kms.send(
  new GenerateMacCommand({
    KeyId: alias,
    MacAlgorithm: "HMAC_SHA_256",
    Message: Buffer.from(`${id}.${timestamp}.${body}`),
  }),
);
const { status } = await fetch(url, {
  method: "POST",
  headers: {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${Buffer.from(Mac).toString("base64")}`,
  },
  body,
});
console.log(status);
process.exitCode = status < 300 ? 0 : 1;
