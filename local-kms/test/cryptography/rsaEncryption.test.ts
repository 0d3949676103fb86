import assert from "node:assert/strict";
import { constants, type KeyObject, privateDecrypt, publicEncrypt, randomBytes } from "node:crypto";
import {
  DecryptCommand,
  type DecryptCommandInput,
  EncryptCommand,
  type EncryptCommandInput,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  ReEncryptCommand,
} from "@aws-sdk/client-kms";
import { api, guide, rule } from "../rule.js";
import { createKey, refusal, start, type TestKms } from "../support.js";
import { createImportedPair, createPair, type Pair, privateKeyFor } from "./keyPairs.js";

/** Longest plaintexts: https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html */
const LONGEST = {
  RSA_2048: { RSAES_OAEP_SHA_1: 214, RSAES_OAEP_SHA_256: 190 },
  RSA_3072: { RSAES_OAEP_SHA_1: 342, RSAES_OAEP_SHA_256: 318 },
  RSA_4096: { RSAES_OAEP_SHA_1: 470, RSAES_OAEP_SHA_256: 446 },
} as const;
type RsaSpec = keyof typeof LONGEST;
const ALGORITHMS = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"] as const;
type Algorithm = (typeof ALGORITHMS)[number];

const oaep = (key: KeyObject, algorithm: Algorithm) => ({
  key,
  padding: constants.RSA_PKCS1_OAEP_PADDING,
  oaepHash: algorithm === "RSAES_OAEP_SHA_1" ? "sha1" : "sha256",
});

