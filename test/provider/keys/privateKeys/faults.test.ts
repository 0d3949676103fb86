import assert from "node:assert/strict";
import crypto, { createECDH, ECDH, generatePrimeSync } from "node:crypto";
import type { JWK } from "jose";
import sinon from "sinon";
import { CURVES, type PrivateKeyForm } from "../../../../provider/keys/privateKeys/forms";
import {
  derOf,
  ED25519,
  jwkOf,
  materialOf,
  mistakeIn,
  ON_CURVES,
  otherJwk,
  RECIPE,
  RSA_2048,
  titleOf,
  version2,
} from "./keys";

const text = (number: bigint, bytes = 0) => {
  const hex = number.toString(16);
  const padded = hex.padStart(Math.max(hex.length + (hex.length % 2), 2 * bytes), "0");
  return Buffer.from(padded, "hex").toString("base64url");
};
const bytesIn = (member: string | undefined) => Buffer.from(member!, "base64url");
const number = (member: string | undefined) => BigInt(`0x${bytesIn(member).toString("hex")}`);

function inverse(value: bigint, modulus: bigint): bigint {
  let [r, next, s, t] = [modulus, value % modulus, 0n, 1n];
  while (next !== 0n) [r, next, s, t] = [next, r % next, t, s - (r / next) * t];
  if (r !== 1n) throw new Error("no inverse");
  return (s + modulus) % modulus;
}

/** An RSA key with all numbers as they follow from these. */
function rsaJwk(p: bigint, q: bigint, e = 65537n): JWK {
  const d = inverse(e, (p - 1n) * (q - 1n));
  const [dp, dq, qi] = [d % (p - 1n), d % (q - 1n), inverse(q, p)];
  const numbers = { n: p * q, e, d, p, q, dp, dq, qi };
  return {
    kty: "RSA",
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, text(value)])),
  };
}

/** The first of a series that makes a key: not every number has an inverse. */
function first<T>(make: (turn: bigint) => T): T {
  for (let turn = 0n; ; turn++) {
    try {
      return make(turn);
    } catch {}
  }
}

const prime = (bits: number) => generatePrimeSync(bits, { bigint: true });

function nextPrime(after: bigint): bigint {
  let next = after + 2n;
  while (!crypto.checkPrimeSync(next)) next += 2n;
  return next;
}

const expected = {
  RSA: "an RSA private key of 2048 bits",
  EC: "an EC private key on ",
  OKP: "an Ed25519 private key",
};

