/** RSA keys in a token. Source: PKCS#11 2.40, mechanisms, section 2.1. */
import type { JsonWebKey } from "node:crypto";
import { exponentFault } from "../../privateKeys/rsa";
import type { Handle, Pkcs11, TokenSession } from "./cryptoki";
import { pairsOn } from "./ecKeys";
import { type HsmKeys, SEVERAL_BESIDE } from "./hsmKeys";
import { keyPairs } from "./keyPairs";
import { bytesIfShown } from "./objects";

export function rsaKeys(bits: 2048 | 3072 | 4096): HsmKeys {
  return keyPairs({
    form: { kty: "RSA", bits },
    keyType: ({ CKK_RSA }) => CKK_RSA,
    mechanism: ({ CKM_RSA_PKCS_KEY_PAIR_GEN }) => CKM_RSA_PKCS_KEY_PAIR_GEN,
    generated: (pkcs11) => [
      { type: pkcs11.CKA_MODULUS_BITS, value: bits },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
    ],
    trial: pairsOn("P-256"),
    publicPart: (pkcs11, jwk) => partsOf(pkcs11, jwk, PUBLIC),
    privatePart: (pkcs11, jwk) => partsOf(pkcs11, jwk, [...PUBLIC, ...PRIVATE]),
    /** A private key need not have the public exponent. */
    publicHalf(session, key, beside) {
      const own = shownBy(session, key);
      if (own) return own;
      const [publicKey, another] = beside();
      if (another) return SEVERAL_BESIDE;
      return (publicKey && shownBy(session, publicKey)) ?? "does not show its public exponent";
    },
    fault: ({ asymmetricKeyDetails }) => exponentFault(asymmetricKeyDetails!.publicExponent!),
    signing: ({ CKM_SHA256_RSA_PKCS }) => CKM_SHA256_RSA_PKCS,
    signsHash: false,
  });
}

function shownBy(session: TokenSession, key: Handle): JsonWebKey | undefined {
  const { CKA_MODULUS, CKA_PUBLIC_EXPONENT } = session.pkcs11;
  const [n, e] = [CKA_MODULUS, CKA_PUBLIC_EXPONENT].map((type) =>
    bytesIfShown(session, key, type).toString("base64url"),
  );
  return n && e ? { kty: "RSA", n, e } : undefined;
}

/** Attributes, and the members of a JWK (RFC 7518 section 6.3). */
const PUBLIC = [
  ["CKA_MODULUS", "n"],
  ["CKA_PUBLIC_EXPONENT", "e"],
] as const;
const PRIVATE = [
  ["CKA_PRIVATE_EXPONENT", "d"],
  ["CKA_PRIME_1", "p"],
  ["CKA_PRIME_2", "q"],
  ["CKA_EXPONENT_1", "dp"],
  ["CKA_EXPONENT_2", "dq"],
  ["CKA_COEFFICIENT", "qi"],
] as const;

function partsOf(
  pkcs11: Pkcs11,
  jwk: JsonWebKey,
  parts: readonly (typeof PUBLIC | typeof PRIVATE)[number][],
) {
  return parts.map(([attribute, member]) => ({
    type: pkcs11[attribute],
    value: Buffer.from(jwk[member]!, "base64url"),
  }));
}
