import assert from "node:assert/strict";
import { createPublicKey, randomBytes } from "node:crypto";
import {
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DisableKeyCommand,
  EncryptCommand,
  GetParametersForImportCommand,
} from "@aws-sdk/client-kms";
import { useOwnWrappingKeys } from "../../../test/world/wrappingKeys.js";
import { api, guide, rule } from "../rule.js";
import {
  createEnabledKey,
  createExternalKey,
  createKey,
  getParameters,
  importMaterial,
  metadataOf,
  refusal,
  start,
  stateOf,
  type TestKms,
  wrap,
} from "../support.js";

const DAY = 24 * 60 * 60 * 1000;

describe("local KMS: import of key material", () => {
  useOwnWrappingKeys();
  let kms: TestKms;
  beforeEach(async () => {
    kms = await start();
  });
  afterEach(() => kms.close());
  const now = () => Date.now();

  for (const [WrappingKeySpec, bits] of [
    ["RSA_2048", 2048],
    ["RSA_3072", 3072],
    ["RSA_4096", 4096],
  ] as const) {
    rule(
      `GetParametersForImport for ${WrappingKeySpec} gives a public key of ${bits} bits and an import token, valid for 24 hours`,
      api("GetParametersForImport"),
      async () => {
        const key = await createExternalKey(kms.client());
        const parameters = await getParameters(kms.client(), key.KeyId, WrappingKeySpec);
        const publicKey = createPublicKey({
          key: Buffer.from(parameters.PublicKey!),
          format: "der",
          type: "spki",
        });
        assert.equal(publicKey.asymmetricKeyDetails?.modulusLength, bits);
        assert.equal(parameters.KeyId, key.Arn);
        assert.ok(parameters.ImportToken!.length <= 6144, "AWS's longest import token");
        const hours = (parameters.ParametersValidTo!.getTime() - now()) / 3_600_000;
        assert.ok(hours > 23.9 && hours <= 24, `${hours} hours`);
        await importMaterial(kms.client(), key.KeyId, randomBytes(32), {}, parameters);
        assert.equal(await stateOf(kms.client(), key.KeyId), "Enabled");
      },
    ).timeout(60_000);
  }

  rule(
    "Material wrapped by another algorithm than the import token's is an InvalidCiphertextException",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId } = await createExternalKey(kms.client());
      const request = { KeyId, WrappingAlgorithm: "RSAES_OAEP_SHA_1", WrappingKeySpec: "RSA_2048" } as const;
      const parameters = await kms.client().send(new GetParametersForImportCommand(request));
      const bySha256 = importMaterial(kms.client(), KeyId, randomBytes(32), {}, parameters);
      assert.equal((await refusal(bySha256)).name, "InvalidCiphertextException");
      const EncryptedKeyMaterial = wrap(parameters.PublicKey!, randomBytes(32), "sha1");
      await importMaterial(kms.client(), KeyId, undefined, { EncryptedKeyMaterial }, parameters);
      assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
    },
  );

  rule(
    "KeyMaterialId depends on the key ID and the key material; DescribeKey shows it as CurrentKeyMaterialId",
    api("ImportKeyMaterial"),
    async () => {
      const material = randomBytes(32);
      const one = await createExternalKey(kms.client());
      const two = await createExternalKey(kms.client());
      const { KeyMaterialId, KeyId } = await importMaterial(kms.client(), one.KeyId, material);
      assert.equal(KeyId, one.Arn);
      assert.match(KeyMaterialId!, /^[0-9a-f]{64}$/);
      assert.equal((await metadataOf(kms.client(), one.KeyId)).CurrentKeyMaterialId, KeyMaterialId);
      assert.notEqual((await importMaterial(kms.client(), two.KeyId, material)).KeyMaterialId, KeyMaterialId);
    },
  );

  rule(
    "GetParametersForImport gives a new public key and token each time; every set works for its 24 hours",
    api("GetParametersForImport"),
    async () => {
      const { KeyId } = await createExternalKey(kms.client());
      const first = await getParameters(kms.client(), KeyId);
      const second = await getParameters(kms.client(), KeyId);
      assert.notDeepEqual(first.PublicKey, second.PublicKey);
      assert.notDeepEqual(first.ImportToken, second.ImportToken);
      const material = randomBytes(32);
      await importMaterial(kms.client(), KeyId, material, {}, first);
      await importMaterial(kms.client(), KeyId, material, {}, second);
    },
  );

  rule("Public key and import token must be of the same set", api("ImportKeyMaterial"), async () => {
    const { KeyId } = await createExternalKey(kms.client());
    const first = await getParameters(kms.client(), KeyId);
    const second = await getParameters(kms.client(), KeyId);
    const mixed = { ...first, ImportToken: second.ImportToken };
    const answer = await refusal(importMaterial(kms.client(), KeyId, randomBytes(32), {}, mixed));
    assert.equal(answer.name, "InvalidCiphertextException");
  });

  rule(
    "An import token of another key, or one that is none, is an InvalidImportTokenException",
    api("ImportKeyMaterial"),
    async () => {
      const one = await createExternalKey(kms.client());
      const two = await createExternalKey(kms.client());
      const parameters = await getParameters(kms.client(), one.KeyId);
      const other = await refusal(importMaterial(kms.client(), two.KeyId, randomBytes(32), {}, parameters));
      assert.equal(other.name, "InvalidImportTokenException");
      const made = { ...parameters, ImportToken: randomBytes(1500) };
      const garbage = await refusal(importMaterial(kms.client(), one.KeyId, randomBytes(32), {}, made));
      assert.equal(garbage.name, "InvalidImportTokenException");
    },
  );

  rule(
    "An import token is an ExpiredImportTokenException after 24 hours, not before",
    api("GetParametersForImport"),
    async () => {
      const { KeyId } = await createExternalKey(kms.client());
      const parameters = await getParameters(kms.client(), KeyId);
      kms.wait(DAY - 60_000);
      const material = randomBytes(32);
      await importMaterial(kms.client(), KeyId, material, {}, parameters);
      kms.wait(60_000);
      const answer = await refusal(importMaterial(kms.client(), KeyId, material, {}, parameters));
      assert.equal(answer.name, "ExpiredImportTokenException");
    },
  );

  rule(
    "Material of a symmetric encryption key is 256 bits; any other is an IncorrectKeyMaterialException",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId } = await createExternalKey(kms.client());
      const parameters = await getParameters(kms.client(), KeyId);
      for (const length of [16, 31, 33, 64]) {
        const answer = await refusal(
          importMaterial(kms.client(), KeyId, randomBytes(length), {}, parameters),
        );
        assert.equal(answer.name, "IncorrectKeyMaterialException", `${length} bytes`);
      }
      assert.equal(await stateOf(kms.client(), KeyId), "PendingImport");
    },
  );

  rule(
    "Only the same key material can be reimported, also after it was deleted",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId, material } = await createEnabledKey(kms.client());
      const different = await refusal(importMaterial(kms.client(), KeyId, randomBytes(32)));
      assert.equal(different.name, "IncorrectKeyMaterialException");
      await kms.client().send(new DeleteImportedKeyMaterialCommand({ KeyId }));
      assert.equal(await stateOf(kms.client(), KeyId), "PendingImport");
      const afterDeletion = await refusal(importMaterial(kms.client(), KeyId, randomBytes(32)));
      assert.equal(afterDeletion.name, "IncorrectKeyMaterialException");
      await importMaterial(kms.client(), KeyId, material);
      assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
    },
  );

  rule(
    "Reimported key material decrypts what was encrypted before it was deleted",
    api("DeleteImportedKeyMaterial"),
    async () => {
      const { KeyId, material } = await createEnabledKey(kms.client());
      const { CiphertextBlob } = await kms
        .client()
        .send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("a") }));
      await kms.client().send(new DeleteImportedKeyMaterialCommand({ KeyId }));
      assert.equal(
        (await refusal(kms.client().send(new DecryptCommand({ CiphertextBlob })))).name,
        "KMSInvalidStateException",
      );
      await importMaterial(kms.client(), KeyId, material);
      const { Plaintext } = await kms.client().send(new DecryptCommand({ CiphertextBlob }));
      assert.equal(Buffer.from(Plaintext!).toString(), "a");
    },
  );

  rule("A reimport leaves a Disabled key Disabled", guide("key-state", "key-state-table"), async () => {
    const { KeyId, material } = await createEnabledKey(kms.client());
    await kms.client().send(new DisableKeyCommand({ KeyId }));
    await importMaterial(kms.client(), KeyId, material);
    assert.equal(await stateOf(kms.client(), KeyId), "Disabled");
  });

  rule(
    "Material expires at ValidTo: the key is PendingImport, shows neither ValidTo nor ExpirationModel, and takes the same material again",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId } = await createExternalKey(kms.client());
      const material = randomBytes(32);
      const ValidTo = new Date(Math.floor(now() / 1000) * 1000 + 10 * DAY);
      await importMaterial(kms.client(), KeyId, material, { ValidTo });
      const valid = await metadataOf(kms.client(), KeyId);
      assert.equal(valid.KeyState, "Enabled");
      assert.equal(valid.ExpirationModel, "KEY_MATERIAL_EXPIRES");
      assert.deepEqual(valid.ValidTo, ValidTo);
      kms.waitDays(10);
      const expired = await metadataOf(kms.client(), KeyId);
      assert.equal(expired.KeyState, "PendingImport");
      assert.equal(expired.Enabled, false);
      assert.equal(expired.ValidTo, undefined);
      assert.equal(expired.ExpirationModel, undefined);
      await importMaterial(kms.client(), KeyId, material);
      const again = await metadataOf(kms.client(), KeyId);
      assert.equal(again.KeyState, "Enabled");
      assert.equal(again.ExpirationModel, "KEY_MATERIAL_DOES_NOT_EXPIRE");
    },
  );

  rule(
    "ExpirationModel is KEY_MATERIAL_EXPIRES by default and then needs a ValidTo within 365 days; KEY_MATERIAL_DOES_NOT_EXPIRE must have none",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId } = await createExternalKey(kms.client());
      const parameters = await getParameters(kms.client(), KeyId);
      const importing = (options: object) =>
        importMaterial(kms.client(), KeyId, randomBytes(32), options, parameters);
      const expires = "KEY_MATERIAL_EXPIRES";
      for (const [options, message] of [
        [{ ExpirationModel: undefined }, /must be set/],
        [{ ExpirationModel: expires }, /must be set/],
        [{ ExpirationModel: expires, ValidTo: new Date(now() - 1000) }, /in the future/],
        [{ ExpirationModel: expires, ValidTo: new Date(now() + 366 * DAY) }, /within 365 days/],
        [
          { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE", ValidTo: new Date(now() + DAY) },
          /cannot be set/,
        ],
      ] as const) {
        const answer = await refusal(importing(options));
        assert.equal(answer.name, "ValidationException");
        assert.match(answer.message, message);
      }
      await importing({ ExpirationModel: undefined, ValidTo: new Date(now() + 364 * DAY) });
    },
  );

  rule(
    "ImportType EXISTING_KEY_MATERIAL needs material that the key is associated with, NEW_KEY_MATERIAL material that it is not",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId } = await createExternalKey(kms.client());
      const material = randomBytes(32);
      const early = importMaterial(kms.client(), KeyId, material, { ImportType: "EXISTING_KEY_MATERIAL" });
      assert.equal((await refusal(early)).name, "IncorrectKeyMaterialException");
      await importMaterial(kms.client(), KeyId, material, { ImportType: "NEW_KEY_MATERIAL" });
      const again = importMaterial(kms.client(), KeyId, material, { ImportType: "NEW_KEY_MATERIAL" });
      assert.equal((await refusal(again)).name, "IncorrectKeyMaterialException");
      await importMaterial(kms.client(), KeyId, material, { ImportType: "EXISTING_KEY_MATERIAL" });
    },
  );

  rule(
    "A KeyMaterialId in the request must be the imported material's",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId, material } = await createEnabledKey(kms.client());
      const wrong = importMaterial(kms.client(), KeyId, material, { KeyMaterialId: "0".repeat(64) });
      assert.equal((await refusal(wrong)).name, "IncorrectKeyMaterialException");
      const { CurrentKeyMaterialId: KeyMaterialId } = await metadataOf(kms.client(), KeyId);
      await importMaterial(kms.client(), KeyId, material, { KeyMaterialId });
    },
  );

  rule(
    "GetParametersForImport takes no RSAES_PKCS1_V1_5, which ended in 2023",
    api("GetParametersForImport"),
    async () => {
      const { KeyId } = await createExternalKey(kms.client());
      const request = new GetParametersForImportCommand({
        KeyId,
        WrappingAlgorithm: "RSAES_PKCS1_V1_5",
        WrappingKeySpec: "RSA_2048",
      });
      assert.equal((await refusal(kms.client().send(request))).name, "UnsupportedOperationException");
    },
  );

  rule(
    "Key material can be imported only into a key of Origin EXTERNAL",
    api("GetParametersForImport"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      assert.deepEqual(await refusal(getParameters(kms.client(), KeyId)), {
        name: "UnsupportedOperationException",
        message: `${Arn} origin is AWS_KMS which is not valid for this operation.`,
        status: 400,
      });
    },
  );
});
