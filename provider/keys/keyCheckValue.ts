import { cmac } from "@noble/ciphers/aes.js";

/**
 * The key check value of an AES key: the first 5 bytes of the AES-CMAC of 16 zero bytes, in lower-case hex (10 digits).
 * It tells two materials apart without showing either.
 * Source: ANSI X9.24-1-2017 Annex A (AES: CMAC, leftmost bytes, five at the most).
 */
export function keyCheckValue(material: Uint8Array): string {
  return Buffer.from(cmac(new Uint8Array(16), material).subarray(0, 5)).toString("hex");
}

/**
 * The same of a key that only encrypts single blocks, which are 16 bytes: the AES-CMAC of one whole block is the encryption of
 * the block XOR K1, and K1 the doubled encryption of zeroes. Source: RFC 4493 sections 2.3 and 2.4.
 */
export function keyCheckValueBy(encrypt: (block: Buffer) => Buffer): string {
  const k1 = doubled(encrypt(Buffer.alloc(16)));
  return encrypt(k1).subarray(0, 5).toString("hex");
}

/** Times x in GF(2^128). */
function doubled(block: Buffer): Buffer {
  const shifted = Buffer.from(block.map((byte, at) => ((byte << 1) | ((block[at + 1] ?? 0) >> 7)) & 0xff));
  if (block[0]! & 0x80) shifted[15]! ^= 0x87;
  return shifted;
}
