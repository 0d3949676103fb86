/** The arithmetic of an RSA key. */
import type { JWK } from "jose";

/**
 * Why an RSA key whose modulus has this size must not be used. Primality is not tested here.
 * Sources: RFC 8017 section 3.2 (how the numbers belong together); FIPS 186-5 A.1.1 and A.1.3 (sizes of primes and exponents, distance
 * of the primes). It sets the exponent above 2^16 and below 2^256.
 */
export function rsaFault(jwk: JWK, bits: number): string | undefined {
  const [n, e, d, p, q, dp, dq, qi] = [jwk.n, jwk.e, jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].map(
    numberOf,
  ) as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  const half = bits / 2;
  if (p * q !== n) return "its modulus n is not the product of its primes p and q";
  if (sizeOf(p) !== half || sizeOf(q) !== half) return `its primes do not have ${half} bits each`;
  const distance = p > q ? p - q : q - p;
  if (sizeOf(distance) <= half - 100) return "its primes are so close to each other that they can be found";
  const fault = exponentFault(e);
  if (fault) return fault;
  if (d >= n) return "its private exponent d is not less than its modulus n";
  if ((e * d) % (p - 1n) !== 1n || (e * d) % (q - 1n) !== 1n)
    return "its private exponent d does not belong to its public exponent e";
  if (dp !== d % (p - 1n) || dq !== d % (q - 1n) || qi >= p || (qi * q) % p !== 1n)
    return "its numbers dp, dq and qi do not belong to d, p and q";
  return undefined;
}

/** Why a public exponent must not be used. */
export function exponentFault(e: bigint): string | undefined {
  return e % 2n === 0n || e < 65537n || sizeOf(e) > 256
    ? "its public exponent e is not an odd number from 65537 up to 256 bits"
    : undefined;
}

const sizeOf = (number: bigint) => (number === 0n ? 0 : number.toString(2).length);

/** BigInts and the text that they come from stay in memory until it is used again: JavaScript cannot erase them. */
function numberOf(member: string | undefined): bigint {
  const bytes = Buffer.from(String(member), "base64url");
  const number = BigInt(`0x0${bytes.toString("hex")}`);
  bytes.fill(0);
  return number;
}
