import assert from "node:assert/strict";
import {
  CreateAliasCommand,
  DecryptCommand,
  DisableKeyCommand,
  type DryRunModifierType,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  ReEncryptCommand,
} from "@aws-sdk/client-kms";
import { api, guide, rule } from "../rule.js";
import {
  createEnabledKey,
  createExternalKey,
  createKey,
  importMaterial,
  refusal,
  start,
  type TestKms,
  WEST,
} from "../support.js";

const plaintext = Buffer.from("attack at dawn");

describe("local KMS: cryptographic operations", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  const encrypt = async (KeyId: string, EncryptionContext?: Record<string, string>) => {
    const answer = await kms
      .client()
      .send(new EncryptCommand({ KeyId, Plaintext: plaintext, EncryptionContext }));
    return answer.CiphertextBlob!;
  };
  const decrypt = (
    CiphertextBlob: Uint8Array,
    options: { KeyId?: string; EncryptionContext?: Record<string, string> } = {},
  ) => kms.client().send(new DecryptCommand({ CiphertextBlob, ...options }));

  rule("Decrypt without KeyId finds the symmetric key by the ciphertext", api("Decrypt"), async () => {
    const { KeyId, Arn } = await createEnabledKey(kms.client());
    const encrypted = await kms.client().send(new EncryptCommand({ KeyId, Plaintext: plaintext }));
    assert.equal(encrypted.KeyId, Arn);
    assert.equal(encrypted.EncryptionAlgorithm, "SYMMETRIC_DEFAULT");
    assert.ok(!Buffer.from(encrypted.CiphertextBlob!).includes(plaintext));
    const decrypted = await decrypt(encrypted.CiphertextBlob!);
    assert.deepEqual(Buffer.from(decrypted.Plaintext!), plaintext);
    assert.equal(decrypted.KeyId, Arn);
  });

  it("never gives the same ciphertext twice", async () => {
    const { KeyId } = await createKey(kms.client());
    assert.notDeepEqual(await encrypt(KeyId), await encrypt(KeyId));
  });

  rule("Encrypt and Decrypt take a key ID, key ARN, alias name or alias ARN", api("Encrypt"), async () => {
    const { KeyId, Arn } = await createKey(kms.client());
    await kms.client().send(new CreateAliasCommand({ AliasName: "alias/crypto", TargetKeyId: KeyId }));
    for (const name of [KeyId, Arn, "alias/crypto", Arn.replace(/key\/.*/, "alias/crypto")]) {
      const { Plaintext } = await decrypt(await encrypt(name), { KeyId: name });
      assert.deepEqual(Buffer.from(Plaintext!), plaintext);
    }
  });

  rule(
    "A ciphertext decrypts only with its own encryption context, whose pairs have no order; any other is an InvalidCiphertextException",
    guide("encrypt_context"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const ciphertext = await encrypt(KeyId, { a: "1", b: "2" });
      const { Plaintext } = await decrypt(ciphertext, { EncryptionContext: { b: "2", a: "1" } });
      assert.deepEqual(Buffer.from(Plaintext!), plaintext);
      const others: (Record<string, string> | undefined)[] = [
        undefined,
        { a: "1" },
        { a: "1", b: "3" },
        { a: "1", b: "2", c: "3" },
      ];
      for (const EncryptionContext of others) {
        assert.equal(
          (await refusal(decrypt(ciphertext, { EncryptionContext }))).name,
          "InvalidCiphertextException",
        );
      }
    },
  );

  rule("A ciphertext with any byte changed or cut off is refused", api("Decrypt"), async () => {
    const { KeyId } = await createKey(kms.client());
    const ciphertext = Buffer.from(await encrypt(KeyId));
    const changedAt = (index: number) => {
      const changed = Buffer.from(ciphertext);
      changed[index]! ^= 1;
      return changed;
    };
    for (let i = 0; i < ciphertext.length; i += 1) {
      const { name } = await refusal(decrypt(changedAt(i)));
      assert.match(name, /^(InvalidCiphertextException|AccessDeniedException)$/, `byte ${i}`);
      assert.match(
        (await refusal(decrypt(changedAt(i), { KeyId }))).name,
        /^(InvalidCiphertext|IncorrectKey)Exception$/,
      );
    }
    for (const end of [1, 5, 40, ciphertext.length - 1]) {
      assert.equal((await refusal(decrypt(ciphertext.subarray(0, end)))).name, "InvalidCiphertextException");
    }
  });

  rule(
    "Decrypt with a KeyId, or ReEncrypt with a SourceKeyId, that did not encrypt the ciphertext is an IncorrectKeyException",
    api("Decrypt"),
    async () => {
      const one = await createKey(kms.client());
      const two = await createKey(kms.client());
      const ciphertext = await encrypt(one.KeyId);
      assert.deepEqual(await refusal(decrypt(ciphertext, { KeyId: two.KeyId })), {
        name: "IncorrectKeyException",
        message: "The key ID in the request does not identify a CMK that can perform this operation.",
        status: 400,
      });
      const moving = { CiphertextBlob: ciphertext, SourceKeyId: two.KeyId, DestinationKeyId: two.KeyId };
      const reEncrypting = kms.client().send(new ReEncryptCommand(moving));
      assert.equal((await refusal(reEncrypting)).name, "IncorrectKeyException");
    },
  );

  rule(
    "The same key material in another key does not decrypt the ciphertext",
    guide("importing-keys-considerations"),
    async () => {
      const { KeyId, material } = await createEnabledKey(kms.client());
      const ciphertext = await encrypt(KeyId);
      const twin = await createExternalKey(kms.client());
      await importMaterial(kms.client(), twin.KeyId, material);
      assert.equal((await refusal(decrypt(ciphertext, { KeyId: twin.KeyId }))).name, "IncorrectKeyException");
      // The key id is in the clear in the ciphertext: put in the twin's, and it must still not open.
      const forged = Buffer.from(ciphertext);
      forged.write(twin.KeyId, forged.indexOf(KeyId));
      assert.equal((await refusal(decrypt(forged))).name, "InvalidCiphertextException");
    },
  );

  rule(
    "Decrypt of a ciphertext whose key is not in the Region, or not the caller's, is an AccessDeniedException",
    api("Decrypt"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const CiphertextBlob = await encrypt(KeyId);
      for (const client of [kms.client(WEST), kms.client("us-east-1", "999988887777")]) {
        const answer = await refusal(client.send(new DecryptCommand({ CiphertextBlob })));
        assert.equal(answer.name, "AccessDeniedException");
        assert.equal(
          answer.message,
          "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
        );
      }
    },
  );

  rule(
    "GenerateDataKey makes a data key of KeySpec or NumberOfBytes, and a copy of it that Decrypt opens; WithoutPlaintext gives only the copy",
    api("GenerateDataKey"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const EncryptionContext = { for: "file" };
      for (const [request, length] of [
        [{ KeySpec: "AES_256" }, 32],
        [{ KeySpec: "AES_128" }, 16],
        [{ NumberOfBytes: 64 }, 64],
      ] as const) {
        const answer = await kms
          .client()
          .send(new GenerateDataKeyCommand({ KeyId, EncryptionContext, ...request }));
        assert.equal(answer.Plaintext!.length, length);
        const { Plaintext } = await decrypt(answer.CiphertextBlob!, { EncryptionContext });
        assert.deepEqual(Plaintext, answer.Plaintext);
      }
      const sealed = await kms
        .client()
        .send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, KeySpec: "AES_256" }));
      assert.equal("Plaintext" in sealed && sealed.Plaintext !== undefined, false);
      assert.equal((await decrypt(sealed.CiphertextBlob!)).Plaintext!.length, 32);
    },
  );

  rule("GenerateDataKey takes exactly one of KeySpec and NumberOfBytes", api("GenerateDataKey"), async () => {
    const { KeyId } = await createKey(kms.client());
    for (const request of [{}, { KeySpec: "AES_256", NumberOfBytes: 32 } as const]) {
      const answer = await refusal(kms.client().send(new GenerateDataKeyCommand({ KeyId, ...request })));
      assert.equal(answer.name, "ValidationException");
      assert.equal(answer.message, "Please specify either number of bytes or key spec.");
    }
  });

  rule(
    "ReEncrypt decrypts and encrypts under another key and encryption context, and needs both keys usable",
    api("ReEncrypt"),
    async () => {
      const one = await createKey(kms.client());
      const two = await createKey(kms.client());
      const CiphertextBlob = await encrypt(one.KeyId, { a: "1" });
      const request = {
        CiphertextBlob,
        SourceEncryptionContext: { a: "1" },
        DestinationKeyId: two.KeyId,
        DestinationEncryptionContext: { b: "2" },
      };
      const answer = await kms.client().send(new ReEncryptCommand(request));
      assert.equal(answer.SourceKeyId, one.Arn);
      assert.equal(answer.KeyId, two.Arn);
      const { Plaintext, KeyId } = await decrypt(answer.CiphertextBlob!, { EncryptionContext: { b: "2" } });
      assert.deepEqual(Buffer.from(Plaintext!), plaintext);
      assert.equal(KeyId, two.Arn);
      await kms.client().send(new DisableKeyCommand({ KeyId: one.KeyId }));
      assert.equal(
        (await refusal(kms.client().send(new ReEncryptCommand(request)))).name,
        "DisabledException",
      );
    },
  );

  rule(
    "A request with DryRun that would succeed is a DryRunOperationException; one that would not fails as it would",
    guide("testing-permissions"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const request = { KeyId, Plaintext: plaintext, DryRun: true };
      const wouldDo = await refusal(kms.client().send(new EncryptCommand(request)));
      assert.equal(wouldDo.name, "DryRunOperationException");
      await kms.client().send(new DisableKeyCommand({ KeyId }));
      assert.equal((await refusal(kms.client().send(new EncryptCommand(request)))).name, "DisabledException");
    },
  );

  rule(
    "A dry run with IGNORE_CIPHERTEXT needs the key and no ciphertext, and still refuses a key that is disabled",
    api("Decrypt"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const DryRunModifiers: DryRunModifierType[] = ["IGNORE_CIPHERTEXT"];
      const decrypting = (KeyId?: string, DryRun = true) =>
        refusal(kms.client().send(new DecryptCommand({ KeyId, DryRun, DryRunModifiers })));
      assert.equal((await decrypting(KeyId)).name, "DryRunOperationException");
      assert.equal((await decrypting()).name, "ValidationException");
      assert.equal((await decrypting(KeyId, false)).name, "ValidationException");
      const both = { SourceKeyId: KeyId, DestinationKeyId: KeyId, DryRun: true, DryRunModifiers };
      const reEncrypting = kms.client().send(new ReEncryptCommand(both));
      assert.equal((await refusal(reEncrypting)).name, "DryRunOperationException");
      await kms.client().send(new DisableKeyCommand({ KeyId }));
      assert.equal((await decrypting(KeyId)).name, "DisabledException");
    },
  );

  rule(
    "An algorithm that the key spec does not have is an InvalidKeyUsageException",
    api("Encrypt"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const request = { KeyId, Plaintext: plaintext, EncryptionAlgorithm: "RSAES_OAEP_SHA_256" } as const;
      assert.equal(
        (await refusal(kms.client().send(new EncryptCommand(request)))).name,
        "InvalidKeyUsageException",
      );
    },
  );

  rule(
    "GenerateRandom gives 1 to 1024 random bytes; NumberOfBytes is required",
    api("GenerateRandom"),
    async () => {
      const random = (NumberOfBytes?: number) =>
        kms.client().send(new GenerateRandomCommand({ NumberOfBytes }));
      for (const length of [1, 1024]) assert.equal((await random(length)).Plaintext!.length, length);
      assert.equal((await refusal(random(1025))).name, "ValidationException");
      assert.deepEqual(await refusal(random()), {
        name: "ValidationException",
        message: "NumberOfBytes is required.",
        status: 400,
      });
    },
  );

  rule(
    "An encryption context is case-sensitive; an empty one is none",
    guide("encrypt_context"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      await decrypt(await encrypt(KeyId, {}));
      await decrypt(await encrypt(KeyId), { EncryptionContext: {} });
      const ciphertext = await encrypt(KeyId, { a: "b" });
      for (const EncryptionContext of [{ A: "b" }, { a: "B" }, { a: "b " }] as Record<string, string>[]) {
        const { name } = await refusal(decrypt(ciphertext, { EncryptionContext }));
        assert.equal(name, "InvalidCiphertextException");
      }
    },
  );

  rule("Encrypt takes 1 to 4096 bytes of plaintext", api("Encrypt"), async () => {
    const { KeyId } = await createKey(kms.client());
    const sealing = (length: number) =>
      kms.client().send(new EncryptCommand({ KeyId, Plaintext: Buffer.alloc(length) }));
    for (const length of [1, 4096]) {
      const { CiphertextBlob } = await sealing(length);
      assert.equal((await decrypt(CiphertextBlob!)).Plaintext!.length, length);
    }
    for (const length of [0, 4097])
      assert.equal((await refusal(sealing(length))).name, "ValidationException");
  });
});
