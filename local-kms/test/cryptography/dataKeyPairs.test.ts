import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import {
  type DataKeyPairSpec,
  DecryptCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
} from "@aws-sdk/client-kms";
import { api, rule } from "../rule.js";
import { type CreatedKey, createKey, refusal, start, type TestKms } from "../support.js";
import { readPrivateKey, readPublicKey } from "./keyPairs.js";

const TYPES: Partial<Record<DataKeyPairSpec, [string, string | number | undefined]>> = {
  RSA_2048: ["rsa", 2048],
  RSA_3072: ["rsa", 3072],
  RSA_4096: ["rsa", 4096],
  ECC_NIST_P256: ["ec", "prime256v1"],
  ECC_NIST_P384: ["ec", "secp384r1"],
  ECC_NIST_P521: ["ec", "secp521r1"],
  ECC_SECG_P256K1: ["ec", "secp256k1"],
  ECC_NIST_EDWARDS25519: ["ed25519", undefined],
};

describe("local KMS: GenerateDataKeyPair", () => {
  let kms: TestKms;
  let key: CreatedKey;
  before(async () => {
    kms = await start();
    key = await createKey(kms.client());
  });
  after(() => kms.close());

  for (const [spec, [type, size]] of Object.entries(TYPES)) {
    const KeyPairSpec = spec as DataKeyPairSpec;
    rule(
      `a data key pair of ${spec}: the public key, the private key, and the same under the KMS key`,
      api("GenerateDataKeyPair"),
      async () => {
        const EncryptionContext = { for: "test" };
        const request = { KeyId: key.KeyId, KeyPairSpec, EncryptionContext };
        const pair = await kms.client().send(new GenerateDataKeyPairCommand(request));
        const privateKey = readPrivateKey(pair.PrivateKeyPlaintext!);
        assert.equal(privateKey.asymmetricKeyType, type);
        const { modulusLength, namedCurve } = privateKey.asymmetricKeyDetails!;
        assert.equal(modulusLength ?? namedCurve, size);
        assert.equal(readPublicKey(pair.PublicKey!).equals(createPublicKey(privateKey)), true);
        const CiphertextBlob = pair.PrivateKeyCiphertextBlob;
        const opened = await kms.client().send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
        assert.deepEqual(opened.Plaintext, pair.PrivateKeyPlaintext);
        assert.equal(pair.KeyPairSpec, KeyPairSpec);
        assert.equal(pair.KeyId, key.Arn);
        assert.equal(pair.KeyMaterialId, key.CurrentKeyMaterialId);
      },
    ).timeout(60_000);
  }

  rule(
    "GenerateDataKeyPairWithoutPlaintext gives the private key only under the KMS key",
    api("GenerateDataKeyPairWithoutPlaintext"),
    async () => {
      const request = { KeyId: key.KeyId, KeyPairSpec: "ECC_NIST_P256" } as const;
      const pair = await kms.client().send(new GenerateDataKeyPairWithoutPlaintextCommand(request));
      assert.equal("PrivateKeyPlaintext" in pair, false);
      const { Plaintext } = await kms
        .client()
        .send(new DecryptCommand({ CiphertextBlob: pair.PrivateKeyCiphertextBlob }));
      const publicKey = createPublicKey(readPrivateKey(Plaintext!));
      assert.equal(readPublicKey(pair.PublicKey!).equals(publicKey), true);
    },
  );

  rule(
    "data key pairs are made under symmetric encryption keys only: InvalidKeyUsageException",
    api("GenerateDataKeyPair"),
    async () => {
      const { KeyId } = await createKey(kms.client(), { KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" });
      const request = new GenerateDataKeyPairCommand({ KeyId, KeyPairSpec: "ECC_NIST_P256" });
      assert.equal((await refusal(kms.client().send(request))).name, "InvalidKeyUsageException");
    },
  );

  it("says which pairs it does not make, and makes none in a dry run", async () => {
    const sm2 = new GenerateDataKeyPairCommand({ KeyId: key.KeyId, KeyPairSpec: "SM2" });
    assert.deepEqual(await refusal(kms.client().send(sm2)), {
      name: "UnsupportedOperationException",
      message: "KeyPairSpec SM2 is not built in this local KMS",
      status: 400,
    });
    const dry = { KeyId: key.KeyId, KeyPairSpec: "RSA_4096", DryRun: true } as const;
    const request = kms.client().send(new GenerateDataKeyPairCommand(dry));
    assert.equal((await refusal(request)).name, "DryRunOperationException");
  });
});
