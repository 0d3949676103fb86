import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { aesKeys } from "../../../../../provider/keys/keystores/hsm/aesKeys";
import type { Mechanism, TokenSession } from "../../../../../provider/keys/keystores/hsm/cryptoki";

describe("how a token wraps", () => {
  const { wrappingAlgorithm } = aesKeys(32, "RSAES_OAEP_SHA_256");
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const [CKM_SHA_1, CKM_SHA256] = [0x220, 0x250];

  /** A token whose OAEP has these hashes. What it is asked to wrap is noted. */
  function tokenWith(hashes: number[]): { session: TokenSession; wrapped: string[] } {
    const wrapped: string[] = [];
    const cryptoki = {
      C_GenerateKey: () => Buffer.from("nobody's"),
      C_CreateObject: () => Buffer.from("public"),
      C_WrapKey(_: Buffer, { parameter }: Mechanism, __: Buffer, key: Buffer) {
        wrapped.push(String(key));
        if (!hashes.includes(parameter!.hashAlg)) throw new Error("CKR_MECHANISM_PARAM_INVALID");
      },
    };
    return { session: { pkcs11: { CKM_SHA_1, CKM_SHA256 }, cryptoki } as never, wrapped };
  }

  it("is with SHA-256 where it can", () => {
    const { session, wrapped } = tokenWith([CKM_SHA_1, CKM_SHA256]);
    assert.equal(wrappingAlgorithm(session, publicKey), "RSAES_OAEP_SHA_256");
    assert.deepEqual(wrapped, ["nobody's"]);
  });

  it("is with SHA-1 where it cannot", () => {
    const { session, wrapped } = tokenWith([CKM_SHA_1]);
    assert.equal(wrappingAlgorithm(session, publicKey), "RSAES_OAEP_SHA_1");
    assert.deepEqual(wrapped, ["nobody's", "nobody's"]);
  });

  it("is not at all without OAEP", () => {
    assert.throws(() => wrappingAlgorithm(tokenWith([]).session, publicKey), /CKR_MECHANISM_PARAM_INVALID/);
  });
});
