import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { pkcs8, privateKeyFor } from "../cryptography/keyPairs.js";
import { guess, rule } from "../rule.js";
import { createEnabledKey, getParameters, importMaterial, start, type TestKms, wrap } from "../support.js";
import { ARTICLE, localstack, localstackTest, observed } from "./sources.js";
import { ask, base64, carriedOut, created, described, isMetadata, refused, SYMMETRIC } from "./wire.js";

const NEW = { ImportType: "NEW_KEY_MATERIAL" } as const;

describe("local KMS: import as AWS was recorded", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  rule(
    "CreateKey of Origin EXTERNAL, ImportKeyMaterial and DeleteImportedKeyMaterial of a symmetric key, as DescribeKey shows them",
    localstack("test_import_key_symmetric"),
    async () => {
      const key = await created(kms, { Origin: "EXTERNAL" });
      const waiting = { ...SYMMETRIC, Enabled: false, KeyState: "PendingImport", Origin: "EXTERNAL" };
      isMetadata(key, waiting);
      const { KeyId, Arn } = key;
      const encrypting = { KeyId, Plaintext: base64("test content 123 !#") };
      const pending = `${Arn} is pending import.`;
      await refused(kms, ["Encrypt", encrypting], "KMSInvalidStateException", pending);
      const parameters = await getParameters(kms.client(), KeyId);
      assert.equal(parameters.KeyId, Arn);
      const wrapped = {
        KeyId,
        ImportToken: base64(parameters.ImportToken!),
        EncryptedKeyMaterial: base64(wrap(parameters.PublicKey!, randomBytes(32))),
      };
      const text = "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES";
      await refused(kms, ["ImportKeyMaterial", wrapped], "ValidationException", text);
      // The same token, after the refusal.
      await carriedOut(kms, "ImportKeyMaterial", {
        ...wrapped,
        ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
      });
      const imported = await described(kms, KeyId);
      const { CurrentKeyMaterialId } = imported;
      isMetadata(imported, {
        ...SYMMETRIC,
        CurrentKeyMaterialId,
        Enabled: true,
        ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
        KeyState: "Enabled",
        Origin: "EXTERNAL",
      });
      await carriedOut(kms, "DeleteImportedKeyMaterial", { KeyId });
      isMetadata(await described(kms, KeyId), { ...waiting, CurrentKeyMaterialId });
      await refused(kms, ["Encrypt", encrypting], "KMSInvalidStateException", pending);
    },
  );

  const CURVES = [
    ["ECC_NIST_P256", "ECDSA_SHA_256"],
    ["ECC_NIST_P384", "ECDSA_SHA_384"],
    ["ECC_NIST_P521", "ECDSA_SHA_512"],
    ["ECC_SECG_P256K1", "ECDSA_SHA_256"],
  ] as const;
  for (const [KeySpec, algorithm] of CURVES) {
    rule(
      `ImportKeyMaterial of a private key of ${KeySpec}, which DescribeKey shows without CurrentKeyMaterialId`,
      localstack(`test_import_key_ecc_keys[${KeySpec}]`),
      async () => {
        const { KeyId, Arn } = await created(kms, { Origin: "EXTERNAL", KeySpec, KeyUsage: "SIGN_VERIFY" });
        const always = {
          CustomerMasterKeySpec: KeySpec,
          KeySpec,
          KeyUsage: "SIGN_VERIFY",
          Origin: "EXTERNAL",
        };
        const shown = { ...always, SigningAlgorithms: [algorithm] };
        const waiting = { ...shown, Enabled: false, KeyState: "PendingImport" };
        isMetadata(await described(kms, KeyId), waiting);
        const parameters = await getParameters(kms.client(), KeyId, "RSA_4096");
        await importMaterial(kms.client(), KeyId, pkcs8(privateKeyFor(KeySpec)), {}, parameters);
        isMetadata(await described(kms, KeyId), {
          ...shown,
          Enabled: true,
          ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
          KeyState: "Enabled",
        });
        const message = { KeyId, Message: base64("text"), MessageType: "RAW", SigningAlgorithm: algorithm };
        const { Signature, ...signed } = await carriedOut(kms, "Sign", message);
        assert.deepEqual(signed, { KeyId: Arn, SigningAlgorithm: algorithm });
        const verified = { KeyId: Arn, SignatureValid: true, SigningAlgorithm: algorithm };
        assert.deepEqual(await carriedOut(kms, "Verify", { ...message, Signature }), verified);
        await carriedOut(kms, "DeleteImportedKeyMaterial", { KeyId });
        isMetadata(await described(kms, KeyId), waiting);
      },
    );
  }

  for (const bits of [224, 256, 384, 512]) {
    const KeySpec = `HMAC_${bits}`;
    const MacAlgorithm = `HMAC_SHA_${bits}`;
    rule(
      `ImportKeyMaterial of ${bits / 8} bytes into a key of ${KeySpec}, and GenerateMac and VerifyMac by it`,
      localstack(`test_import_key_hmac_keys[${KeySpec}]`),
      async () => {
        const { KeyId, Arn } = await created(kms, {
          Origin: "EXTERNAL",
          KeySpec,
          KeyUsage: "GENERATE_VERIFY_MAC",
        });
        await importMaterial(kms.client(), KeyId, randomBytes(bits / 8));
        isMetadata(await described(kms, KeyId), {
          CustomerMasterKeySpec: KeySpec,
          Enabled: true,
          ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
          KeySpec,
          KeyState: "Enabled",
          KeyUsage: "GENERATE_VERIFY_MAC",
          MacAlgorithms: [MacAlgorithm],
          Origin: "EXTERNAL",
        });
        const message = { KeyId, Message: base64("test-mac-message"), MacAlgorithm };
        const { Mac, ...made } = await carriedOut(kms, "GenerateMac", message);
        assert.deepEqual(made, { KeyId: Arn, MacAlgorithm });
        const verified = { KeyId: Arn, MacAlgorithm, MacValid: true };
        assert.deepEqual(await carriedOut(kms, "VerifyMac", { ...message, Mac }), verified);
      },
    );
  }

  rule(
    "ImportKeyMaterial of a second NEW_KEY_MATERIAL names the new one and the one that is pending",
    localstack("test_import_key_material_raises_if_there_is_already_key_material_pending"),
    async () => {
      const { KeyId, Arn } = await createEnabledKey(kms.client());
      const { KeyMaterialId: pending } = await importMaterial(kms.client(), KeyId, randomBytes(32), NEW);
      const parameters = await getParameters(kms.client(), KeyId);
      const { status, body } = await ask(kms, "ImportKeyMaterial", {
        KeyId,
        ...NEW,
        ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
        ImportToken: base64(parameters.ImportToken!),
        EncryptedKeyMaterial: base64(wrap(parameters.PublicKey!, randomBytes(32))),
      });
      const [, id] = /\(id: ([0-9a-f]{64})\)/.exec(body.message) ?? [];
      assert.notEqual(id, pending);
      const message = `New key material (id: ${id}) cannot be imported into KMS key ${Arn}, because another key material (id: ${pending}) is pending rotation.`;
      assert.deepEqual([status, body], [400, { __type: "KMSInvalidStateException", message }]);
    },
  );

  rule(
    "RotateKeyOnDemand makes imported material the current one, and Decrypt takes ciphertext of the one before",
    localstackTest("test_rotate_key_on_demand_for_external_keys_decrypts_with_previous_material"),
    async () => {
      const { KeyId, Arn } = await createEnabledKey(kms.client());
      const { CiphertextBlob } = await carriedOut(kms, "Encrypt", { KeyId, Plaintext: base64("Hello") });
      const { KeyMaterialId } = await importMaterial(kms.client(), KeyId, randomBytes(32), NEW);
      assert.notEqual((await described(kms, KeyId)).CurrentKeyMaterialId, KeyMaterialId);
      assert.deepEqual(await carriedOut(kms, "RotateKeyOnDemand", { KeyId }), { KeyId: Arn });
      assert.equal((await described(kms, KeyId)).CurrentKeyMaterialId, KeyMaterialId);
      const { Plaintext } = await carriedOut(kms, "Decrypt", { CiphertextBlob, KeyId });
      assert.equal(Plaintext, base64("Hello"));
    },
  );

  rule(
    "GetParametersForImport of a key of Origin AWS_KMS names the origin",
    localstack("test_get_parameters_for_import_raises_for_non_external_kms_keys"),
    async () => {
      const { KeyId, Arn } = await created(kms);
      const input = { KeyId, WrappingAlgorithm: "RSAES_OAEP_SHA_256", WrappingKeySpec: "RSA_2048" };
      const text = `${Arn} origin is AWS_KMS which is not valid for this operation.`;
      await refused(kms, ["GetParametersForImport", input], "UnsupportedOperationException", text);
    },
  );

  rule("GetParametersForImport refuses RSA_AES_KEY_WRAP for a symmetric key", ARTICLE, async () => {
    const { KeyId } = await created(kms, { Origin: "EXTERNAL" });
    const input = { KeyId, WrappingAlgorithm: "RSA_AES_KEY_WRAP_SHA_256", WrappingKeySpec: "RSA_3072" };
    const text =
      "Wrapping algorithm RSA_AES_KEY_WRAP_SHA_256 and wrapping key spec RSA_3072 cannot be used to import a SYMMETRIC_DEFAULT key.";
    await refused(kms, ["GetParametersForImport", input], "ValidationException", text);
  });

  rule(
    "ImportKeyMaterial refuses encrypted material that has not the size of the wrapping key, and takes the token again",
    observed("handler/import_key_material.go"),
    async () => {
      const { KeyId } = await created(kms, { Origin: "EXTERNAL" });
      const parameters = await getParameters(kms.client(), KeyId);
      const wrapped = wrap(parameters.PublicKey!, randomBytes(32));
      const input = {
        KeyId,
        ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
        ImportToken: base64(parameters.ImportToken!),
      };
      for (const EncryptedKeyMaterial of [wrapped.subarray(1), Buffer.concat([wrapped, wrapped])].map(
        base64,
      )) {
        const request = { ...input, EncryptedKeyMaterial };
        await refused(
          kms,
          ["ImportKeyMaterial", request],
          "ValidationException",
          "Invalid encrypted key size.",
        );
      }
      await carriedOut(kms, "ImportKeyMaterial", { ...input, EncryptedKeyMaterial: base64(wrapped) });
    },
  );

  guess(
    "ImportKeyMaterial takes a token again after an import, within its 24 hours",
    "AWS was recorded to take it again after a refusal, and says only that it expires after 24 hours",
    async () => {
      const { KeyId, material } = await createEnabledKey(kms.client());
      const parameters = await getParameters(kms.client(), KeyId);
      for (const _ of ["first", "second"])
        await importMaterial(kms.client(), KeyId, material, {}, parameters);
    },
  );

  guess(
    "RotateKeyOnDemand of a key without any material says that it is pending import",
    "AWS's table of key states has no such cell for imported keys",
    async () => {
      const { KeyId, Arn } = await created(kms, { Origin: "EXTERNAL" });
      await refused(
        kms,
        ["RotateKeyOnDemand", { KeyId }],
        "KMSInvalidStateException",
        `${Arn} is pending import.`,
      );
    },
  );
});
