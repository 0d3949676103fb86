import { createECDH, createPrivateKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { type Curve, type MaterialForm, pkcs8 } from "./materialForm.js";

/**
 * Imported bytes in the one form in which they are kept, or undefined where AWS does not take them for this key spec:
 * https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-conceptual.html#importing-keys-material-requirements
 * A private key has many encodings (BER, a compressed public point, none at all); kept is the DER that follows from its numbers
 * alone, so that the same key in another encoding is the same material. The guide's table of forms is older than Ed25519;
 * CreateKey's reference takes imported material for "all supported KMS key types", and RFC 8410 has its PKCS #8.
 */
export function readMaterial(form: MaterialForm, bytes: Buffer): Buffer | undefined {
  if (form.kind === "bytes")
    return bytes.length >= form.fewest && bytes.length <= form.most ? bytes : undefined;
  try {
    // Only PKCS #8: neither PKCS #1 nor SEC 1, nor an encrypted one. OpenSSL ignores bytes behind it, which SoftHSM puts there when it
    // wraps a private key. AWS does not document whether it does too.
    const key = createPrivateKey({ key: bytes, format: "der", type: "pkcs8" });
    const jwk = key.asymmetricKeyType === form.kind ? readPair(form, key, bytes) : undefined;
    return jwk && pkcs8(createPrivateKey({ key: jwk, format: "jwk" }));
  } catch {
    // OpenSSL throws at what is no private key, be it in form or in numbers.
    return undefined;
  }
}

type PairForm = Exclude<MaterialForm, { kind: "bytes" }>;

function readPair(form: PairForm, key: KeyObject, bytes: Buffer): JsonWebKey | undefined {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails!;
  if (form.kind === "ed25519") return key.export({ format: "jwk" });
  if (form.kind === "rsa") return modulusLength === form.modulusLength ? readRsa(key) : undefined;
  if (namedCurve !== form.curve || !isNamed(form.curve, bytes)) return undefined;
  return readEc(form.curve, key);
}

/** A key of two primes whose numbers fit each other (RFC 8017, 3.2): of a multi-prime key p and q do not make n. */
function readRsa(key: KeyObject): JsonWebKey | undefined {
  const jwk = key.export({ format: "jwk" });
  const number = (name: string) =>
    BigInt(`0x0${Buffer.from(jwk[name] as string, "base64url").toString("hex")}`);
  const [n, e, d, p, q, dp, dq, qi] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(number) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const fits =
    p * q === n &&
    p > 1n &&
    q > 1n &&
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    (qi * q) % p === 1n;
  return fits ? jwk : undefined;
}

const OBJECT_ID_EC = Buffer.from("06072a8648ce3d0201", "hex");
const OBJECT_ID_CURVE: Record<Curve, string> = {
  prime256v1: "06082a8648ce3d030107",
  secp384r1: "06052b81040022",
  secp521r1: "06052b81040023",
  secp256k1: "06052b8104000a",
};

/** Whether the curve is given by its name: AWS rejects explicit parameters, which OpenSSL takes for the named curve. */
function isNamed(curve: Curve, bytes: Buffer): boolean {
  return bytes.includes(Buffer.concat([OBJECT_ID_EC, Buffer.from(OBJECT_ID_CURVE[curve], "hex")]));
}

/** AWS derives the public key from the private key, whatever public point came with it. */
function readEc(curve: Curve, key: KeyObject): JsonWebKey {
  const jwk = key.export({ format: "jwk" });
  const pair = createECDH(curve);
  pair.setPrivateKey(Buffer.from(jwk.d!, "base64url"));
  const point = pair.getPublicKey().subarray(1);
  const half = point.length / 2;
  const coordinate = (start: number) => point.subarray(start, start + half).toString("base64url");
  return { ...jwk, x: coordinate(0), y: coordinate(half) };
}
