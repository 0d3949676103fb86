/** The public halves of asymmetric keys, and how others name them. */
import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { JWK } from "jose";
import { isOfForm, type PrivateKeyForm } from "./forms";
import { keyIn } from "./privateKeyMaterial";

/** The public half of material. The caller still zeroes the material. */
export function publicKeyOf(material: Buffer): KeyObject {
  return createPublicKey(keyIn(material));
}

/** The key of a SubjectPublicKeyInfo in DER, as AWS KMS gives it. */
export function publicKeyOfDer(der: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
}

/** SHA-256 of the SubjectPublicKeyInfo in DER: 64 digits of lower-case hex. `openssl pkey -pubout -outform DER | sha256sum`. */
export function fingerprintOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("hex");
}

/** SubjectPublicKeyInfo in PEM. */
export function publicPem(publicKey: KeyObject): string {
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

/** The members that a public key must have, and no other (RFC 7518 sections 6.2.1 and 6.3.1, RFC 8037 section 2). */
export function publicJwk(publicKey: KeyObject): JWK {
  if (publicKey.type !== "public") throw new Error("a public key was expected");
  return publicKey.export({ format: "jwk" }) as JWK;
}

/** The key of a JWK that `publicJwk` made, of this form. Undefined for anything else: also where a member is added to it. */
export function readPublicJwk(form: PrivateKeyForm, jwk: JWK | undefined): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
    return isOfForm(form, key) && isDeepStrictEqual(publicJwk(key), jwk) ? key : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A JWK set (RFC 7517 section 5) with these public keys, in their order, for whoever verifies their signatures. A verifier finds a key by its
 * `kid`.
 */
export function jwkSet(publicKeys: readonly KeyObject[]): { keys: JWK[] } {
  return {
    keys: publicKeys.map((publicKey) => {
      const jwk = publicJwk(publicKey);
      const alg = SIGNATURES[String(jwk.crv)];
      return { kid: thumbprintOf(jwk), use: "sig", ...(alg !== undefined && { alg }), ...jwk };
    }),
  };
}

/**
 * The one algorithm of each curve (RFC 7518 section 3.4, RFC 8812 section 3.2, RFC 8037 section 3.1). RSA has several. RFC 9864 calls
 * Ed25519's "Ed25519" and deprecates "EdDSA", but most verifiers know only the older name, and a verifier refuses a token whose `alg` is
 * not the key's.
 */
const SIGNATURES: Partial<Record<string, string>> = {
  "P-256": "ES256",
  "P-384": "ES384",
  "P-521": "ES512",
  secp256k1: "ES256K",
  Ed25519: "EdDSA",
};

/** RFC 7638 with SHA-256: of the required members alone, which are those of `publicJwk`, in the order of their names. */
function thumbprintOf(jwk: JWK): string {
  const members = JSON.stringify(jwk, Object.keys(jwk).sort());
  return createHash("sha256").update(members).digest("base64url");
}
