import assert from "node:assert/strict";
import { createPublicKey, diffieHellman, generateKeyPairSync, randomBytes } from "node:crypto";
import { DeriveSharedSecretCommand, type KeySpec } from "@aws-sdk/client-kms";
import { api, rule } from "../rule.js";
import { createKey, refusal, start, type TestKms } from "../support.js";
import { createImportedPair, createPair, ecKey, privateKeyFor, rsaKey } from "./keyPairs.js";

const CURVES: [KeySpec, string, number][] = [
  ["ECC_NIST_P256", "P-256", 32],
  ["ECC_NIST_P384", "P-384", 48],
  ["ECC_NIST_P521", "P-521", 66],
];

describe("local KMS: DeriveSharedSecret", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  const derive = (KeyId: string, PublicKey: Uint8Array, DryRun?: true) =>
    kms
      .client()
      .send(new DeriveSharedSecretCommand({ KeyId, PublicKey, KeyAgreementAlgorithm: "ECDH", DryRun }));
  const peerOf = (curve: string) => {
    const privateKey = ecKey(curve);
    return {
      privateKey,
      der: createPublicKey(privateKey).export({ format: "der", type: "spki" }),
      publicKey: createPublicKey(privateKey),
    };
  };

  for (const [spec, curve, length] of CURVES) {
    rule(
      `ECDH by ${spec} keys derives the secret that the peer derives outside of KMS: ${length} bytes`,
      api("DeriveSharedSecret"),
      async () => {
        const peer = peerOf(curve);
        const own = await createPair(kms.client(), spec, "KEY_AGREEMENT");
        const answer = await derive(own.KeyId, peer.der);
        const wanted = diffieHellman({ privateKey: peer.privateKey, publicKey: own.publicKey });
        assert.deepEqual(Buffer.from(answer.SharedSecret!), wanted);
        assert.equal(wanted.length, length);
        const { $metadata: _, SharedSecret, ...rest } = answer;
        assert.deepEqual(rest, { KeyId: own.Arn, KeyAgreementAlgorithm: "ECDH", KeyOrigin: "AWS_KMS" });
        const imported = await createImportedPair(kms.client(), spec, "KEY_AGREEMENT");
        const other = await derive(imported.KeyId, peer.der);
        assert.deepEqual(
          Buffer.from(other.SharedSecret!),
          diffieHellman({ privateKey: privateKeyFor(spec), publicKey: peer.publicKey }),
        );
        assert.equal(other.KeyOrigin, "EXTERNAL");
      },
    );
  }

  rule(
    "the peer's public key is a SubjectPublicKeyInfo on the curve of the KMS key",
    api("DeriveSharedSecret"),
    async () => {
      const { KeyId } = await createPair(kms.client(), "ECC_NIST_P256", "KEY_AGREEMENT");
      const offCurve = Buffer.from(peerOf("P-256").der);
      offCurve[offCurve.length - 1]! ^= 1;
      const others = {
        "another curve": peerOf("P-384").der,
        secp256k1: peerOf("secp256k1").der,
        "an RSA key": createPublicKey(rsaKey(2048)).export({ format: "der", type: "spki" }),
        x25519: generateKeyPairSync("x25519").publicKey.export({ format: "der", type: "spki" }),
        "a point off the curve": offCurve,
        "no public key": randomBytes(91),
      };
      for (const [what, der] of Object.entries(others)) {
        assert.equal((await refusal(derive(KeyId, der))).name, "ValidationException", what);
      }
    },
  );

  rule("DeriveSharedSecret needs a key of KeyUsage KEY_AGREEMENT", api("DeriveSharedSecret"), async () => {
    const { KeyId, Arn } = await createKey(kms.client(), {
      KeySpec: "ECC_NIST_P256",
      KeyUsage: "SIGN_VERIFY",
    });
    assert.deepEqual(await refusal(derive(KeyId, peerOf("P-256").der)), {
      name: "InvalidKeyUsageException",
      message: `${Arn} key usage is SIGN_VERIFY which is not valid for DeriveSharedSecret.`,
      status: 400,
    });
  });

  it("does nothing in a dry run, and gives nothing to an enclave", async () => {
    const { KeyId } = await createPair(kms.client(), "ECC_NIST_P256", "KEY_AGREEMENT");
    const { der } = peerOf("P-256");
    assert.equal((await refusal(derive(KeyId, der, true))).name, "DryRunOperationException");
    const Recipient = { KeyEncryptionAlgorithm: "RSAES_OAEP_SHA_256" } as const;
    const request = { KeyId, PublicKey: der, KeyAgreementAlgorithm: "ECDH", Recipient } as const;
    const { name } = await refusal(kms.client().send(new DeriveSharedSecretCommand(request)));
    assert.equal(name, "UnsupportedOperationException");
  });
});
