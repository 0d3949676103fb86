import assert from "node:assert/strict";
import { constants, generateKeyPairSync, privateDecrypt, randomBytes } from "node:crypto";
import { AES_256 } from "../../../provider/keys/keyTypes";
import { inMemory, wrapByOaepSha256 } from "../../../provider/kms/wrapping";

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

  it("in memory is zeroed once it is released", () => {
    const material = randomBytes(32);
    const wrappable = inMemory(material, AES_256.wrapping);
    assert.equal(wrappable.wrappingAlgorithm, "RSAES_OAEP_SHA_256");
    assert.equal(wrappable.wrap(wrappingKey).length, 256);
    assert.ok(material.some((byte) => byte !== 0));
    wrappable.release();
    assert.deepEqual(material, Buffer.alloc(32));
  });
});
