/** Keys of the tests, made when a test runs: by Node, or by the `openssl` command. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import type { JWK } from "jose";
import type { ParsedMaterial } from "../../../../provider/keys/material";
import { CURVES, type Curve, type PrivateKeyForm } from "../../../../provider/keys/privateKeys/forms";
import { privateKeyMaterial } from "../../../../provider/keys/privateKeys/privateKeyMaterial";

export const RECIPE = "openssl genpkey …";
export const RSA_2048: PrivateKeyForm = { kty: "RSA", bits: 2048 };
export const ED25519: PrivateKeyForm = { kty: "OKP", crv: "Ed25519" };
export const ON_CURVES = Object.keys(CURVES).map((crv) => ({ kty: "EC", crv: crv as Curve }) as const);
export const P_256: PrivateKeyForm = ON_CURVES.find(({ crv }) => crv === "P-256")!;
/** One of each kind, and each curve. */
export const FORMS: PrivateKeyForm[] = [RSA_2048, ...ON_CURVES, ED25519];

export const titleOf = (form: PrivateKeyForm) => ("crv" in form ? form.crv : `RSA of ${form.bits} bits`);
export const materialOf = (form: PrivateKeyForm) => privateKeyMaterial(form, RECIPE);

/** What `openssl` prints. */
export function openssl(line: string, input: Buffer | string = ""): Buffer {
  return execFileSync("openssl", line.split(" "), { input, stdio: ["pipe", "pipe", "pipe"] });
}

const GENERATED = new Map<string, string>();

/** PKCS#8 PEM of a key that `openssl` generated, one for each form. */
export function pemOf(form: PrivateKeyForm): string {
  const algorithm =
    form.kty === "RSA"
      ? `RSA -pkeyopt rsa_keygen_bits:${form.bits}`
      : form.kty === "EC"
        ? `EC -pkeyopt ec_paramgen_curve:${CURVES[form.crv]}`
        : "ED25519";
  const pem = GENERATED.get(algorithm) ?? openssl(`genpkey -algorithm ${algorithm}`).toString();
  GENERATED.set(algorithm, pem);
  return pem;
}

/** The private JWK of the same key. */
export const jwkOf = (form: PrivateKeyForm) => createPrivateKey(pemOf(form)).export({ format: "jwk" }) as JWK;

/** PKCS#8 DER of a JWK, whether or not its numbers belong together. */
export function derOf(jwk: JWK): Buffer {
  return createPrivateKey({ key: jwk as never, format: "jwk" }).export({ type: "pkcs8", format: "der" });
}

/** The JWK of another key on the same curve. */
export function otherJwk(form: PrivateKeyForm): JWK {
  const { privateKey } =
    form.kty === "EC"
      ? generateKeyPairSync("ec", { namedCurve: CURVES[form.crv] })
      : generateKeyPairSync("ed25519");
  return privateKey.export({ format: "jwk" }) as JWK;
}

/** PKCS#8 of version 2 (RFC 5958) of an Ed25519 key, with this public half. */
export function version2({ d, x }: JWK, half = x): Buffer {
  const head = Buffer.from("3051020101300506032b657004220420", "hex");
  const [seed, publicHalf] = [d, half].map((member) => Buffer.from(member!, "base64url"));
  return Buffer.concat([head, seed!, Buffer.from("812100", "hex"), publicHalf!]);
}

export function mistakeIn(parsed: ParsedMaterial): string {
  assert.ok("mistake" in parsed, "it was taken");
  return parsed.mistake;
}
