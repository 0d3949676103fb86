/** The private keys that AWS KMS imports, by their JWK members (RFC 7518 section 6, RFC 8037), and their names in messages. */
import type { KeyObject } from "node:crypto";

export type PrivateKeyForm =
  | { kty: "RSA"; bits: 2048 | 3072 | 4096 }
  | { kty: "EC"; crv: Curve }
  | { kty: "OKP"; crv: "Ed25519" };

/** A curve's name in a JWK. */
export type Curve = keyof typeof CURVES;

/** The same curve's name in OpenSSL. */
export const CURVES = {
  "P-256": "prime256v1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
  secp256k1: "secp256k1",
} as const;

/** With its article. `kind` is "key" or "private key". */
export function nameOf(form: PrivateKeyForm, kind: string): string {
  switch (form.kty) {
    case "RSA":
      return `an RSA ${kind} of ${form.bits} bits`;
    case "EC":
      return `an EC ${kind} on ${form.crv}`;
    case "OKP":
      return `an ${form.crv} ${kind}`;
  }
}

const TYPES: Partial<Record<string, string>> = {
  "rsa-pss": "an RSA-PSS key, which no other algorithm may use",
  ed25519: nameOf({ kty: "OKP", crv: "Ed25519" }, "key"),
  x25519: "an X25519 key",
  ed448: "an Ed448 key",
  x448: "an X448 key",
  dsa: "a DSA key",
};

/** Whether a key, or the public half of one, is of a form. */
export function isOfForm(form: PrivateKeyForm, key: KeyObject): boolean {
  return describeKey(key) === nameOf(form, "key");
}

/** What a key is, with its article: in the words of `nameOf` where it is of one of the forms. */
export function describeKey({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string {
  if (type === "rsa") return `an RSA key of ${details?.modulusLength} bits`;
  if (type !== "ec") return TYPES[String(type)] ?? "a key of another type";
  const [crv] = Object.entries(CURVES).find(([, curve]) => curve === details?.namedCurve) ?? [];
  return crv ? `an EC key on ${crv}` : "an EC key on another curve";
}
