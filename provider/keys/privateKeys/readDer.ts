/** A private key in DER: PKCS#8 (RFC 5958), encrypted PKCS#8, PKCS#1 (RFC 8017 A.1.2) or SEC1 (RFC 5915). */
import { createPrivateKey, createPublicKey, KeyObject } from "node:crypto";
import type { Came } from "./came";
import { type DerElement, SEQUENCE, sequenceIn, sequenceOf } from "./der";

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
/** Of a certificate: its version. Of a certificate signing request: its attributes. Of a PKCS#8 key: its attributes. */
const FIRST = 0xa0;
/** Of a PKCS#8 key of version 2: the public half. */
const PUBLIC_HALF = 0x81;

/** Reads the key, or says what else it is. Undefined where the bytes are no DER. */
export function readDer(bytes: Buffer, passphrase: string | undefined): KeyObject | Came | undefined {
  const elements = sequenceIn(bytes);
  if (!elements) return undefined;
  const isOf = (...tags: number[]) => tags.every((tag, at) => elements[at]?.tag === tag);
  if (isOf(INTEGER, SEQUENCE, OCTET_STRING)) return readPkcs8(bytes, elements);
  if (isOf(INTEGER, OCTET_STRING)) return open(bytes, "sec1");
  if (isOf(INTEGER, INTEGER) && elements.length >= 9) return open(bytes, "pkcs1");
  if (isOf(SEQUENCE, OCTET_STRING))
    return openEncrypted({ key: bytes, format: "der", type: "pkcs8" }, passphrase);
  if (isOf(SEQUENCE, BIT_STRING) || (isOf(INTEGER, INTEGER) && elements.length === 2))
    return { came: "a public key" };
  if (isOf(INTEGER, INTEGER)) return { came: "a DSA key" };
  if (isOf(SEQUENCE, SEQUENCE, BIT_STRING)) {
    const isRequest = elementTags(elements[0]!).join() === [INTEGER, SEQUENCE, SEQUENCE, FIRST].join();
    return { came: isRequest ? "a certificate signing request" : "a certificate" };
  }
  if (isOf(INTEGER, SEQUENCE))
    return {
      came: "a PKCS#12 file. Take the key out of it with: openssl pkcs12 -in FILE -nocerts -noenc",
    };
  return { came: "DER of something else" };
}

function elementTags({ whole }: DerElement): number[] {
  return (sequenceIn(whole) ?? []).map(({ tag }) => tag);
}

/** OpenSSL 3.0 reads no public half beside a private key (version 2). So it gets version 1, and the half is compared here. */
function readPkcs8(bytes: Buffer, [, algorithm, octets, ...more]: DerElement[]): KeyObject | Came {
  const half = more.find(({ tag }) => tag === PUBLIC_HALF);
  if (!half) return open(bytes, "pkcs8");
  const version1 = sequenceOf([Buffer.from([INTEGER, 1, 0]), algorithm!.whole, octets!.whole]);
  try {
    const key = open(version1, "pkcs8");
    if (!(key instanceof KeyObject)) return key;
    const [, bits] = sequenceIn(createPublicKey(key).export({ type: "spki", format: "der" }))!;
    return bits!.content.equals(half.content) ? key : { fault: "its public half belongs to another key" };
  } finally {
    version1.fill(0);
  }
}

/** Messages of OpenSSL are not used: they say nothing that a user can do. */
function open(key: Buffer, type: "pkcs8" | "pkcs1" | "sec1"): KeyObject | Came {
  try {
    return createPrivateKey({ key, format: "der", type });
  } catch {
    return {
      came: "a private key that cannot be read: it is damaged, or of a type that OpenSSL does not know",
    };
  }
}

/** A wrong passphrase and a damaged key cannot be told from each other. */
export function openEncrypted(
  key: { key: Buffer; format: "der"; type: "pkcs8" } | { key: string; format: "pem" },
  passphrase: string | undefined,
): KeyObject | Came {
  if (passphrase === undefined)
    return { locked: "no passphrase was given: `materialPassphrase` names where it is read" };
  try {
    return createPrivateKey({ ...key, passphrase });
  } catch {
    return { locked: "the passphrase that was given does not open it" };
  }
}
