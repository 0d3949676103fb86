import { createPublicKey, generateKeyPair, type KeyObject, randomBytes } from "node:crypto";
import { promisify } from "node:util";

/** Random bytes, of which KMS itself makes the fewest; or the private half of a key pair, as PKCS#8 DER. */
export type MaterialForm =
  | { readonly kind: "bytes"; readonly fewest: number; readonly most: number }
  | { readonly kind: "rsa"; readonly modulusLength: number }
  | { readonly kind: "ec"; readonly curve: Curve }
  | { readonly kind: "ed25519" };

/** OpenSSL's names of the curves. */
export type Curve = "prime256v1" | "secp384r1" | "secp521r1" | "secp256k1";

const generate = promisify(generateKeyPair);

/** Fresh material, made off the main thread: random bytes, or the private half of a fresh pair as PKCS#8 DER. */
export async function generateMaterial(form: MaterialForm): Promise<Buffer> {
  if (form.kind === "bytes") return randomBytes(form.fewest);
  return pkcs8(await generatePrivateKey(form));
}

async function generatePrivateKey(form: Exclude<MaterialForm, { kind: "bytes" }>): Promise<KeyObject> {
  switch (form.kind) {
    case "rsa":
      return (await generate("rsa", { modulusLength: form.modulusLength })).privateKey;
    case "ec":
      return (await generate("ec", { namedCurve: form.curve })).privateKey;
    case "ed25519":
      return (await generate("ed25519")).privateKey;
  }
}

export const pkcs8 = (key: KeyObject): Buffer => key.export({ format: "der", type: "pkcs8" });

/** SubjectPublicKeyInfo DER of the pair that a private key belongs to. */
export const spki = (privateKey: KeyObject): Buffer =>
  createPublicKey(privateKey).export({ format: "der", type: "spki" });
