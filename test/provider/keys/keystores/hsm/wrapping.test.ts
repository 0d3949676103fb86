import assert from "node:assert/strict";
import { createCipheriv, createPublicKey, type KeyObject, publicEncrypt, randomBytes } from "node:crypto";
import { isKeymgmtError } from "../../../../../provider/errors";
import type { Mechanism, Template, TokenSession } from "../../../../../provider/keys/keystores/hsm/cryptoki";
import {
  BY_AES_KEY_WRAP,
  BY_OAEP,
  type HsmWrapping,
  triedWrapping,
} from "../../../../../provider/keys/keystores/hsm/wrapping";
import { keysOf, quickPair } from "../../../../world/wrappingKeys";

const PKCS11 = { CKM_SHA_1: 0x220, CKM_SHA256: 0x250, CKM_RSA_PKCS_OAEP: 9, CKA_MODULUS: 0x120 };
const CKM_AES_KEY_WRAP_KWP = 0x210b;
const CKM_AES_KEY_WRAP_PAD = 0x210a;
const CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD = 0x8000216f;

const RFC_5649 = (aesKey: Buffer, bytes: Buffer) => {
  const cipher = createCipheriv("id-aes256-wrap-pad", aesKey, Buffer.from("a65959a6", "hex"));
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
};
/** As PKCS#11 2.40 describes CKM_AES_KEY_WRAP_PAD. */
const PKCS_7 = (aesKey: Buffer, bytes: Buffer) => {
  const cipher = createCipheriv("id-aes256-wrap", aesKey, Buffer.from("a6a6a6a6a6a6a6a6", "hex"));
  return Buffer.concat([cipher.update(Buffer.concat([bytes, Buffer.alloc(8, 8)])), cipher.final()]);
};

type KeyWraps = Record<number, (aesKey: Buffer, bytes: Buffer) => Buffer>;

describe("how a token wraps", () => {
  let probe: { publicKey: KeyObject; privateKey: KeyObject };
  before(async () => {
    probe = keysOf(await quickPair("RSA_2048"));
  });

  /** A token whose OAEP has these hashes, and which has these key wraps. */
  function tokenWith(hashes: Record<number, string>, keyWraps: KeyWraps = {}): TokenSession {
    const publicKeys: KeyObject[] = [];
    const cryptoki = {
      C_GenerateKey: () => randomBytes(32), // a handle that is the key
      C_CreateObject(_: Buffer, template: Template) {
        const n = template.find(({ type }) => type === PKCS11.CKA_MODULUS)!.value as Buffer;
        const jwk = { kty: "RSA", n: n.toString("base64url"), e: "AQAB" };
        return publicKeys.push(createPublicKey({ key: jwk, format: "jwk" })) - 1;
      },
      C_WrapKey(_: Buffer, { mechanism, parameter }: Mechanism, by: Buffer | number, key: Buffer) {
        if (typeof by === "object") {
          const keyWrap = keyWraps[mechanism];
          if (keyWrap) return keyWrap(by, key);
          throw new Error("CKR_MECHANISM_INVALID");
        }
        const oaepHash = hashes[parameter!.hashAlg];
        if (oaepHash) return publicEncrypt({ key: publicKeys[by]!, oaepHash }, key);
        throw new Error("CKR_MECHANISM_PARAM_INVALID");
      },
    };
    return { pkcs11: PKCS11, cryptoki } as never;
  }

  const algorithmOf = (wrappings: readonly HsmWrapping[], hashes: Record<number, string>, wraps?: KeyWraps) =>
    triedWrapping(tokenWith(hashes, wraps), wrappings, probe).algorithm;
  const { CKM_SHA_1, CKM_SHA256 } = PKCS11;
  const SHA_1 = { [CKM_SHA_1]: "sha1" };
  const BOTH = { ...SHA_1, [CKM_SHA256]: "sha256" };

  it("is with SHA-256 where it can", () => assert.equal(algorithmOf(BY_OAEP, BOTH), "RSAES_OAEP_SHA_256"));

  it("is with SHA-1 where it cannot, or says so and does another", () => {
    assert.equal(algorithmOf(BY_OAEP, SHA_1), "RSAES_OAEP_SHA_1");
    assert.equal(algorithmOf(BY_OAEP, { ...SHA_1, [CKM_SHA256]: "sha1" }), "RSAES_OAEP_SHA_1");
  });

  it("is not at all without OAEP", () =>
    assert.throws(
      () => algorithmOf(BY_OAEP, {}),
      (error: Error) =>
        isKeymgmtError(error, "KeystoreUnavailable") &&
        error.message ===
          "Expected the HSM's token to wrap keys by RSAES_OAEP_SHA_256 or RSAES_OAEP_SHA_1, as AWS KMS opens them; it can do neither (CKR_MECHANISM_PARAM_INVALID). docs/keystores.md has what an HSM must do. The keyring is as it was.",
    ));

  for (const [what, keyWraps] of [
    ["PKCS#11 3.0", { [CKM_AES_KEY_WRAP_KWP]: RFC_5649, [CKM_AES_KEY_WRAP_PAD]: PKCS_7 }],
    ["SoftHSM", { [CKM_AES_KEY_WRAP_PAD]: RFC_5649 }],
    ["AWS CloudHSM", { [CKM_AES_KEY_WRAP_PAD]: PKCS_7, [CKM_CLOUDHSM_AES_KEY_WRAP_ZERO_PAD]: RFC_5649 }],
  ] as [string, KeyWraps][])
    it(`private keys is by the key wrap of ${what}, as RFC 5649 has it`, () => {
      assert.equal(algorithmOf(BY_AES_KEY_WRAP, BOTH, keyWraps), "RSA_AES_KEY_WRAP_SHA_256");
      assert.equal(algorithmOf(BY_AES_KEY_WRAP, SHA_1, keyWraps), "RSA_AES_KEY_WRAP_SHA_1");
      const session = tokenWith(BOTH, keyWraps);
      const key = randomBytes(1218);
      const { wrap, open } = triedWrapping(session, BY_AES_KEY_WRAP, probe);
      assert.deepEqual(open(wrap(session, key, probe.publicKey), probe.privateKey), key);
    });

  it("is not at all where it opens to another length, which is said", () => {
    const longer: KeyWraps = { [CKM_AES_KEY_WRAP_KWP]: (by, key) => RFC_5649(by, Buffer.concat([key, key])) };
    assert.throws(
      () => algorithmOf(BY_AES_KEY_WRAP, SHA_1, longer),
      /it can do neither \(.*what it wraps opens to 64 bytes instead of 32/,
    );
  });

  it("private keys is not by a key wrap that pads otherwise, which AWS KMS would not open", () =>
    assert.throws(
      () => algorithmOf(BY_AES_KEY_WRAP, BOTH, { [CKM_AES_KEY_WRAP_PAD]: PKCS_7 }),
      /RSA_AES_KEY_WRAP_SHA_256 or RSA_AES_KEY_WRAP_SHA_1, as AWS KMS opens them; it can do neither/,
    ));
});
