import assert from "node:assert/strict";
import {
  CreateAliasCommand,
  DecryptCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateRandomCommand,
  ReEncryptCommand,
} from "@aws-sdk/client-kms";
import {
  createEnabledKey,
  createExternalKey,
  createKey,
  importMaterial,
  refusal,
  start,
  type TestKms,
  WEST,
} from "./support.js";

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

  it("encrypts under imported material and finds the key by the ciphertext", async () => {
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

  it("takes a key id, ARN, alias or alias ARN", async () => {
    const { KeyId, Arn } = await createKey(kms.client());
    await kms.client().send(new CreateAliasCommand({ AliasName: "alias/crypto", TargetKeyId: KeyId }));
    for (const name of [KeyId, Arn, "alias/crypto", Arn.replace(/key\/.*/, "alias/crypto")]) {
      const { Plaintext } = await decrypt(await encrypt(name), { KeyId: name });
      assert.deepEqual(Buffer.from(Plaintext!), plaintext);
    }
  });

  it("binds a ciphertext to its encryption context, whose order does not matter", async () => {
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
  });

  it("refuses a ciphertext with any byte changed or cut off", async () => {
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

  it("checks the key that the caller names", async () => {
    const one = await createKey(kms.client());
    const two = await createKey(kms.client());
    const ciphertext = await encrypt(one.KeyId);
    assert.deepEqual(await refusal(decrypt(ciphertext, { KeyId: two.KeyId })), {
      name: "IncorrectKeyException",
      message: "The key ID in the request does not identify a CMK that can perform this operation.",
      status: 400,
    });
  });

  it("does not decrypt by another key that has the same material", async () => {
    const { KeyId, material } = await createEnabledKey(kms.client());
    const ciphertext = await encrypt(KeyId);
    const twin = await createExternalKey(kms.client());
    await importMaterial(kms.client(), twin.KeyId, material);
    assert.equal((await refusal(decrypt(ciphertext, { KeyId: twin.KeyId }))).name, "IncorrectKeyException");
    // The key id is in the clear in the ciphertext: put in the twin's, and it must still not open.
    const forged = Buffer.from(ciphertext);
    forged.write(twin.KeyId, forged.indexOf(KeyId));
    assert.equal((await refusal(decrypt(forged))).name, "InvalidCiphertextException");
  });

  it("does not decrypt in a Region or account that does not have the key", async () => {
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
  });

  it("makes data keys of the length that is asked for, which decrypt", async () => {
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
  });

  it("wants either a key spec or a number of bytes for a data key", async () => {
    const { KeyId } = await createKey(kms.client());
    for (const request of [{}, { KeySpec: "AES_256", NumberOfBytes: 32 } as const]) {
      const answer = await refusal(kms.client().send(new GenerateDataKeyCommand({ KeyId, ...request })));
      assert.equal(answer.name, "ValidationException");
      assert.equal(answer.message, "Please specify either number of bytes or key spec.");
    }
  });

  it("re-encrypts under another key and context", async () => {
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
    assert.equal((await refusal(kms.client().send(new ReEncryptCommand(request)))).name, "DisabledException");
  });

  it("carries out nothing in a dry run that would succeed, and refuses one that would not", async () => {
    const { KeyId } = await createKey(kms.client());
    const request = { KeyId, Plaintext: plaintext, DryRun: true };
    const wouldDo = await refusal(kms.client().send(new EncryptCommand(request)));
    assert.equal(wouldDo.name, "DryRunOperationException");
    await kms.client().send(new DisableKeyCommand({ KeyId }));
    assert.equal((await refusal(kms.client().send(new EncryptCommand(request)))).name, "DisabledException");
  });

  it("refuses an algorithm of asymmetric keys", async () => {
    const { KeyId } = await createKey(kms.client());
    const request = { KeyId, Plaintext: plaintext, EncryptionAlgorithm: "RSAES_OAEP_SHA_256" } as const;
    assert.equal(
      (await refusal(kms.client().send(new EncryptCommand(request)))).name,
      "InvalidKeyUsageException",
    );
  });

  it("gives random bytes", async () => {
    const { Plaintext } = await kms.client().send(new GenerateRandomCommand({ NumberOfBytes: 100 }));
    assert.equal(Plaintext!.length, 100);
  });
});
