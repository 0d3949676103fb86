/**
 * Every local KMS of a test process gives out each wrapping key once, as AWS does, and none takes long to make. mocha requires
 * this file. To find the two primes of an RSA key takes longer than the rest of an import (a second for RSA_4096), so the
 * keys are made of a few primes: any two of them are a key of its own. Such keys keep no secret from one another.
 */
import { createPrivateKey, createPublicKey, generatePrime } from "node:crypto";
import { ImportKeyPool } from "../../local-kms/src/crypto/importKeyPool";
import { reusedPairs } from "../../local-kms/src/crypto/reusedPairs";
import {
  type RsaWrappingKeySpec,
  WRAPPING_BITS,
  type WrappingPair,
} from "../../local-kms/src/crypto/wrappingPair";

const EXPONENT = 65_537n;

/** Pairs of primes of one length, each pair once. */
class Primes {
  private readonly primes: bigint[] = [];
  private others: bigint[] = [];
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly bits: number) {}

  next(): Promise<readonly [p: bigint, q: bigint]> {
    const pair = this.turn.then(() => this.take());
    this.turn = pair;
    return pair;
  }

  private async take(): Promise<readonly [p: bigint, q: bigint]> {
    while (this.others.length === 0) {
      this.others = [...this.primes];
      this.primes.push(await newPrime(this.bits));
    }
    return [this.primes.at(-1)!, this.others.pop()!];
  }
}

function newPrime(bits: number): Promise<bigint> {
  return new Promise((resolve, reject) => {
    generatePrime(bits, { bigint: true }, (error, prime) => (error ? reject(error) : resolve(prime)));
  });
}

const primes = {
  RSA_2048: new Primes(WRAPPING_BITS.RSA_2048 / 2),
  RSA_3072: new Primes(WRAPPING_BITS.RSA_3072 / 2),
  RSA_4096: new Primes(WRAPPING_BITS.RSA_4096 / 2),
};

/** The keys of a pair in DER. */
export function keysOf({ publicKey, privateKey }: WrappingPair) {
  return {
    publicKey: createPublicKey({ key: publicKey, format: "der", type: "spki" }),
    privateKey: createPrivateKey({ key: privateKey, format: "der", type: "pkcs8" }),
  };
}

/** A pair of its own that was found quickly, in DER (SubjectPublicKeyInfo, PKCS #8). */
export async function quickPair(spec: RsaWrappingKeySpec): Promise<WrappingPair> {
  const [p, q] = await primes[spec].next();
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  const numbers = { n: p * q, e: EXPONENT, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const members = Object.entries(numbers).map(([name, number]) => [name, base64url(number)]);
  const key = createPrivateKey({ format: "jwk", key: { kty: "RSA", ...Object.fromEntries(members) } });
  return {
    publicKey: createPublicKey(key).export({ type: "spki", format: "der" }),
    privateKey: key.export({ type: "pkcs8", format: "der" }),
  };
}

function inverse(number: bigint, modulus: bigint): bigint {
  let [r, next] = [modulus, number % modulus];
  let [s, nextS] = [0n, 1n];
  while (next > 0n) {
    const quotient = r / next;
    [r, next] = [next, r - quotient * next];
    [s, nextS] = [nextS, s - quotient * nextS];
  }
  return ((s % modulus) + modulus) % modulus;
}

function base64url(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex").toString("base64url");
}

const own = { start: ImportKeyPool.prototype.start, take: ImportKeyPool.prototype.take };
const quick = { start: () => undefined, take: quickPair };

/** For tests of how the local KMS itself makes wrapping keys. Call it in a `describe`. */
export function useOwnWrappingKeys(): void {
  before(() => {
    Object.assign(ImportKeyPool.prototype, own);
  });
  after(() => {
    Object.assign(ImportKeyPool.prototype, quick);
  });
}

Object.assign(ImportKeyPool.prototype, quick);

/** Here nothing may rest on a wrapping key that AWS would not give out again. */
const WITHOUT_REUSE = /\/test\/(e2e|security|provider\/faultMatrix)\b/;
const takeReused = reusedPairs.take;
let isReused = false;
reusedPairs.take = (spec) => {
  isReused = true;
  return takeReused(spec);
};

export const mochaHooks = {
  afterEach(this: Mocha.Context) {
    const file = this.currentTest?.file ?? "";
    const wasReused = isReused;
    isReused = false;
    if (wasReused && WITHOUT_REUSE.test(file))
      throw new Error(`Expected ${file} to use no local KMS with importKeyPool.reuse; it uses one`);
  },
};
