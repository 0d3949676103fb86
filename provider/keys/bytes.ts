/** What bytes look like that are no random secret. */
import { isUtf8 } from "node:buffer";

/** 32 random bytes are all text with a probability below 1 in 10^13. Such bytes are a password, or hex or base64 inside base64. */
export function weaknessOf(material: Buffer): string | undefined {
  if (material.every((byte) => byte === material[0])) return "all its bytes are equal";
  if (material.every(isText)) return "its bytes are all ASCII text, which was not decoded";
  return undefined;
}

/** Printable ASCII, a tab or an end of line. */
function isText(byte: number): boolean {
  return (byte >= 0x20 && byte <= 0x7e) || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** UTF-8 without control characters other than white space. The probability for 32 random bytes is below 1 in 10^10. */
export function isUtf8Text(bytes: Buffer): boolean {
  return (
    isUtf8(bytes) && bytes.every((byte) => (byte >= 0x20 && byte !== 0x7f) || (byte >= 0x09 && byte <= 0x0d))
  );
}

/** 32 random bytes have so many zeros with a probability below 1 in 10^12. Such bytes are text in UTF-16, or a padded password. */
export function zerosOf(bytes: Buffer): string | undefined {
  const zeros = bytes.filter((byte) => byte === 0).length;
  return zeros >= bytes.length / 4 ? `${zeros} of its bytes are zero` : undefined;
}
