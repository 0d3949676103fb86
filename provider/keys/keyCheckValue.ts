import { createCipheriv, createHmac, type KeyObject } from "node:crypto";
import type { JWK } from "jose";
import { fingerprintOf } from "./privateKeys/publicKeys";

const KCV_DIGITS = 10;

/**
 * Identifies a key without showing it, in lower-case hex. Of a symmetric key it is a MAC of a known message under the key: of an AES key the
 * AES-CMAC of 16 zero bytes, of an HMAC key the HMAC of no bytes. Of an asymmetric key it is the fingerprint of its public half. Code
 * compares the whole of it, which stays in the keyring. The first 5 bytes are the key check value, for people.
 */
export interface Identity {
  /** Key check value: 10 digits. It is short enough that somebody can find other material with the same value. */
  kcv: string;
  /** The whole CMAC, or the first 16 bytes of the HMAC: 32 digits; or a fingerprint: 64. Release 0.1.0 did not record it. */
  cmac?: string;
}

/** What a keyring shows of a version whose material it does not show. */
export interface ShownIdentity extends Identity {
  /** The public half of an asymmetric key. Its fingerprint is the identity. */
  publicKey?: JWK;
}

/**
 * The key check value of an AES key: the first 5 bytes of the AES-CMAC of 16 zero bytes, in lower-case hex (10 digits).
 * Source: ANSI X9.24-1-2017 Annex A (AES: CMAC, leftmost bytes, five at the most).
 */
export function keyCheckValue(material: Uint8Array): string {
  return identityOf(material).kcv;
}

export function identityOf(material: Uint8Array): Required<Identity> {
  const cipher = createCipheriv(`aes-${8 * material.length}-ecb`, material, null).setAutoPadding(false);
  try {
    return identityBy((block) => cipher.update(block));
  } finally {
    cipher.final(); // frees the cipher's copy of the key
  }
}

/**
 * The identity of a key that can only encrypt single blocks of 16 bytes. The AES-CMAC of one whole block is the encryption of the block
 * XOR K1, and K1 is the doubled encryption of zero bytes. Source: RFC 4493 sections 2.3 and 2.4.
 */
export function identityBy(encrypt: (block: Buffer) => Buffer): Required<Identity> {
  const k1 = doubled(encrypt(Buffer.alloc(16)));
  return identityOfMac(encrypt(k1));
}

/**
 * The identity of an HMAC key with this hash: the leftmost bytes of the HMAC of the empty message. AWS KMS gives nobody that HMAC: the
 * Message of GenerateMac has at least one byte. Two keys that HMAC treats as one (RFC 2104: zeros at the end, or the hash of a key longer
 * than a block) have the same identity.
 * Source: AWS Payment Cryptography, whose key check value of an HMAC key "is computed using the hash selected at key creation on a
 * zero-length message" (https://docs.aws.amazon.com/payment-cryptography/latest/APIReference/API_ImportKey.html).
 *
 * @param hash such as "sha256"
 */
export function hmacIdentityOf(hash: string, material: Uint8Array): Required<Identity> {
  return identityOfMac(createHmac(hash, material).digest());
}

/** The identity whose MAC of a known message this is. */
export function identityOfMac(mac: Buffer): Required<Identity> {
  const cmac = mac.subarray(0, 16).toString("hex");
  return { kcv: cmac.slice(0, KCV_DIGITS), cmac };
}

/**
 * The identity of an asymmetric key: the fingerprint of its public half, which is the SHA-256 of the SubjectPublicKeyInfo in DER. Its first 10
 * digits stand where a symmetric key has its key check value.
 */
export function identityOfPublicKey(publicKey: KeyObject): Required<Identity> {
  const fingerprint = fingerprintOf(publicKey);
  return { kcv: fingerprint.slice(0, KCV_DIGITS), cmac: fingerprint };
}

/** Whether two identities are the same: by the whole CMAC where both have it, else by the key check value. */
export function isSame(a: Identity, b: Identity): boolean {
  return a.cmac === undefined || b.cmac === undefined ? a.kcv === b.kcv : a.cmac === b.cmac;
}

/** For a message: how the material differs from the expected one. It never shows the whole CMAC. */
export function differenceOf({ kcv }: Identity, expected: Identity): string {
  return kcv === expected.kcv
    ? "is another with the same key check value"
    : `has key check value ${kcv}, not ${expected.kcv}`;
}

/** Reads an identity from its text: a key check value or a whole CMAC. */
export function parseIdentity(text: string): Identity {
  const kcv = text.slice(0, KCV_DIGITS);
  return text.length > KCV_DIGITS ? { kcv, cmac: text } : { kcv };
}

/** Times x in GF(2^128). */
function doubled(block: Buffer): Buffer {
  const shifted = Buffer.from(block.map((byte, at) => ((byte << 1) | ((block[at + 1] ?? 0) >> 7)) & 0xff));
  if (block[0]! & 0x80) shifted[15]! ^= 0x87;
  return shifted;
}
