/** Whether the parts of a private key fit together. OpenSSL does not ask that when it reads a key. */
import { checkPrimeSync, createECDH, createPublicKey, type KeyObject } from "node:crypto";
import type { JWK } from "jose";
import { weaknessOf, zerosOf } from "../bytes";
import { CURVES, type PrivateKeyForm } from "./forms";
import { rsaFault } from "./rsa";

/** All but the slow tests, since every read of a keyring asks: under 1 ms, 3 ms for P-521. `key` is of the form. */
export function faultOf(form: PrivateKeyForm, key: KeyObject, jwk: JWK): string | undefined {
  switch (form.kty) {
    case "RSA":
      return rsaFault(jwk, form.bits);
    case "EC":
      return ecFault(form.crv, jwk);
    case "OKP": {
      const { x } = createPublicKey(key).export({ format: "jwk" });
      return bytesIn(x).equals(bytesIn(jwk.x)) ? undefined : "its public half belongs to another key";
    }
  }
}

/** What each read need not ask again: whether primes are prime and the private part is random. It takes a quarter of a second for RSA of 4096 bits. */
export function deepFaultOf(form: PrivateKeyForm, { d, p, q }: JWK): string | undefined {
  if (form.kty === "RSA")
    return [p, q].every((prime) => withBytes(prime, (bytes) => checkPrimeSync(bytes)))
      ? undefined
      : "one of its primes is not prime";
  const weakness = withBytes(d, (bytes) => weaknessOf(bytes) ?? zerosOf(bytes));
  return weakness && `its private part is not random: ${weakness}`;
}

/** Sources: SEC 1 section 3.2.1 (the private key is from 1 to the order less one, the public key is that times the generator). */
function ecFault(crv: keyof typeof CURVES, { d, x, y }: JWK): string | undefined {
  return withBytes(d, (scalar) => {
    const ecdh = createECDH(CURVES[crv]);
    try {
      ecdh.setPrivateKey(scalar);
    } catch {
      return "its private number is zero, or not less than the order of the curve";
    }
    const point = Buffer.concat([UNCOMPRESSED, bytesIn(x), bytesIn(y)]);
    return ecdh.getPublicKey().equals(point) ? undefined : "its public half belongs to another key";
  });
}

/** Stands before the coordinates of a point (SEC 1 section 2.3.3). */
export const UNCOMPRESSED = Buffer.from([4]);

function bytesIn(member: string | undefined): Buffer {
  return Buffer.from(String(member), "base64url");
}

/** The bytes of a member that holds a secret; they are zeroed behind the work. */
function withBytes<T>(member: string | undefined, work: (bytes: Buffer) => T): T {
  const bytes = bytesIn(member);
  try {
    return work(bytes);
  } finally {
    bytes.fill(0);
  }
}
