import { cmac } from "@noble/ciphers/aes.js";

const KCV_DIGITS = 10;

/**
 * What tells two materials apart without showing either: the AES-CMAC of 16 zero bytes, in lower-case hex. All 16 bytes of it are for
 * decisions, and stay in the keyring; the first 5 are the key check value, for people.
 */
export interface Identity {
  /** Key check value: 10 digits. Another material with the same one can be made by trying. */
  kcv: string;
  /** The whole CMAC: 32 digits. What release 0.1.0 recorded does not have it. */
  cmac?: string;
}

/**
 * The key check value of an AES key: the first 5 bytes of the AES-CMAC of 16 zero bytes, in lower-case hex (10 digits).
 * Source: ANSI X9.24-1-2017 Annex A (AES: CMAC, leftmost bytes, five at the most).
 */
export function keyCheckValue(material: Uint8Array): string {
  return identityOf(material).kcv;
}

export function identityOf(material: Uint8Array): Required<Identity> {
  return ofCmac(cmac(new Uint8Array(16), material));
}

/**
 * The same of a key that only encrypts single blocks, which are 16 bytes: the AES-CMAC of one whole block is the encryption of
 * the block XOR K1, and K1 the doubled encryption of zeroes. Source: RFC 4493 sections 2.3 and 2.4.
 */
export function identityBy(encrypt: (block: Buffer) => Buffer): Required<Identity> {
  const k1 = doubled(encrypt(Buffer.alloc(16)));
  return ofCmac(encrypt(k1).subarray(0, 16));
}

/** Whether two materials are the same, as far as is known: by the whole CMAC where both have it. */
export function isSame(a: Identity, b: Identity): boolean {
  return a.cmac === undefined || b.cmac === undefined ? a.kcv === b.kcv : a.cmac === b.cmac;
}

/** How the material that came differs from the expected one, for a message. It never shows the whole CMAC. */
export function differenceOf({ kcv }: Identity, expected: Identity): string {
  return kcv === expected.kcv
    ? "is another with the same key check value"
    : `has key check value ${kcv}, not ${expected.kcv}`;
}

/** An identity as it stands in one text. */
export function parseIdentity(text: string): Identity {
  const kcv = text.slice(0, KCV_DIGITS);
  return text.length > KCV_DIGITS ? { kcv, cmac: text } : { kcv };
}

function ofCmac(bytes: Uint8Array): Required<Identity> {
  const whole = Buffer.from(bytes).toString("hex");
  return { kcv: whole.slice(0, KCV_DIGITS), cmac: whole };
}

/** Times x in GF(2^128). */
function doubled(block: Buffer): Buffer {
  const shifted = Buffer.from(block.map((byte, at) => ((byte << 1) | ((block[at + 1] ?? 0) >> 7)) & 0xff));
  if (block[0]! & 0x80) shifted[15]! ^= 0x87;
  return shifted;
}