describe("local KMS: encryption by RSA keys", () => {
  let kms: TestKms;
  let imported: Pair;
  before(async () => {
    kms = await start();
    imported = await createImportedPair(kms.client(), "RSA_2048", "ENCRYPT_DECRYPT");
  });
  after(() => kms.close());

  const encrypt = async (input: EncryptCommandInput) => {
    const { CiphertextBlob } = await kms.client().send(new EncryptCommand(input));
    return Buffer.from(CiphertextBlob!);
  };
  const decrypt = async (input: DecryptCommandInput) => {
    const { Plaintext } = await kms.client().send(new DecryptCommand(input));
    return Buffer.from(Plaintext!);
  };

  for (const spec of Object.keys(LONGEST) as RsaSpec[]) {
    for (const algorithm of ALGORITHMS) {
      const longest = LONGEST[spec][algorithm];
      rule(`${algorithm} by a ${spec} key encrypts up to ${longest} bytes`, api("Encrypt"), async () => {
        const { KeyId, publicKey } = await createImportedPair(kms.client(), spec, "ENCRYPT_DECRYPT");
        const Plaintext = randomBytes(longest);
        const CiphertextBlob = await encrypt({ KeyId, EncryptionAlgorithm: algorithm, Plaintext });
        assert.deepEqual(privateDecrypt(oaep(privateKeyFor(spec), algorithm), CiphertextBlob), Plaintext);
        assert.deepEqual(await decrypt({ KeyId, EncryptionAlgorithm: algorithm, CiphertextBlob }), Plaintext);
        const outside = publicEncrypt(oaep(publicKey, algorithm), Plaintext);
        assert.deepEqual(
          await decrypt({ KeyId, EncryptionAlgorithm: algorithm, CiphertextBlob: outside }),
          Plaintext,
        );
        const tooLong = encrypt({
          KeyId,
          EncryptionAlgorithm: algorithm,
          Plaintext: randomBytes(longest + 1),
        });
        assert.deepEqual(await refusal(tooLong), {
          name: "ValidationException",
          message: `Algorithm ${algorithm} and key spec ${spec} cannot encrypt data larger than ${longest} bytes.`,
          status: 400,
        });
      }).timeout(60_000);
    }
  }

  rule(
    "what was encrypted outside of KMS by the public key of a pair that KMS made is decrypted by KMS",
    api("Decrypt"),
    async () => {
      const { KeyId, Arn, publicKey } = await createPair(kms.client(), "RSA_2048", "ENCRYPT_DECRYPT");
      const CiphertextBlob = publicEncrypt(oaep(publicKey, "RSAES_OAEP_SHA_256"), Buffer.from("text"));
      const request = { KeyId, CiphertextBlob, EncryptionAlgorithm: "RSAES_OAEP_SHA_256" } as const;
      const { $metadata: _, Plaintext, ...rest } = await kms.client().send(new DecryptCommand(request));
      assert.equal(Buffer.from(Plaintext!).toString(), "text");
      assert.deepEqual(rest, { KeyId: Arn, EncryptionAlgorithm: "RSAES_OAEP_SHA_256" });
    },
  );

  rule(
    "Decrypt needs KeyId and EncryptionAlgorithm for a ciphertext under an asymmetric key",
    api("Decrypt"),
    async () => {
      const { KeyId } = imported;
      const EncryptionAlgorithm = "RSAES_OAEP_SHA_256";
      const CiphertextBlob = await encrypt({ KeyId, EncryptionAlgorithm, Plaintext: Buffer.from("x") });
      const noKey = await refusal(decrypt({ CiphertextBlob, EncryptionAlgorithm }));
      assert.equal(noKey.name, "ValidationException");
      assert.match(noKey.message, /'keyId'/);
      assert.deepEqual(await refusal(decrypt({ KeyId, CiphertextBlob })), {
        name: "InvalidKeyUsageException",
        message: "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.",
        status: 400,
      });
      assert.equal((await refusal(decrypt({ CiphertextBlob }))).name, "InvalidCiphertextException");
    },
  );

  rule(
    "Decrypt answers InvalidCiphertextException to another algorithm, another key and changed bytes",
    api("Decrypt"),
    async () => {
      const { KeyId } = imported;
      const CiphertextBlob = await encrypt({
        KeyId,
        EncryptionAlgorithm: "RSAES_OAEP_SHA_256",
        Plaintext: Buffer.from("x"),
      });
      const twin = await createPair(kms.client(), "RSA_2048", "ENCRYPT_DECRYPT");
      const changed = Buffer.from(CiphertextBlob);
      changed[200]! ^= 1;
      const EncryptionAlgorithm = "RSAES_OAEP_SHA_256";
      for (const request of [
        decrypt({ KeyId, CiphertextBlob, EncryptionAlgorithm: "RSAES_OAEP_SHA_1" }),
        decrypt({ KeyId: twin.KeyId, CiphertextBlob, EncryptionAlgorithm }),
        decrypt({ KeyId, CiphertextBlob: changed, EncryptionAlgorithm }),
        decrypt({ KeyId, CiphertextBlob: CiphertextBlob.subarray(1), EncryptionAlgorithm }),
      ]) {
        assert.equal((await refusal(request)).name, "InvalidCiphertextException");
      }
    },
  );

  it("takes no ciphertext without its leading zero", async () => {
    const { KeyId, publicKey } = imported;
    const EncryptionAlgorithm = "RSAES_OAEP_SHA_256";
    let CiphertextBlob: Buffer;
    do CiphertextBlob = publicEncrypt(oaep(publicKey, EncryptionAlgorithm), Buffer.from("x"));
    while (CiphertextBlob[0] !== 0);
    await decrypt({ KeyId, CiphertextBlob, EncryptionAlgorithm });
    const cut = decrypt({ KeyId, CiphertextBlob: CiphertextBlob.subarray(1), EncryptionAlgorithm });
    assert.equal((await refusal(cut)).name, "InvalidCiphertextException");
  });

  rule("asymmetric keys have no encryption context", api("Encrypt"), async () => {
    const request = {
      KeyId: imported.KeyId,
      EncryptionAlgorithm: "RSAES_OAEP_SHA_256",
      EncryptionContext: { a: "1" },
    } as const;
    const answer = {
      name: "ValidationException",
      message: "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.",
      status: 400,
    };
    assert.deepEqual(await refusal(encrypt({ ...request, Plaintext: Buffer.from("x") })), answer);
    assert.deepEqual(await refusal(decrypt({ ...request, CiphertextBlob: randomBytes(256) })), answer);
  });

  rule(
    "Encrypt needs the EncryptionAlgorithm of an asymmetric key, and one that its key spec has",
    api("Encrypt"),
    async () => {
      const { KeyId } = imported;
      const Plaintext = Buffer.from("x");
      assert.deepEqual(await refusal(encrypt({ KeyId, Plaintext })), {
        name: "InvalidKeyUsageException",
        message: "Algorithm SYMMETRIC_DEFAULT is incompatible with key spec RSA_2048.",
        status: 400,
      });
      const symmetric = await createKey(kms.client());
      const wrong = { Plaintext, EncryptionAlgorithm: "RSAES_OAEP_SHA_256" } as const;
      assert.deepEqual(await refusal(encrypt({ ...wrong, KeyId: symmetric.KeyId })), {
        name: "InvalidKeyUsageException",
        message: "Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.",
        status: 400,
      });
      const decrypting = { CiphertextBlob: randomBytes(256), EncryptionAlgorithm: "SM2PKE" } as const;
      const { name } = await refusal(decrypt({ ...decrypting, KeyId }));
      assert.equal(name, "InvalidKeyUsageException");
    },
  );

  rule(
    "Encrypt, Decrypt and data keys need a key of KeyUsage ENCRYPT_DECRYPT: InvalidKeyUsageException",
    api("Encrypt"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client(), { KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" });
      const EncryptionAlgorithm = "RSAES_OAEP_SHA_256";
      const requests = {
        Encrypt: encrypt({ KeyId, EncryptionAlgorithm, Plaintext: Buffer.from("x") }),
        Decrypt: decrypt({ KeyId, EncryptionAlgorithm, CiphertextBlob: randomBytes(256) }),
        GenerateDataKey: kms.client().send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" })),
      };
      for (const [operation, request] of Object.entries(requests)) {
        assert.deepEqual(await refusal(request), {
          name: "InvalidKeyUsageException",
          message: `${Arn} key usage is SIGN_VERIFY which is not valid for ${operation}.`,
          status: 400,
        });
      }
    },
  );

  rule(
    "data keys are made under symmetric encryption keys only: InvalidKeyUsageException",
    api("GenerateDataKey"),
    async () => {
      const hmac = await createKey(kms.client(), { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
      for (const { KeyId } of [imported, hmac]) {
        for (const Command of [GenerateDataKeyCommand, GenerateDataKeyWithoutPlaintextCommand]) {
          const request = kms.client().send(new Command({ KeyId, KeySpec: "AES_256" }));
          assert.equal((await refusal(request)).name, "InvalidKeyUsageException");
        }
      }
    },
  );

  rule(
    "ReEncrypt goes between symmetric and asymmetric keys, and shows material ids of symmetric keys only",
    api("ReEncrypt"),
    async () => {
      const symmetric = await createKey(kms.client());
      const CiphertextBlob = await encrypt({ KeyId: symmetric.KeyId, Plaintext: Buffer.from("text") });
      const toRsa = await kms.client().send(
        new ReEncryptCommand({
          CiphertextBlob,
          DestinationKeyId: imported.KeyId,
          DestinationEncryptionAlgorithm: "RSAES_OAEP_SHA_1",
        }),
      );
      const by = oaep(privateKeyFor("RSA_2048"), "RSAES_OAEP_SHA_1");
      assert.equal(privateDecrypt(by, toRsa.CiphertextBlob!).toString(), "text");
      assert.equal(toRsa.SourceKeyMaterialId, symmetric.CurrentKeyMaterialId);
      assert.equal(toRsa.DestinationKeyMaterialId, undefined);
      assert.equal(toRsa.DestinationEncryptionAlgorithm, "RSAES_OAEP_SHA_1");
      const back = await kms.client().send(
        new ReEncryptCommand({
          CiphertextBlob: toRsa.CiphertextBlob,
          SourceKeyId: imported.KeyId,
          SourceEncryptionAlgorithm: "RSAES_OAEP_SHA_1",
          DestinationKeyId: symmetric.KeyId,
        }),
      );
      assert.equal(back.SourceKeyMaterialId, undefined);
      assert.equal(back.SourceEncryptionAlgorithm, "RSAES_OAEP_SHA_1");
      assert.equal(back.DestinationKeyMaterialId, symmetric.CurrentKeyMaterialId);
      assert.equal((await decrypt({ CiphertextBlob: back.CiphertextBlob! })).toString(), "text");
    },
  );

  rule(
    "ReEncrypt refuses a plaintext that the destination key cannot carry",
    guide("symm-asymm-choose-key-spec", "key-spec-rsa-encryption"),
    async () => {
      const symmetric = await createKey(kms.client());
      const CiphertextBlob = await encrypt({ KeyId: symmetric.KeyId, Plaintext: randomBytes(191) });
      const request = new ReEncryptCommand({
        CiphertextBlob,
        DestinationKeyId: imported.KeyId,
        DestinationEncryptionAlgorithm: "RSAES_OAEP_SHA_256",
      });
      assert.match((await refusal(kms.client().send(request))).message, /larger than 190 bytes/);
    },
  );

  it("does nothing in a dry run, and refuses in one what it would refuse", async () => {
    const { KeyId } = imported;
    const request = { KeyId, EncryptionAlgorithm: "RSAES_OAEP_SHA_256", DryRun: true } as const;
    const fits = encrypt({ ...request, Plaintext: randomBytes(190) });
    assert.equal((await refusal(fits)).name, "DryRunOperationException");
    const tooLong = encrypt({ ...request, Plaintext: randomBytes(191) });
    assert.equal((await refusal(tooLong)).name, "ValidationException");
  });
});
