import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { isKeymgmtError } from "../../../provider/errors";
import { wrappingKeyOf } from "../../../provider/kms/wrappingKey";
import type { WrappingKeySpec } from "../../../provider/schema/types";

const keyId = "1234abcd-12ab-34cd-56ef-1234567890ab";
const KeyId = `arn:aws:kms:eu-west-1:111122223333:key/${keyId}`;
const asked = { keyId, region: "eu-west-1", wrappingKeySpec: "RSA_2048" as WrappingKeySpec };
const der = (key: KeyObject) => key.export({ type: "spki", format: "der" });
const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const answer = {
  KeyId,
  ImportToken: Buffer.from("token"),
  PublicKey: der(publicKey) as Uint8Array,
  ParametersValidTo: new Date(Date.now() + 60_000),
};

function refusal(more: object, of = asked): string {
  try {
    wrappingKeyOf({ $metadata: {}, ...answer, ...more }, of, { key: "orders", version: 2 });
  } catch (error) {
    assert.ok(isKeymgmtError(error, "AwsError"));
    assert.deepEqual(error.context, {
      key: "orders",
      version: 2,
      operation: "GetParametersForImport",
      region: "eu-west-1",
      keyId: of.keyId,
    });
    return /public key \(.*\) for KMS key \S+ in eu-west-1; (.*?)\. Nothing was wrapped/.exec(
      error.message,
    )![1]!;
  }
  return assert.fail("it was taken");
}

