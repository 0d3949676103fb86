import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

/** The wrapping keys that are built, with their modulus lengths. */
export const WRAPPING_BITS = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 } as const;
export type RsaWrappingKeySpec = keyof typeof WRAPPING_BITS;

export interface WrappingPair {
  /** SubjectPublicKeyInfo DER. */
  readonly publicKey: Buffer;
  /** PKCS#8 DER. */
  readonly privateKey: Buffer;
}

const generate = promisify(generateKeyPair);

/** A fresh pair, made off the main thread. */
export function makePair(spec: RsaWrappingKeySpec): Promise<WrappingPair> {
  return generate("rsa", {
    modulusLength: WRAPPING_BITS[spec],
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
}
