import { p256, p384, p521 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";

export { ed25519ph } from "@noble/curves/ed25519.js";

/** By OpenSSL's names, which node:crypto has. */
export const ECDSA = { prime256v1: p256, secp384r1: p384, secp521r1: p521, secp256k1 };