/** One element of ASN.1's encoding; `isLong` spends a byte of its length that DER does not. */
function element(tag: number, content: Buffer, isLong = false): Buffer {
  const { length } = content;
  const bytes = length < 0x80 ? [length] : length < 0x100 ? [length] : [length >> 8, length & 0xff];
  const size =
    length < 0x80 && !isLong
      ? bytes
      : [0x80 + bytes.length + (isLong ? 1 : 0), ...(isLong ? [0] : []), ...bytes];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

describe("an answer of GetParametersForImport", () => {
  it("gives the wrapping key, of each size and of an AWS key named by its id or ARN", () => {
    for (const bits of [2048, 3072, 4096]) {
      // As good as a key here, and made at once.
      const key = createPublicKey({
        key: spki(Buffer.concat([Buffer.alloc(1), Buffer.alloc(bits / 8, 0xff)])),
        format: "der",
        type: "spki",
      });
      const of = { ...asked, wrappingKeySpec: `RSA_${bits}` as WrappingKeySpec };
      assert.ok(wrappingKeyOf({ $metadata: {}, ...answer, PublicKey: der(key) }, of, {}).equals(key));
    }
    for (const id of [keyId, KeyId])
      assert.ok(wrappingKeyOf({ $metadata: {}, ...answer }, { ...asked, keyId: id }, {}).equals(publicKey));
  });

  it("is refused where it is for another KMS key, in another Region too, or for none", () => {
    for (const other of [
      undefined,
      "",
      `${KeyId}0`,
      KeyId.replace("eu-west-1", "eu-west-2"),
      `${KeyId}:x`,
      "key",
    ])
      assert.equal(refusal({ KeyId: other }), "it is for another KMS key");
    const byArn = { ...asked, keyId: KeyId };
    assert.equal(
      refusal({ KeyId: KeyId.replace("111122223333", "444455556666") }, byArn),
      "it is for another KMS key",
    );
  });

  it("is refused without an import token, or where it is not valid any more", () => {
    for (const none of [undefined, Buffer.alloc(0)])
      assert.equal(refusal({ ImportToken: none }), "there is no import token");
    assert.equal(refusal({ ParametersValidTo: undefined }), "it does not say until when it is valid");
    assert.equal(
      refusal({ ParametersValidTo: new Date("2026-01-01T00:00:00Z") }),
      "it was valid until 2026-01-01T00:00:00.000Z, which is past by this machine's clock",
    );
  });

  it("is taken on a machine whose clock is a day ahead: AWS refuses a token that is past by its own", () => {
    const past = new Date(Date.now() - 23 * 60 * 60 * 1000);
    assert.ok(wrappingKeyOf({ $metadata: {}, ...answer, ParametersValidTo: past }, asked, {}));
    const longAgo = new Date(Date.now() - 25 * 60 * 60 * 1000);
    assert.match(refusal({ ParametersValidTo: longAgo }), /past by this machine's clock/);
  });

  it("is refused with a key of another size, though it has as many bytes", () => {
    assert.equal(
      refusal({ PublicKey: der(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey) }),
      "the key has 1024 bits",
    );
    assert.equal(refusal({}, { ...asked, wrappingKeySpec: "RSA_4096" }), "the key has 2048 bits");
    const topBitLess = spki(modulus((bytes) => bytes.fill(0x7f, 0, 1)));
    assert.equal(refusal({ PublicKey: topBitLess }), "the key has 2047 bits");
  });

  it("is refused with another exponent, or an even modulus", () => {
    for (const [exponent, bytes] of [
      [0, [0]],
      [1, [1]],
      [3, [3]],
      [65536, [1, 0, 0]],
      [65539, [1, 0, 3]],
    ] as const)
      assert.equal(
        refusal({ PublicKey: spki(modulus(), { exponent: Buffer.from(bytes) }) }),
        `the key has exponent ${exponent}`,
      );
    const even = modulus((bytes) => bytes.fill(bytes.at(-1)! & 0xfe, bytes.length - 1));
    assert.equal(refusal({ PublicKey: spki(even) }), "the key has an even modulus");
  });

  it("is refused with a key of another kind, also RSA that is not for encryption", () => {
    const { publicKey: elliptic } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    assert.equal(refusal({ PublicKey: der(elliptic) }), "the key is one of ec, not RSA");
    const { publicKey: pss } = generateKeyPairSync("rsa-pss", { modulusLength: 2048 });
    assert.equal(refusal({ PublicKey: der(pss) }), "the key is one of rsa-pss, not RSA");
    for (const none of [undefined, Buffer.alloc(0), Buffer.from("nonsense"), der(publicKey).subarray(1)])
      assert.match(refusal({ PublicKey: none }), /^the key is \d+ bytes that are no public key$/);
    const pkcs1 = publicKey.export({ type: "pkcs1", format: "der" });
    assert.equal(refusal({ PublicKey: pkcs1 }), `the key is ${pkcs1.length} bytes that are no public key`);
  });

  it("is refused with a key in another encoding than DER's one", () => {
    assert.ok(spki(modulus()).equals(der(publicKey)), "the test's own encoding is DER's");
    const others = {
      "a byte behind it": Buffer.concat([der(publicKey), Buffer.alloc(1)]),
      "a second key behind it": Buffer.concat([der(publicKey), der(publicKey)]),
      "no parameters of the algorithm": spki(modulus(), { parameters: Buffer.alloc(0) }),
      "a length that is longer than it need be": spki(modulus(), { isLong: true }),
      "a modulus with a zero in front": spki(Buffer.concat([Buffer.alloc(1), modulus()])),
      "a negative modulus": spki(modulus().subarray(1)),
    };
    for (const [what, PublicKey] of Object.entries(others))
      assert.match(refusal({ PublicKey }), /not encoded as DER|no public key/, what);
  });
});

/** The key's modulus as ASN.1's INTEGER has it, with a zero in front of its top bit. */
function modulus(change: (bytes: Buffer) => void = () => {}): Buffer {
  const bytes = Buffer.from(publicKey.export({ format: "jwk" }).n!, "base64url");
  change(bytes);
  return bytes[0]! & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
}

/** RFC 5280, 4.1; RFC 8017, A.1. */
function spki(
  modulus: Buffer,
  { exponent = Buffer.from([1, 0, 1]), parameters = Buffer.from([5, 0]), isLong = false } = {},
): Buffer {
  const rsaEncryption = Buffer.from([6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]);
  const key = element(0x30, Buffer.concat([element(2, modulus), element(2, exponent, isLong)]));
  const algorithm = element(0x30, Buffer.concat([rsaEncryption, parameters]));
  return element(0x30, Buffer.concat([algorithm, element(3, Buffer.concat([Buffer.alloc(1), key]))]));
}
