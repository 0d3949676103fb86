import {
  constants,
  createHash,
  createPublicKey,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  sign,
  verify,
} from "node:crypto";
import { encodePss, verifyPss } from "./pss.js";

/** How each signing algorithm of AWS KMS signs; the hash is over the message, or was made by the caller. */
export const SIGNING_ALGORITHMS = {
  RSASSA_PKCS1_V1_5_SHA_256: { scheme: "pkcs1", hash: "sha256", digestBytes: 32 },
  RSASSA_PKCS1_V1_5_SHA_384: { scheme: "pkcs1", hash: "sha384", digestBytes: 48 },
  RSASSA_PKCS1_V1_5_SHA_512: { scheme: "pkcs1", hash: "sha512", digestBytes: 64 },
  RSASSA_PSS_SHA_256: { scheme: "pss", hash: "sha256", digestBytes: 32 },
  RSASSA_PSS_SHA_384: { scheme: "pss", hash: "sha384", digestBytes: 48 },
  RSASSA_PSS_SHA_512: { scheme: "pss", hash: "sha512", digestBytes: 64 },
  ECDSA_SHA_256: { scheme: "ecdsa", hash: "sha256", digestBytes: 32 },
  ECDSA_SHA_384: { scheme: "ecdsa", hash: "sha384", digestBytes: 48 },
  ECDSA_SHA_512: { scheme: "ecdsa", hash: "sha512", digestBytes: 64 },
  ED25519_SHA_512: { scheme: "ed25519", hash: "sha512", digestBytes: 64 },
  ED25519_PH_SHA_512: { scheme: "ed25519ph", hash: "sha512", digestBytes: 64 },
} as const;

export type SigningAlgorithm = keyof typeof SIGNING_ALGORITHMS;

export interface SignedMessage {
  readonly bytes: Uint8Array;
  /** Whether the bytes are a digest by the algorithm's hash already. The Ed25519 algorithms hash whatever they get. */
  readonly isDigest: boolean;
}

/** PKCS #1 for RSA, DER for ECDSA, R || S for Ed25519. */
export async function signMessage(
  algorithm: SigningAlgorithm,
  key: KeyObject,
  message: SignedMessage,
): Promise<Buffer> {
  const { scheme, hash } = SIGNING_ALGORITHMS[algorithm];
  switch (scheme) {
    case "pkcs1":
      return privateEncrypt(
        { key, padding: constants.RSA_PKCS1_PADDING },
        digestInfo(hash, digestOf(hash, message)),
      );
    case "pss":
      return privateEncrypt(
        { key, padding: constants.RSA_NO_PADDING },
        encodePss(hash, digestOf(hash, message), modulusBytes(key)),
      );
    case "ecdsa":
      return Buffer.from((await curveOf(key)).sign(digestOf(hash, message), numbers(key).d, ECDSA_OPTIONS));
    case "ed25519":
      return sign(null, message.bytes, key);
    case "ed25519ph":
      return Buffer.from((await curves()).ed25519ph.sign(message.bytes, numbers(key).d));
  }
}

/** Also by the private key, of which only the public half counts. */
export async function verifyMessage(
  algorithm: SigningAlgorithm,
  key: KeyObject,
  message: SignedMessage,
  signature: Uint8Array,
): Promise<boolean> {
  const { scheme, hash } = SIGNING_ALGORITHMS[algorithm];
  const publicKey = createPublicKey(key);
  try {
    switch (scheme) {
      case "pkcs1":
        return recovered(publicKey, signature, constants.RSA_PKCS1_PADDING).equals(
          digestInfo(hash, digestOf(hash, message)),
        );
      case "pss":
        return verifyPss(
          hash,
          digestOf(hash, message),
          recovered(publicKey, signature, constants.RSA_NO_PADDING),
        );
      case "ecdsa":
        return (await curveOf(key)).verify(
          signature,
          digestOf(hash, message),
          point(publicKey),
          ECDSA_OPTIONS,
        );
      case "ed25519":
        return verify(null, message.bytes, publicKey, signature);
      case "ed25519ph":
        return (await curves()).ed25519ph.verify(signature, message.bytes, numbers(publicKey).x, {
          zip215: false,
        });
    }
  } catch {
    // Both libraries throw at a signature that has not even the form of one.
    return false;
  }
}

function digestOf(hash: string, { bytes, isDigest }: SignedMessage): Uint8Array {
  return isDigest ? bytes : createHash(hash).update(bytes).digest();
}

/** DER of a DigestInfo up to the digest: RFC 8017, 9.2, note 1. */
const DIGEST_INFO = {
  sha256: "3031300d060960864801650304020105000420",
  sha384: "3041300d060960864801650304020205000430",
  sha512: "3051300d060960864801650304020305000440",
} as const;

const digestInfo = (hash: keyof typeof DIGEST_INFO, digest: Uint8Array) =>
  Buffer.concat([Buffer.from(DIGEST_INFO[hash], "hex"), digest]);

const modulusBytes = (key: KeyObject) => key.asymmetricKeyDetails!.modulusLength! / 8;

/** What was padded and signed. A signature is as long as the modulus: RFC 8017, 8.1.2 and 8.2.2. */
function recovered(publicKey: KeyObject, signature: Uint8Array, padding: number): Buffer {
  if (signature.length !== modulusBytes(publicKey)) return Buffer.alloc(0);
  return publicDecrypt({ key: publicKey, padding }, signature);
}

/** AWS documents no canonical S: both are taken, and either may be given. */
const ECDSA_OPTIONS = { prehash: false, lowS: false, format: "der", extraEntropy: true } as const;

/** Loaded only where it is used: it takes a fifth of the time of a start. Kept, because every `import()` resolves the module again. */
let loaded: Promise<typeof import("./curves.js")> | undefined;
const curves = () => {
  loaded ??= import("./curves.js");
  return loaded;
};

async function curveOf(key: KeyObject) {
  const { ECDSA } = await curves();
  return ECDSA[key.asymmetricKeyDetails!.namedCurve as keyof typeof ECDSA];
}

function numbers(key: KeyObject): Record<"d" | "x" | "y", Buffer> {
  const jwk = key.export({ format: "jwk" });
  const bytes = (name: "d" | "x" | "y") => Buffer.from(jwk[name] ?? "", "base64url");
  return { d: bytes("d"), x: bytes("x"), y: bytes("y") };
}

/** Uncompressed: SEC 1, 2.3.3. */
function point(publicKey: KeyObject): Buffer {
  const { x, y } = numbers(publicKey);
  return Buffer.concat([Buffer.from([0x04]), x, y]);
}
