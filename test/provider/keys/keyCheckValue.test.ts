import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createCipheriv, createHash } from "node:crypto";
import { cmac } from "@noble/ciphers/aes.js";
import { hmacIdentityOf, identityBy, identityOf, keyCheckValue } from "../../../provider/keys/keyCheckValue";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** The message of both standards' examples, of which each takes the first bytes. */
const message = hex(
  "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51 30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710",
);

/** RFC 4493 section 4 (AES-128) and NIST SP 800-38B appendix D.3 (AES-256): key, length of the message, CMAC. */
const aes128 = hex("2b7e151628aed2a6abf7158809cf4f3c");
const aes256 = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
const published: [string, Buffer, number, string][] = [
  ["RFC 4493 example 1", aes128, 0, "bb1d6929e95937287fa37d129b756746"],
  ["RFC 4493 example 2", aes128, 16, "070a16b46b4d4144f79bdd9dd04a287c"],
  ["RFC 4493 example 3", aes128, 40, "dfa66747de9ae63030ca32611497c827"],
  ["RFC 4493 example 4", aes128, 64, "51f0bebf7e3b9d92fc49741779363cfe"],
  ["SP 800-38B D.3 example 9", aes256, 0, "028962f61b7bf89efc6b551f4667d983"],
  ["SP 800-38B D.3 example 10", aes256, 16, "28a7023f452e8f82bd4bf28d8c37c35c"],
  ["SP 800-38B D.3 example 11", aes256, 40, "aaf3d8f1de5640c232f5b169b9c911e6"],
  ["SP 800-38B D.3 example 12", aes256, 64, "e1992190549f6ed5696a2c056c315410"],
];

describe("key check value", () => {
  for (const [name, key, length, expected] of published) {
    it(`rests on an AES-CMAC that agrees with ${name}, as does this test's own`, () => {
      const part = message.subarray(0, length);
      assert.equal(Buffer.from(cmac(part, key)).toString("hex"), expected);
      assert.equal(independentCmac(key, part).toString("hex"), expected);
    });
  }

  it("is the same of a key that only encrypts blocks", () => {
    for (let at = 0; at < 64; at++) {
      // Half of all keys double without the reduction.
      const key = createHash("sha256").update(String(at)).digest();
      const encrypt = (block: Buffer) => createCipheriv("aes-256-ecb", key, null).update(block);
      assert.deepEqual(identityBy(encrypt), identityOf(key));
    }
  });

  it("is the first 5 bytes of the CMAC of 16 zero bytes, in lower-case hex", () => {
    // openssl mac -cipher AES-256-CBC -macopt hexkey:603deb10… -in <(head -c 16 /dev/zero) CMAC
    assert.equal(keyCheckValue(aes256), "1a0b2df267");
  });

  it("agrees with node:crypto for many keys", () => {
    const subkeysCarried = new Set<boolean>();
    for (let i = 0; i < 200; i++) {
      const key = createHash("sha256").update(`key ${i}`).digest();
      const expected = independentCmac(key, Buffer.alloc(16)).subarray(0, 5).toString("hex");
      assert.equal(keyCheckValue(key), expected, `key ${i}`);
      assert.match(expected, /^[0-9a-f]{10}$/);
      subkeysCarried.add(aesBlock(key, Buffer.alloc(16))[0]! >= 0x80);
    }
    assert.equal(subkeysCarried.size, 2, "both branches of the subkey derivation are taken");
  });

  it("leaves the material as it was", () => {
    const key = Buffer.from(aes256);
    keyCheckValue(key);
    assert.deepEqual(key, aes256);
  });
});

describe("key check value of an HMAC key", () => {
  /** Of the empty message, by OpenSSL. */
  const macOf = (hash: string, key: Buffer) =>
    execFileSync(
      "openssl",
      ["dgst", `-${hash}`, "-mac", "HMAC", "-macopt", `hexkey:${key.toString("hex")}`, "-r"],
      {
        input: "",
      },
    ).toString();

  for (const [hash, bytes] of [
    ["sha224", 28],
    ["sha256", 32],
    ["sha384", 48],
    ["sha512", 64],
  ] as const)
    it(`is the first 5 bytes of its HMAC of no bytes with ${hash}, and 16 of them are its identity`, () => {
      for (const length of [bytes, 128]) {
        const key = Buffer.concat(["a", "b"].map((text) => createHash("sha512").update(text).digest()));
        const expected = macOf(hash, key.subarray(0, length));
        assert.deepEqual(hmacIdentityOf(hash, key.subarray(0, length)), {
          kcv: expected.slice(0, 10),
          cmac: expected.slice(0, 32),
        });
      }
    });
});

/** AES-CMAC (RFC 4493 section 2.4) from single AES blocks of node:crypto. */
function independentCmac(key: Buffer, text: Buffer): Buffer {
  const k1 = doubled(aesBlock(key, Buffer.alloc(16)));
  const k2 = doubled(k1);
  const blocks = Math.max(1, Math.ceil(text.length / 16));
  const last = text.subarray((blocks - 1) * 16);
  const whole = last.length === 16;
  const padded = whole ? last : Buffer.concat([last, Buffer.from([0x80]), Buffer.alloc(15 - last.length)]);
  let state = Buffer.alloc(16);
  for (let i = 0; i < blocks - 1; i++) state = aesBlock(key, xor(state, text.subarray(i * 16, (i + 1) * 16)));
  return aesBlock(key, xor(state, xor(padded, whole ? k1 : k2)));
}

function aesBlock(key: Buffer, block: Buffer): Buffer<ArrayBuffer> {
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

/** Doubling in GF(2^128). */
function doubled(block: Buffer): Buffer {
  const number = BigInt(`0x${block.toString("hex")}`) << 1n;
  const carried = number >> 128n ? 0x87n : 0n;
  return hex(((number & ((1n << 128n) - 1n)) ^ carried).toString(16).padStart(32, "0"));
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ b[i]!));
}
