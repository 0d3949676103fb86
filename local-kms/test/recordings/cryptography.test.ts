import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { rule } from "../rule.js";
import { ACCOUNT, EAST, start, type TestKms, WEST } from "../support.js";
import { COLLECTED, localstack, localstackTest, moto, postman } from "./sources.js";
import { ask, base64, carriedOut, created, type Input, refused } from "./wire.js";

const OTHER_KEY = "The key ID in the request does not identify a CMK that can perform this operation.";
const HMAC = { KeySpec: "HMAC_224", KeyUsage: "GENERATE_VERIFY_MAC" };
const MESSAGE = base64("test message !%$@ 1234567890");

describe("local KMS: cryptography as AWS was recorded", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  const tooLong = (name: string, most: number) =>
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must have length less than or equal to ${most}`;

  for (const count of [12, 44, 91, 1, 1024]) {
    rule(`GenerateRandom of ${count} bytes`, localstack(`test_generate_random[${count}]`), async () => {
      const { Plaintext } = await carriedOut(kms, "GenerateRandom", { NumberOfBytes: count });
      assert.equal(Buffer.from(Plaintext, "base64").length, count);
    });
  }

  rule(
    "GenerateRandom refuses a number of bytes that is missing, 0 or 1025",
    localstack("test_generate_random_invalid_number_of_bytes"),
    async () => {
      const outside = (value: number, rule: string) =>
        `1 validation error detected: Value '${value}' at 'numberOfBytes' failed to satisfy constraint: Member must have value ${rule}`;
      for (const [NumberOfBytes, text] of [
        [null, "NumberOfBytes is required."],
        [0, outside(0, "greater than or equal to 1")],
        [1025, outside(1025, "less than or equal to 1024")],
      ] as const)
        await refused(kms, ["GenerateRandom", { NumberOfBytes }], "ValidationException", text);
    },
  );

  rule(
    "Encrypt and Decrypt answer the key's ARN and the algorithm, Decrypt also the material's id",
    localstack("test_encrypt_decrypt_encryption_context"),
    async () => {
      const { KeyId, Arn, CurrentKeyMaterialId: KeyMaterialId } = await created(kms);
      const request = { KeyId, EncryptionContext: { "context-key": "context-value" } };
      const { CiphertextBlob, ...encrypted } = await carriedOut(kms, "Encrypt", {
        ...request,
        Plaintext: MESSAGE,
      });
      const named = { EncryptionAlgorithm: "SYMMETRIC_DEFAULT", KeyId: Arn };
      assert.deepEqual(encrypted, named);
      const decrypted = await carriedOut(kms, "Decrypt", { ...request, CiphertextBlob });
      assert.deepEqual(decrypted, { ...named, KeyMaterialId, Plaintext: MESSAGE });
      const withoutContext = { KeyId, CiphertextBlob };
      await refused(kms, ["Decrypt", withoutContext], "InvalidCiphertextException");
      const cut = base64(Buffer.from(CiphertextBlob, "base64").subarray(52));
      await refused(kms, ["Decrypt", { ...request, CiphertextBlob: cut }], "InvalidCiphertextException");
    },
  );

  rule(
    "Decrypt refuses a ciphertext with bytes after its end, without a text",
    localstack("test_key_rotations_encryption_decryption"),
    async () => {
      const { KeyId } = await created(kms);
      const { CiphertextBlob } = await carriedOut(kms, "Encrypt", { KeyId, Plaintext: MESSAGE });
      const longer = base64(Buffer.concat([Buffer.from(CiphertextBlob, "base64"), Buffer.from("bad_data")]));
      await refused(kms, ["Decrypt", { KeyId, CiphertextBlob: longer }], "InvalidCiphertextException");
    },
  );

  rule(
    "Decrypt with an HMAC key is an IncorrectKeyException",
    localstack("test_error_messaging_for_invalid_keys"),
    async () => {
      const { KeyId } = await created(kms);
      const { CiphertextBlob } = await carriedOut(kms, "Encrypt", { KeyId, Plaintext: MESSAGE });
      const input = { KeyId: (await created(kms, HMAC)).KeyId, CiphertextBlob };
      await refused(kms, ["Decrypt", input], "IncorrectKeyException", OTHER_KEY);
    },
  );

  for (const kind of [HMAC, {}])
    rule(
      `Decrypt that names a disabled ${"KeySpec" in kind ? "HMAC" : "other"} key is a DisabledException: the state comes before the ciphertext`,
      COLLECTED,
      async () => {
        const { KeyId } = await created(kms);
        const { CiphertextBlob } = await carriedOut(kms, "Encrypt", { KeyId, Plaintext: MESSAGE });
        const named = await created(kms, kind);
        await carriedOut(kms, "DisableKey", { KeyId: named.KeyId });
        const text = `${named.Arn} is disabled.`;
        await refused(kms, ["Decrypt", { KeyId: named.KeyId, CiphertextBlob }], "DisabledException", text);
      },
    );

  rule(
    "ReEncrypt from an HMAC key is an IncorrectKeyException",
    localstack("test_re_encrypt_incorrect_source_key"),
    async () => {
      const { KeyId } = await created(kms);
      const { CiphertextBlob } = await carriedOut(kms, "Encrypt", { KeyId, Plaintext: MESSAGE });
      const hmac = await created(kms, HMAC);
      await refused(
        kms,
        [
          "ReEncrypt",
          {
            SourceKeyId: hmac.KeyId,
            DestinationKeyId: hmac.KeyId,
            CiphertextBlob,
            SourceEncryptionAlgorithm: "SYMMETRIC_DEFAULT",
            DestinationEncryptionAlgorithm: "SYMMETRIC_DEFAULT",
          },
        ],
        "IncorrectKeyException",
        OTHER_KEY,
      );
    },
  );

  rule(
    "ReEncrypt to a signing key is an InvalidKeyUsageException",
    localstackTest("test_re_encrypt_invalid_destination_key"),
    async () => {
      const { KeyId } = await created(kms);
      const { CiphertextBlob } = await carriedOut(kms, "Encrypt", { KeyId, Plaintext: MESSAGE });
      const signing = await created(kms, { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" });
      const input = { SourceKeyId: KeyId, DestinationKeyId: signing.KeyId, CiphertextBlob };
      const { body } = await ask(kms, "ReEncrypt", input);
      assert.equal(body.__type, "InvalidKeyUsageException");
    },
  );

  for (const [KeySpec, algorithm] of [
    ["SYMMETRIC_DEFAULT", "SYMMETRIC_DEFAULT"],
    ["RSA_2048", "RSAES_OAEP_SHA_256"],
  ] as const) {
    rule(
      `ReEncrypt between keys of ${KeySpec} names both keys by their ARNs`,
      localstack(`test_re_encrypt[${KeySpec}-${algorithm}]`),
      async () => {
        const source = await created(kms, { KeySpec, KeyUsage: "ENCRYPT_DECRYPT" });
        const target = await created(kms, { KeySpec, KeyUsage: "ENCRYPT_DECRYPT" });
        const plain = { KeyId: source.KeyId, Plaintext: MESSAGE, EncryptionAlgorithm: algorithm };
        const { CiphertextBlob } = await carriedOut(kms, "Encrypt", plain);
        const answer = await carriedOut(kms, "ReEncrypt", {
          SourceKeyId: source.KeyId,
          DestinationKeyId: target.KeyId,
          CiphertextBlob,
          SourceEncryptionAlgorithm: algorithm,
          DestinationEncryptionAlgorithm: algorithm,
        });
        const { KeyId, SourceKeyId, SourceEncryptionAlgorithm, DestinationEncryptionAlgorithm } = answer;
        assert.deepEqual([KeyId, SourceKeyId], [target.Arn, source.Arn]);
        assert.deepEqual([SourceEncryptionAlgorithm, DestinationEncryptionAlgorithm], [algorithm, algorithm]);
      },
    );
  }

  for (const [bits, sha1, sha256] of [
    [2048, 214, 190],
    [3072, 342, 318],
    [4096, 470, 446],
  ] as const) {
    rule(
      `Encrypt by an RSA key of ${bits} bits names the most that it takes`,
      localstack(`test_encrypt_validate_plaintext_size_per_key_type[RSA_${bits}-RSAES_OAEP_SHA_1]`),
      async () => {
        const KeySpec = `RSA_${bits}`;
        const { KeyId } = await created(kms, { KeySpec, KeyUsage: "ENCRYPT_DECRYPT" });
        for (const [hash, most] of [
          ["SHA_1", sha1],
          ["SHA_256", sha256],
        ]) {
          const EncryptionAlgorithm = `RSAES_OAEP_${hash}`;
          const input = { KeyId, Plaintext: base64(Buffer.alloc(1176)), EncryptionAlgorithm };
          const text = `Algorithm ${EncryptionAlgorithm} and key spec ${KeySpec} cannot encrypt data larger than ${most} bytes.`;
          await refused(kms, ["Encrypt", input], "ValidationException", text);
        }
      },
    );
  }

  rule(
    "Encrypt refuses an empty plaintext, and does not show it",
    moto("test_encrypt_key_with_empty_content"),
    async () => {
      const { KeyId } = await created(kms);
      const text =
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1";
      await refused(kms, ["Encrypt", { KeyId, Plaintext: "" }], "ValidationException", text);
    },
  );

  rule(
    "Encrypt refuses more than 4096 bytes, and does not show them",
    moto("test_encrypt_key_with_large_content"),
    async () => {
      const { KeyId } = await created(kms);
      const input = { KeyId, Plaintext: base64(Buffer.alloc(4097)) };
      await refused(kms, ["Encrypt", input], "ValidationException", tooLong("plaintext", 4096));
    },
  );

  rule(
    "Decrypt refuses what is not base64 with a SerializationException without a text",
    postman("Decrypt: Ciphertext not base64"),
    async () => {
      await refused(kms, ["Decrypt", { CiphertextBlob: "this-is-not-base64" }], "SerializationException");
    },
  );

  rule(
    "Decrypt refuses nonsense with an InvalidCiphertextException without a text",
    postman("Decrypt: Corrupt Ciphertext"),
    async () => {
      const CiphertextBlob = base64("not-a-valid-message");
      await refused(kms, ["Decrypt", { CiphertextBlob }], "InvalidCiphertextException");
    },
  );

  rule(
    "Decrypt refuses an empty ciphertext, which it shows as Java does",
    postman("Decrypt: Empty Ciphertext"),
    async () => {
      const text =
        "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=0 cap=0]' at 'ciphertextBlob' failed to satisfy constraint: Member must have length greater than or equal to 1";
      await refused(kms, ["Decrypt", { CiphertextBlob: "" }], "ValidationException", text);
    },
  );

  rule(
    "Decrypt of a ciphertext of a key that is not there is an AccessDeniedException, whose text is a member Message",
    postman("Decrypt: Ciphertext for missing key"),
    async () => {
      const { KeyId } = await created(kms, {}, WEST);
      const { CiphertextBlob } = await carriedOut(kms, "Encrypt", { KeyId, Plaintext: MESSAGE }, WEST);
      const Message =
        "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.";
      assert.deepEqual(await ask(kms, "Decrypt", { CiphertextBlob }), {
        status: 400,
        body: { __type: "AccessDeniedException", Message },
      });
    },
  );

  rule("Encrypt names an alias that is not there by its ARN", postman("Encrypt: Invalid alias"), async () => {
    const text = `Alias arn:aws:kms:${EAST}:${ACCOUNT}:alias/does-not-exist is not found.`;
    const input = { KeyId: "alias/does-not-exist", Plaintext: MESSAGE };
    await refused(kms, ["Encrypt", input], "NotFoundException", text);
  });

  rule(
    "GenerateMac, Sign, Verify and Encrypt name the usage that a key does not have",
    localstack("test_error_messaging_for_invalid_keys"),
    async () => {
      const symmetric = await created(kms);
      const hmac = await created(kms, HMAC);
      const rsa = await created(kms, { KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" });
      const Message = base64("some important message");
      const raw = { Message, MessageType: "RAW" };
      const wrong: [string, { KeyId: string; Arn: string }, Input][] = [
        ["GenerateMac", symmetric, { Message, MacAlgorithm: "HMAC_SHA_224" }],
        ["Sign", hmac, { ...raw, SigningAlgorithm: "RSASSA_PSS_SHA_256" }],
        [
          "Verify",
          symmetric,
          { ...raw, Signature: base64("random text"), SigningAlgorithm: "ECDSA_SHA_256" },
        ],
        ["Encrypt", rsa, { Plaintext: MESSAGE }],
      ];
      const usages = ["ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "ENCRYPT_DECRYPT", "SIGN_VERIFY"];
      for (const [i, [operation, { KeyId, Arn }, input]] of wrong.entries()) {
        const text = `${Arn} key usage is ${usages[i]} which is not valid for ${operation}.`;
        await refused(kms, [operation, { KeyId, ...input }], "InvalidKeyUsageException", text);
      }
    },
  );

  for (const [KeySpec, algorithm] of [
    ["RSA_2048", "RSASSA_PSS_SHA_256"],
    ["RSA_2048", "RSASSA_PSS_SHA_384"],
    ["RSA_2048", "RSASSA_PSS_SHA_512"],
    ["RSA_4096", "RSASSA_PKCS1_V1_5_SHA_256"],
    ["RSA_4096", "RSASSA_PKCS1_V1_5_SHA_512"],
    ["ECC_NIST_P256", "ECDSA_SHA_256"],
    ["ECC_NIST_P384", "ECDSA_SHA_384"],
    ["ECC_SECG_P256K1", "ECDSA_SHA_256"],
  ] as const) {
    rule(
      `Sign and Verify by ${KeySpec} with ${algorithm}`,
      localstack(`test_sign_verify[${KeySpec}-${algorithm}]`),
      async () => {
        const { KeyId, Arn } = await created(kms, { KeySpec, KeyUsage: "SIGN_VERIFY" });
        const by = { KeyId, SigningAlgorithm: algorithm };
        const raw = { ...by, MessageType: "RAW", Message: MESSAGE };
        const { Signature, ...signed } = await carriedOut(kms, "Sign", raw);
        assert.deepEqual(signed, { KeyId: Arn, SigningAlgorithm: algorithm });
        const verified = { KeyId: Arn, SignatureValid: true, SigningAlgorithm: algorithm };
        assert.deepEqual(await carriedOut(kms, "Verify", { ...raw, Signature }), verified);
        const hash = `sha${algorithm.slice(-3)}`;
        const Message = base64(createHash(hash).update(Buffer.from(MESSAGE, "base64")).digest());
        await carriedOut(kms, "Verify", { ...by, MessageType: "DIGEST", Message, Signature });
        const noDigest = { ...raw, MessageType: "DIGEST" };
        const text = `Digest is invalid length for algorithm ${algorithm}.`;
        await refused(kms, ["Sign", noDigest], "ValidationException", text);
        const other = { ...raw, Message: base64("bad"), Signature };
        await refused(kms, ["Verify", other], "KMSInvalidSignatureException");
      },
    );
  }

  for (const bits of [224, 256, 384, 512]) {
    const KeySpec = `HMAC_${bits}`;
    const MacAlgorithm = `HMAC_SHA_${bits}`;
    rule(
      `GenerateMac and VerifyMac by ${KeySpec}`,
      localstack(`test_generate_and_verify_mac[${KeySpec}-${MacAlgorithm}]`),
      async () => {
        const { KeyId, Arn } = await created(kms, { KeySpec, KeyUsage: "GENERATE_VERIFY_MAC" });
        const request = { KeyId, Message: MESSAGE, MacAlgorithm };
        const { Mac, ...made } = await carriedOut(kms, "GenerateMac", request);
        assert.deepEqual(made, { KeyId: Arn, MacAlgorithm });
        const verified = { KeyId: Arn, MacAlgorithm, MacValid: true };
        assert.deepEqual(await carriedOut(kms, "VerifyMac", { ...request, Mac }), verified);
        for (const operation of ["GenerateMac", "VerifyMac"]) {
          const input = { ...request, KeyId: "key_id", ...(operation === "VerifyMac" && { Mac }) };
          await refused(kms, [operation, input], "NotFoundException", "Invalid keyId 'key_id'");
        }
      },
    );
  }

  rule(
    "VerifyMac refuses another message without a text, and another algorithm with one",
    localstack("test_invalid_verify_mac"),
    async () => {
      const { KeyId } = await created(kms, { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
      const request = { KeyId, Message: MESSAGE, MacAlgorithm: "HMAC_SHA_256" };
      const { Mac } = await carriedOut(kms, "GenerateMac", request);
      const another = { ...request, Mac, Message: base64("some different important message") };
      await refused(kms, ["VerifyMac", another], "KMSInvalidMacException");
      const text = "Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.";
      const input = { ...request, Mac, MacAlgorithm: "HMAC_SHA_512" };
      await refused(kms, ["VerifyMac", input], "InvalidKeyUsageException", text);
    },
  );

  rule(
    "GenerateMac refuses an algorithm that the key does not have",
    localstack("test_invalid_generate_mac[HMAC_224-HMAC_SHA_256]"),
    async () => {
      const { KeyId } = await created(kms, HMAC);
      const input = { KeyId, Message: MESSAGE, MacAlgorithm: "HMAC_SHA_256" };
      const text = "Algorithm HMAC_SHA_256 is incompatible with key spec HMAC_224.";
      await refused(kms, ["GenerateMac", input], "InvalidKeyUsageException", text);
    },
  );

  rule(
    "DeriveSharedSecret answers the key's ARN and origin, and refuses keys of other usages and what is no public key",
    localstack("test_derive_shared_secret"),
    async () => {
      const agreeing = { KeySpec: "ECC_NIST_P256", KeyUsage: "KEY_AGREEMENT" };
      const one = await created(kms, agreeing);
      const other = await created(kms, agreeing);
      const publicKeyOf = async ({ KeyId }: { KeyId: string }): Promise<string> =>
        (await carriedOut(kms, "GetPublicKey", { KeyId })).PublicKey;
      const derive = { KeyAgreementAlgorithm: "ECDH", PublicKey: await publicKeyOf(other) };
      const { SharedSecret, ...rest } = await carriedOut(kms, "DeriveSharedSecret", {
        ...derive,
        KeyId: one.KeyId,
      });
      assert.deepEqual(rest, { KeyAgreementAlgorithm: "ECDH", KeyId: one.Arn, KeyOrigin: "AWS_KMS" });
      const back = { ...derive, KeyId: other.KeyId, PublicKey: await publicKeyOf(one) };
      assert.equal((await carriedOut(kms, "DeriveSharedSecret", back)).SharedSecret, SharedSecret);
      for (const input of [{ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }, {}]) {
        const { KeyId, Arn, KeyUsage } = await created(kms, input);
        const text = `${Arn} key usage is ${KeyUsage} which is not valid for DeriveSharedSecret.`;
        await refused(kms, ["DeriveSharedSecret", { ...derive, KeyId }], "InvalidKeyUsageException", text);
      }
      const noKey = { ...derive, KeyId: one.KeyId, PublicKey: base64("InvalidPublicKey") };
      await refused(kms, ["DeriveSharedSecret", noKey], "ValidationException");
      const text =
        "1 validation error detected: Value 'INVALID' at 'keyAgreementAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [ECDH]";
      const noAlgorithm = { ...derive, KeyId: one.KeyId, KeyAgreementAlgorithm: "INVALID" };
      await refused(kms, ["DeriveSharedSecret", noAlgorithm], "ValidationException", text);
    },
  );

  rule(
    "GenerateDataKey and its three relatives name the key by its ARN, and bind their secret to the context",
    localstack("TestKMSGenerateKeys"),
    async () => {
      const { KeyId, Arn } = await created(kms);
      const context = { KeyId, EncryptionContext: { "context-key": "context-value" } };
      const spec = { KeySpec: "AES_256" };
      const pair = { KeyPairSpec: "RSA_2048" };
      const operations: [string, Input, string][] = [
        ["GenerateDataKey", spec, "CiphertextBlob"],
        ["GenerateDataKeyWithoutPlaintext", spec, "CiphertextBlob"],
        ["GenerateDataKeyPair", pair, "PrivateKeyCiphertextBlob"],
        ["GenerateDataKeyPairWithoutPlaintext", pair, "PrivateKeyCiphertextBlob"],
      ];
      for (const [operation, input, member] of operations) {
        const answer = await carriedOut(kms, operation, { ...context, ...input });
        assert.equal(answer.KeyId, Arn, operation);
        await refused(
          kms,
          ["Decrypt", { KeyId, CiphertextBlob: answer[member] }],
          "InvalidCiphertextException",
        );
        await carriedOut(kms, "Decrypt", { ...context, CiphertextBlob: answer[member] });
      }
    },
  );

  rule(
    "GenerateDataKeyPair and GenerateDataKeyPairWithoutPlaintext with DryRun",
    localstack("TestKMSGenerateKeys::test_generate_data_key_pair_dry_run"),
    async () => {
      const { KeyId } = await created(kms);
      const input = { KeyId, KeyPairSpec: "RSA_2048", DryRun: true };
      const text = "The request would have succeeded, but the DryRun option is set.";
      for (const operation of ["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"])
        await refused(kms, [operation, input], "DryRunOperationException", text);
    },
  );
});