describe("a private key is refused, in a JWK and in DER,", function () {
  this.timeout(60_000);
  afterEach(() => sinon.restore());

  /** Refused as a JWK, and as DER where the fault survives there. `isCheap`: reading a keyring sees it too. */
  function refuses(form: PrivateKeyForm, jwk: JWK, fault: string, { isCheap = true, inDer = true } = {}) {
    const material = materialOf(form);
    const name = form.kty === "EC" ? expected.EC + form.crv : expected[form.kty];
    const mistake = `Expected the key to be ${name} in PEM, DER or a JWK; what came is one that must not be used: ${fault}. Give an undamaged copy, or make a new key with: ${RECIPE}`;
    assert.equal(mistakeIn(material.parse(JSON.stringify(jwk), "the key")), mistake);
    if (inDer) assert.equal(mistakeIn(material.parseBytes(derOf(jwk), "the key")), mistake);
    assert.equal(material.fromJwk(jwk) === undefined, isCheap);
  }

  describe("of RSA where", () => {
    let good: JWK;
    let [n, e, d, p, q] = [0n, 0n, 0n, 0n, 0n];
    before(() => {
      good = jwkOf(RSA_2048);
      [n, e, d, p, q] = ["n", "e", "d", "p", "q"].map((name) => number(good[name as "n"])) as [
        bigint,
        bigint,
        bigint,
        bigint,
        bigint,
      ];
    });
    const PRODUCT = "its modulus n is not the product of its primes p and q";

    it("its modulus is not the product of its primes", () => {
      refuses(RSA_2048, { ...good, n: text(n ^ 2n) }, PRODUCT);
      refuses(RSA_2048, { ...good, p: text(nextPrime(p)) }, PRODUCT);
    });

    it("its primes differ in size", () =>
      refuses(
        RSA_2048,
        first(() => rsaJwk(prime(1040), prime(1008))),
        "its primes do not have 1024 bits each",
      ));

    it("its primes are close to each other", () =>
      refuses(
        RSA_2048,
        first(() => rsaJwk(nextPrime(p), p)),
        "its primes are so close to each other that they can be found",
      ));

    it("a prime is not prime, which the read of a keyring does not ask again", () => {
      const composite = first(() => {
        const number = prime(512) * prime(512);
        if ((number * q) >> 2047n !== 1n) throw new Error("the modulus is short of 2048 bits");
        return rsaJwk(number, q);
      });
      refuses(RSA_2048, composite, "one of its primes is not prime", { isCheap: false });
      const { p: swapped, q: other } = composite;
      const jwk = rsaJwk(number(other), number(swapped));
      refuses(RSA_2048, jwk, "one of its primes is not prime", { isCheap: false });
    });

    it("its public exponent is even, small or long", () => {
      const fault = "its public exponent e is not an odd number from 65537 up to 256 bits";
      refuses(RSA_2048, { ...good, e: text(65538n) }, fault);
      refuses(
        RSA_2048,
        first((turn) => rsaJwk(p, q, 65535n - 2n * turn)),
        fault,
      );
      refuses(
        RSA_2048,
        first((turn) => rsaJwk(p, q, (1n << 256n) + 1n + 2n * turn)),
        fault,
      );
      const longest = first((turn) => rsaJwk(p, q, (1n << 256n) - 1n - 2n * turn));
      assert.ok("material" in materialOf(RSA_2048).parse(JSON.stringify(longest)));
    });

    it("its private exponent does not belong to its public one, or is too large", () => {
      const fault = "its private exponent d does not belong to its public exponent e";
      refuses(RSA_2048, { ...good, d: text(d ^ 2n) }, fault);
      refuses(RSA_2048, { ...good, e: text(e + 2n) }, fault);
      // Right for one prime alone.
      refuses(RSA_2048, { ...good, d: text((d + (p - 1n)) % n) }, fault);
      refuses(RSA_2048, { ...good, d: text((d + (q - 1n)) % n) }, fault);
      const large = first((turn) => {
        const jwk = rsaJwk(p, q, 65537n + 2n * turn);
        const half = ((p - 1n) * (q - 1n)) / 2n; // p - 1 and q - 1 are even
        const past = [1n, 2n].map((times) => number(jwk.d) + times * half).find((each) => each >= n)!;
        if (past >> 2048n) throw new Error("OpenSSL 3.5 reads no exponent that is longer than the modulus");
        return { ...jwk, d: text(past) };
      });
      refuses(RSA_2048, large, "its private exponent d is not less than its modulus n");
    });

    it("what speeds it up does not belong to it", () => {
      const fault = "its numbers dp, dq and qi do not belong to d, p and q";
      for (const name of ["dp", "dq", "qi"] as const)
        refuses(RSA_2048, { ...good, [name]: text(number(good[name]) ^ 1n) }, fault);
      refuses(RSA_2048, { ...good, qi: text(number(good.qi) + p) }, fault);
    });

    it("nothing is wrong with it, then it is not, in either form of its private exponent", () => {
      const material = materialOf(RSA_2048);
      assert.ok("material" in material.parse(JSON.stringify(rsaJwk(p, q))));
      assert.ok("material" in material.parse(JSON.stringify(rsaJwk(q, p))));
      const dp = d % (p - 1n);
      assert.equal(text(dp), good.dp);
    });

    it("is read from a keyring without the slow test of its primes", () => {
      const slow = sinon.spy(crypto, "checkPrimeSync");
      assert.ok(materialOf(RSA_2048).fromJwk(good));
      sinon.assert.notCalled(slow);
      materialOf(RSA_2048).parse(JSON.stringify(good));
      sinon.assert.calledTwice(slow);
    });
  });

  for (const form of ON_CURVES)
    describe(`on ${titleOf(form)} where`, () => {
      const bytes = Math.ceil((form.crv === "P-521" ? 521 : form.crv === "P-384" ? 384 : 256) / 8);
      /** The key with this private number, and its right public half. */
      const keyOf = (d: Buffer): JWK => {
        const ecdh = createECDH(CURVES[form.crv]);
        ecdh.setPrivateKey(d);
        const point = ecdh.getPublicKey();
        const [x, y] = [point.subarray(1, 1 + bytes), point.subarray(1 + bytes)];
        const texts = { d, x, y };
        return {
          kty: "EC",
          crv: form.crv,
          ...Object.fromEntries(
            Object.entries(texts).map(([name, each]) => [name, each.toString("base64url")]),
          ),
        };
      };

      it("its public half belongs to another key", () => {
        const { x, y } = otherJwk(form);
        refuses(form, { ...jwkOf(form), x: x!, y: y! }, "its public half belongs to another key");
        // The other point with the same x, which belongs to the negated private number.
        const point = Buffer.concat([Buffer.from([4]), bytesIn(jwkOf(form).x), bytesIn(jwkOf(form).y)]);
        const half = ECDH.convertKey(point, CURVES[form.crv], undefined, "hex", "compressed") as string;
        const other = (half.startsWith("02") ? "03" : "02") + half.slice(2);
        const negated = ECDH.convertKey(other, CURVES[form.crv], "hex", "hex") as string;
        const negatedY = Buffer.from(negated, "hex")
          .subarray(1 + bytes)
          .toString("base64url");
        refuses(form, { ...jwkOf(form), y: negatedY }, "its public half belongs to another key");
      });

      it("its private number is zero or past the order of the curve", () => {
        const fault = "its private number is zero, or not less than the order of the curve";
        for (const d of [Buffer.alloc(bytes), Buffer.alloc(bytes, 0xff)])
          refuses(form, { ...jwkOf(form), d: d.toString("base64url") }, fault, { inDer: false });
      });

      it("its private number is not random", () => {
        const fault = "its private part is not random: ";
        const one = Buffer.concat([Buffer.alloc(bytes - 1), Buffer.from([1])]);
        const cases: [Buffer, string][] = [
          [one, `${bytes - 1} of its bytes are zero`],
          [Buffer.alloc(bytes, 1), "all its bytes are equal"],
        ];
        if (form.crv !== "P-521")
          cases.push([
            Buffer.from("correct horse battery staple. ".repeat(2).slice(0, bytes)),
            "its bytes are all ASCII text, which was not decoded",
          ]);
        for (const [d, weakness] of cases) refuses(form, keyOf(d), fault + weakness, { isCheap: false });
      });
    });

  describe("of Ed25519 where", () => {
    const fault = "its public half belongs to another key";

    it("its public half belongs to another key", () =>
      refuses(ED25519, { ...jwkOf(ED25519), x: otherJwk(ED25519).x! }, fault, { inDer: false }));

    it("a PKCS#8 key of version 2 has the public half of another; its own is taken", () => {
      const jwk = jwkOf(ED25519);
      const material = materialOf(ED25519);
      const parsed = material.parseBytes(version2(jwk, otherJwk(ED25519).x!), "the key");
      assert.match(mistakeIn(parsed), new RegExp(fault));
      assert.deepEqual(material.parseBytes(version2(jwk, jwk.x!), "the key"), { material: derOf(jwk) });
    });

    it("its seed is not random", () => {
      for (const [seed, weakness] of [
        [Buffer.alloc(32, 7), "all its bytes are equal"],
        [
          Buffer.from("correct horse battery staple, 32"),
          "its bytes are all ASCII text, which was not decoded",
        ],
        [Buffer.concat([Buffer.from([1, 2, 3])], 32), "29 of its bytes are zero"],
      ] as const) {
        const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
        assert.equal(
          mistakeIn(materialOf(ED25519).parseBytes(der, "the key")),
          `Expected the key to be an Ed25519 private key in PEM, DER or a JWK; what came is one that must not be used: its private part is not random: ${weakness}. Give an undamaged copy, or make a new key with: ${RECIPE}`,
        );
      }
    });
  });
});
