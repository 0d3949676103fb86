import { cmac } from "@noble/ciphers/aes.js";

/**
 * The key check value of an AES key: the first 5 bytes of the AES-CMAC of 16 zero bytes, in lower-case hex (10 digits).
 * It tells two materials apart without showing either.
 * Source: ANSI X9.24-1-2017 Annex A (AES: CMAC, leftmost bytes, five at the most).
 */
export function keyCheckValue(material: Uint8Array): string {
  return Buffer.from(cmac(new Uint8Array(16), material).subarray(0, 5)).toString("hex");
}
