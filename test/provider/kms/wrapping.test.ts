import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import crypto, { constants, generateKeyPairSync, privateDecrypt, randomBytes } from "node:crypto";
import sinon from "sinon";
import { AES_256 } from "../../../provider/keys/keyTypes";
import {
  inMemory,
  keyWrapWithPadding,
  wrapByAesKeyWrapSha256,
  wrapByOaepSha256,
} from "../../../provider/kms/wrapping";

describe("wrapping of key material", () => {
  const { publicKey: wrappingKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

  it("is undone by RSA-OAEP with SHA-256 and by no other hash", () => {
    const material = randomBytes(32);
    const wrapped = wrapByOaepSha256(material, wrappingKey);
    const unwrap = (oaepHash: string) =>
      privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, wrapped);
    assert.deepEqual(unwrap("sha256"), material);
    assert.throws(() => unwrap("sha1"));
    assert.equal(wrapped.length, 256);
  });

  it("leaves the material as it is, and gives other bytes each time", () => {
    const material = randomBytes(32);
    const before = Buffer.from(material);
    assert.notDeepEqual(wrapByOaepSha256(material, wrappingKey), wrapByOaepSha256(material, wrappingKey));
    assert.deepEqual(material, before);
  });

  it("in memory is zeroed once it is released", async () => {
    const material = randomBytes(32);
    const wrappable = inMemory(material, AES_256.wrapping);
    assert.equal(wrappable.wrappingAlgorithm, "RSAES_OAEP_SHA_256");
    assert.equal((await wrappable.wrap(wrappingKey)).length, 256);
    assert.ok(material.some((byte) => byte !== 0));
    wrappable.release();
    assert.deepEqual(material, Buffer.alloc(32));
  });

  describe("by an AES key of its own", () => {
    afterEach(() => sinon.restore());
    const hex = (text: string) => Buffer.from(text, "hex");
    const unwrapKey = (wrapped: Buffer) =>
      privateDecrypt(
        { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" },
        wrapped.subarray(0, 256),
      );
    /** OpenSSL's command undoes AES-KWP. */
    const unwrap = (aesKey: Buffer, wrapped: Buffer) =>
      execFileSync(
        "openssl",
        ["enc", "-d", "-id-aes256-wrap-pad", "-K", aesKey.toString("hex"), "-iv", "a65959a6"],
        { input: wrapped, stdio: ["pipe", "pipe", "pipe"] },
      );

    it("agrees with the examples of RFC 5649 section 6", () => {
      const key = hex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");
      for (const [material, wrapped] of [
        [
          "c37b7e6492584340bed12207808941155068f738",
          "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
        ],
        ["466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"],
      ] as const)
        assert.equal(keyWrapWithPadding(key, hex(material)).toString("hex"), wrapped);
    });

    it("is the encrypted AES-256 key and the material under it, whatever the material's length", () => {
      for (const length of [1, 8, 67, 1217, 2374]) {
        const material = randomBytes(length);
        const before = Buffer.from(material);
        const wrapped = wrapByAesKeyWrapSha256(material, wrappingKey);
        assert.deepEqual(material, before);
        assert.equal(wrapped.length, 256 + 8 * Math.ceil(length / 8) + 8);
        assert.equal(unwrapKey(wrapped).length, 32);
        assert.deepEqual(unwrap(unwrapKey(wrapped), wrapped.subarray(256)), material);
      }
    });

    it("uses another AES key each time, and zeroes it", () => {
      const random = sinon.spy(crypto, "randomBytes");
      const material = Buffer.alloc(100, 1);
      const [one, other] = [1, 2].map(() => wrapByAesKeyWrapSha256(material, wrappingKey));
      assert.notDeepEqual(unwrapKey(one!), unwrapKey(other!));
      assert.equal(random.callCount, 2);
      for (const key of random.returnValues as unknown as Buffer[]) assert.deepEqual(key, Buffer.alloc(32));
    });
  });
});
