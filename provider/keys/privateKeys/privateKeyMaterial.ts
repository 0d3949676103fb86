/** Private keys as the material of asymmetric key types. */
import { createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { JWK } from "jose";
import type { Material, ParsedMaterial } from "../material";
import type { Came } from "./came";
import { sequenceIn } from "./der";
import { deepFaultOf, faultOf } from "./faults";
import { CURVES, describeKey, isOfForm, nameOf, type PrivateKeyForm } from "./forms";
import { readBytes, readText } from "./read";
import { type KeyWithJwk, privateKeyOf, readJwk } from "./readJwk";

/**
 * Private keys of one form. Material is a Buffer with PKCS#8 DER without encryption, as AWS KMS imports it: always the same bytes for the
 * same numbers, since it is encoded anew from the JWK. An owner gives PEM (PKCS#8 or traditional, encrypted or not), DER (PKCS#8, PKCS#1,
 * SEC1; in base64 where it stands in text) or a JWK. A passphrase for a key that is not encrypted is ignored.
 *
 * Buffers with secrets are zeroed. Strings cannot be: PEM and JWKs, and the members of JWKs that Node makes on the way; neither can
 * BigInts, nor the memory of a KeyObject, which OpenSSL clears when it is collected.
 *
 * @param recipe a command that generates such a key
 */
export function privateKeyMaterial(form: PrivateKeyForm, recipe: string): Material {
  const parsed = (what: string, read: KeyWithJwk | Came): ParsedMaterial => {
    const judged = "key" in read ? judge(form, read) : read;
    return "material" in judged ? judged : { mistake: mistakeOf(form, recipe, what, judged) };
  };
  return {
    recipe,
    generate: () => generate(form),
    parse: (text, what = "`material`", passphrase) => parsed(what, readText(text, passphrase)),
    parseBytes(bytes, what, passphrase) {
      try {
        return parsed(what, readBytes(bytes, passphrase));
      } finally {
        bytes.fill(0);
      }
    },
    toJwk: (material) => keyIn(material).export({ format: "jwk" }) as JWK & { kty: string },
    fromJwk(jwk) {
      const read = readJwk(jwk);
      const fits =
        "key" in read && isOfForm(form, read.key) && faultOf(form, read.key, read.jwk) === undefined;
      return fits ? derOf(read.key) : undefined;
    },
  };
}

/** The private key of material. */
export function keyIn(material: Buffer): KeyObject {
  return createPrivateKey({ key: material, format: "der", type: "pkcs8" });
}

const generatePair = promisify(generateKeyPair) as unknown as (
  type: string,
  options: object,
) => Promise<{ privateKey: Buffer }>;

/** In a thread of libuv's pool: RSA of 4096 bits takes seconds. */
async function generate(form: PrivateKeyForm): Promise<Buffer> {
  const encodings = {
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  };
  const [type, options] =
    form.kty === "RSA"
      ? ["rsa", { modulusLength: form.bits, publicExponent: 65537 }]
      : form.kty === "EC"
        ? ["ec", { namedCurve: CURVES[form.crv] }]
        : ["ed25519", {}];
  return (await generatePair(type as string, { ...(options as object), ...encodings })).privateKey;
}

function judge(form: PrivateKeyForm, { key, jwk }: KeyWithJwk): { material: Buffer } | Came {
  if (!isOfForm(form, key)) return { came: describeKey(key) };
  const unusual = unusualOf(key);
  if (unusual) return { came: unusual };
  const fault = faultOf(form, key, jwk) ?? deepFaultOf(form, jwk);
  if (fault) return { fault };
  // Encoded from its JWK: a file may leave the public half out.
  return { material: derOf(privateKeyOf(jwk)) };
}

/** The field of a curve whose parameters stand in the key, instead of the curve's name (RFC 3279 section 2.3.5). */
const PRIME_FIELD = Buffer.from("06072a8648ce3d0101", "hex");

/** What a JWK does not show. */
function unusualOf(key: KeyObject): string | undefined {
  if (key.asymmetricKeyType === "ed25519") return undefined;
  const isRsa = key.asymmetricKeyType === "rsa";
  const der = key.export({ type: isRsa ? "pkcs1" : "sec1", format: "der" });
  try {
    if (isRsa && sequenceIn(der)!.length > 9) return "an RSA key of more than two primes";
    if (!isRsa && der.includes(PRIME_FIELD))
      return "an EC key with the parameters of its curve. Name the curve: openssl ec -in FILE -param_enc named_curve";
    return undefined;
  } finally {
    der.fill(0);
  }
}

function derOf(key: KeyObject): Buffer {
  return key.export({ type: "pkcs8", format: "der" });
}

function mistakeOf(form: PrivateKeyForm, recipe: string, what: string, came: Came): string {
  const expected = `Expected ${what} to be ${nameOf(form, "private key")} in PEM, DER or a JWK`;
  if ("locked" in came) return `${expected}; what came is encrypted, and ${came.locked}.`;
  if ("fault" in came)
    return `${expected}; what came is one that must not be used: ${came.fault}. Give an undamaged copy, or make a new key with: ${recipe}`;
  return `${expected}; what came is ${came.came}. Make one with: ${recipe}`;
}
