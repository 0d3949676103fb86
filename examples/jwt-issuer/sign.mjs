/**
 * Signs a JSON Web Token by AWS KMS and prints it: AWS_REGION=<Region> node sign.mjs <alias> <issuer> <subject>
 * An issuer needs kms:GetPublicKey and kms:Sign, and nothing of Pulumi.
 */
import { createPublicKey } from "node:crypto";
import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { calculateJwkThumbprint, exportJWK } from "jose";

const [alias, issuer, subject] = process.argv.slice(2);
if (!alias || !issuer || !subject) {
  console.error("usage: AWS_REGION=<Region> node sign.mjs <alias> <issuer> <subject>");
  process.exit(2);
}

/** AWS KMS answers DER, `30 length 02 length r 02 length s`; a token has r and s in 32 bytes each (RFC 7518 section 3.4). */
function concatenated(der) {
  const endOfR = 4 + der[3];
  const numbers = [der.subarray(4, endOfR), der.subarray(endOfR + 2)];
  return Buffer.concat(numbers.map((number) => Buffer.concat([Buffer.alloc(32), number]).subarray(-32)));
}

const kms = new KMSClient();

// The alias moves in a rotation. Its KMS key is looked up once, so that `kid` and signature are of the same version. A service that
// signs often keeps this answer for some minutes.
const { KeyId, PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: alias }));
const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
const kid = await calculateJwkThumbprint(await exportJWK(publicKey));

const now = Math.floor(Date.now() / 1000);
const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const header = encode({ alg: "ES256", kid, typ: "JWT" });
const claims = encode({ iss: issuer, sub: subject, iat: now, exp: now + 3600 });
const { Signature } = await kms.send(
  new SignCommand({
    KeyId,
    SigningAlgorithm: "ECDSA_SHA_256",
    MessageType: "RAW",
    Message: Buffer.from(`${header}.${claims}`),
  }),
);
console.log(`${header}.${claims}.${concatenated(Buffer.from(Signature)).toString("base64url")}`);
