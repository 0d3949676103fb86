/** Keys that encrypt and open a backup: a passphrase, or a public key and its private key. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { KeymgmtError } from "../../errors";

/** How a backup's content key is encrypted (RFC 7518 section 4.1). */
export type BackupAlgorithm = "PBES2-HS512+A256KW" | "RSA-OAEP-256" | "ECDH-ES+A256KW";

export interface BackupKey {
  alg: BackupAlgorithm;
  /** A passphrase in UTF-8, or half of a key pair. */
  key: Uint8Array | KeyObject;
  /** For a key pair: the public key's thumbprint (RFC 7638). It shows which private key opens the backup. */
  kid?: string;
}

/** NIST SP 800-63B-4 section 3.1.1.2, for a password that is the only factor. A character is a Unicode code point there. */
const PASSPHRASE_CHARACTERS = 15;

/** NIST SP 800-131A: shorter RSA keys must not encrypt keys. */
const RSA_BITS = 2048;
const CURVES = ["prime256v1", "secp384r1", "secp521r1"];

/** A passphrase to encrypt a backup with. A short one is refused, because anybody with the backup can try passphrases without limit. */
export function newPassphrase(text: string): BackupKey {
  const { key } = passphraseKey(text);
  if ([...firstLine(text)].length >= PASSPHRASE_CHARACTERS) return { alg: "PBES2-HS512+A256KW", key };
  throw new KeymgmtError(
    "InvalidInput",
    `Expected a passphrase of ${PASSPHRASE_CHARACTERS} characters or more: somebody who has the backup can try passphrases without limit. Make one with: openssl rand -base64 24`,
  );
}

/** A passphrase to open a backup with: the first line of the text. */
export function passphraseKey(text: string): BackupKey {
  return { alg: "PBES2-HS512+A256KW", key: Buffer.from(firstLine(text)) };
}

/** Normalised, because keyboards and editors write the same character in several ways (RFC 8265 section 4.2.1). */
function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0]!.normalize("NFC");
}

/** A public key to encrypt a backup to: PEM (SPKI, or a certificate) or JWK; RSA, P-256, P-384, P-521 or X25519. */
export function recipientKey(text: string): Promise<BackupKey> {
  return keyOf(text, createPublicKey, "a public key");
}

/** The private key that opens a backup: PEM (PKCS #8, not encrypted) or JWK. */
export function identityKey(text: string): Promise<BackupKey> {
  return keyOf(text, createPrivateKey, "a private key that is not encrypted");
}

async function keyOf(
  text: string,
  read: typeof createPublicKey | typeof createPrivateKey,
  what: string,
): Promise<BackupKey> {
  const expected = `Expected ${what} in PEM or as a JWK: RSA of ${RSA_BITS} bits or more, P-256, P-384, P-521 or X25519`;
  let key: KeyObject;
  try {
    key = text.trim().startsWith("{") ? read({ key: JSON.parse(text), format: "jwk" }) : read(text);
  } catch {
    throw new KeymgmtError("InvalidInput", `${expected}; what came is none.`); // the parser's own message may quote the text
  }
  const alg = algorithmFor(key);
  if (!alg) throw new KeymgmtError("InvalidInput", `${expected}; what came is ${kindOf(key)}.`);
  const { calculateJwkThumbprint } = await import("jose/jwk/thumbprint");
  const half = key.type === "private" ? createPublicKey(key) : key;
  return { alg, key, kid: await calculateJwkThumbprint(half.export({ format: "jwk" })) };
}

function algorithmFor({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): BackupAlgorithm | undefined {
  switch (asymmetricKeyType) {
    case "rsa":
      return (asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS ? "RSA-OAEP-256" : undefined;
    case "ec":
      return CURVES.includes(asymmetricKeyDetails?.namedCurve ?? "") ? "ECDH-ES+A256KW" : undefined;
    case "x25519":
      return "ECDH-ES+A256KW";
    default:
      return undefined;
  }
}

function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
  return [asymmetricKeyType, modulusLength && `of ${modulusLength} bits`, namedCurve]
    .filter(Boolean)
    .join(" ");
}
