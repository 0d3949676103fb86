/** A private key as a JWK (RFC 7517). */
import { createPrivateKey, type KeyObject } from "node:crypto";
import type { JWK } from "jose";
import type { Came } from "./came";

/** The members of a private key (RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2). */
const MEMBERS: ReadonlyMap<unknown, readonly (keyof JWK)[]> = new Map([
  ["RSA", ["n", "e", "d", "p", "q", "dp", "dq", "qi"]],
  ["EC", ["x", "y", "d"]],
  ["OKP", ["x", "d"]],
]);

/** A key with the members of its JWK as its owner wrote them: Node takes a public half that belongs to another key. */
export interface KeyWithJwk {
  key: KeyObject;
  jwk: JWK;
}

export function readJwkText(text: string): KeyWithJwk | Came {
  let parsed: JWK;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { came: "JSON that cannot be read" }; // the parser's own message would quote the text
  }
  if (Array.isArray(parsed) || "keys" in parsed) return { came: "a set of keys: give one JWK of it" };
  return readJwk(parsed);
}

export function readJwk(jwk: JWK): KeyWithJwk | Came {
  if (jwk.kty === "oct") return { came: "a symmetric key" };
  const members = MEMBERS.get(jwk.kty);
  if (!members) return { came: "JSON without a private key" };
  if (jwk.d === undefined) return { came: "a public key" };
  if ("oth" in jwk) return { came: "an RSA key of more than two primes" };
  if (jwk.kty === "RSA" && members.some((member) => jwk[member] === undefined))
    return { came: "an RSA key without its primes and what follows from them (p, q, dp, dq, qi)" };
  const isBase64url = members.every((member) => /^[\w-]+$/.test(String(jwk[member])));
  try {
    if (isBase64url) return { key: privateKeyOf(jwk), jwk };
  } catch {
    // Node's message would quote the JWK.
  }
  return { came: "a JWK that cannot be read: it is damaged, or of a curve that OpenSSL does not know" };
}

/** PKCS#8 DER of an Ed25519 key up to its seed (RFC 8410 section 7). */
const ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/** Throws where Node cannot read the JWK. Of an Ed25519 key Node would leave a copy of the seed in a buffer, so DER is made of it here. */
export function privateKeyOf(jwk: JWK): KeyObject {
  if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519")
    return createPrivateKey({ key: jwk as never, format: "jwk" });
  const seed = Buffer.from(String(jwk.d), "base64url");
  const key = Buffer.concat([ED25519, seed]);
  seed.fill(0);
  try {
    // OpenSSL would ignore what follows a seed.
    if (key.length !== ED25519.length + 32) throw new Error("an Ed25519 seed has 32 bytes");
    return createPrivateKey({ key, format: "der", type: "pkcs8" });
  } finally {
    key.fill(0);
  }
}
