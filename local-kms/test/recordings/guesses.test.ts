import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { guess } from "../rule.js";
import { getParameters, importMaterial, start, type TestKms, WEST, wrap } from "../support.js";
import { ask, base64, carriedOut, created, type Input, refused } from "./wire.js";

const UNRECORDED = "no recording of this text is known";
const EXTERNAL = { Origin: "EXTERNAL" };
const NEW = { ImportType: "NEW_KEY_MATERIAL" } as const;

describe("local KMS: what nobody published", () => {
  let kms: TestKms;
  beforeEach(async () => {
    kms = await start({ config: { replicaCreatingMillis: 1000, primaryUpdatingMillis: 1000 } });
  });
  afterEach(() => kms.close());

  guess(
    "ReplicateKey, UpdatePrimaryRegion and ScheduleKeyDeletion name the states creating, updating and pending replica deletion in the words of the recorded ones",
    UNRECORDED,
    async () => {
      const { KeyId, Arn } = await created(kms, { MultiRegion: true });
      const there = Arn.replace("us-east-1", WEST);
      await carriedOut(kms, "ReplicateKey", { KeyId, ReplicaRegion: WEST });
      const disable: [string, Input, string] = ["DisableKey", { KeyId }, WEST];
      await refused(kms, disable, "KMSInvalidStateException", `${there} is creating.`);
      kms.wait(1000);
      await carriedOut(kms, "UpdatePrimaryRegion", { KeyId, PrimaryRegion: WEST });
      await refused(kms, disable, "KMSInvalidStateException", `${there} is updating.`);
      kms.wait(1000);
      await carriedOut(kms, "ScheduleKeyDeletion", { KeyId }, WEST);
      const waiting = `${there} is pending replica deletion.`;
      await refused(kms, disable, "KMSInvalidStateException", waiting);
    },
  );

  guess(
    "GetParametersForImport refuses RSAES_OAEP for an RSA key, and with RSA_2048 for ECC_NIST_P521, in the words for a symmetric one",
    "that it is refused is documented",
    async () => {
      for (const KeySpec of ["RSA_2048", "ECC_NIST_P521"]) {
        const { KeyId } = await created(kms, { ...EXTERNAL, KeySpec, KeyUsage: "SIGN_VERIFY" });
        const input = { KeyId, WrappingAlgorithm: "RSAES_OAEP_SHA_256", WrappingKeySpec: "RSA_2048" };
        const text = `Wrapping algorithm RSAES_OAEP_SHA_256 and wrapping key spec RSA_2048 cannot be used to import a ${KeySpec} key.`;
        await refused(kms, ["GetParametersForImport", input], "ValidationException", text);
      }
    },
  );

  guess(
    "ImportKeyMaterial has a text with each of its own errors",
    "AWS documents the errors and not their texts; it may send none",
    async () => {
      const [one, other] = [await created(kms, EXTERNAL), await created(kms, EXTERNAL)];
      const { ImportToken, PublicKey } = await getParameters(kms.client(), one.KeyId);
      const request = (KeyId: string, encrypted: Uint8Array) => ({
        KeyId,
        ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
        ImportToken: base64(ImportToken!),
        EncryptedKeyMaterial: base64(encrypted),
      });
      const wrapped = wrap(PublicKey!, randomBytes(32));
      const import_ = (KeyId: string, encrypted: Uint8Array) =>
        ask(kms, "ImportKeyMaterial", request(KeyId, encrypted));
      const answers = [
        await import_(other.KeyId, wrapped),
        await import_(one.KeyId, randomBytes(256)),
        await import_(one.KeyId, wrap(PublicKey!, randomBytes(31))),
      ];
      await carriedOut(kms, "ImportKeyMaterial", request(one.KeyId, wrapped));
      answers.push(await import_(one.KeyId, wrap(PublicKey!, randomBytes(32))));
      kms.waitDays(2);
      answers.push(await import_(one.KeyId, wrapped));
      assert.deepEqual(
        answers.map(({ body }) => body.__type),
        [
          "InvalidImportTokenException",
          "InvalidCiphertextException",
          "IncorrectKeyMaterialException",
          "IncorrectKeyMaterialException",
          "ExpiredImportTokenException",
        ],
      );
      for (const { body } of answers) assert.notEqual(body.message, undefined);
    },
  );

  guess(
    "RotateKeyOnDemand waits for every replica's import, also of a replica that is pending deletion",
    "AWS says that every replica must have the new material",
    async () => {
      const { KeyId } = await created(kms, { ...EXTERNAL, MultiRegion: true });
      const material = randomBytes(32);
      await importMaterial(kms.client(), KeyId, material);
      await carriedOut(kms, "ReplicateKey", { KeyId, ReplicaRegion: WEST });
      kms.wait(1000);
      await importMaterial(kms.client(WEST), KeyId, material);
      await carriedOut(kms, "ScheduleKeyDeletion", { KeyId }, WEST);
      await importMaterial(kms.client(), KeyId, randomBytes(32), NEW);
      const { body } = await ask(kms, "RotateKeyOnDemand", { KeyId });
      assert.equal(body.__type, "KMSInvalidStateException");
    },
  );

  guess(
    "throttling comes before what is wrong with a request: CreateAlias beyond its quota is a ThrottlingException",
    "AWS does not say which comes first",
    async () => {
      await kms.setQuotas({ requestsPerSecond: { CreateAlias: 0.001 } });
      const wrong = { AliasName: "no prefix", TargetKeyId: "" };
      const answers = [await ask(kms, "CreateAlias", wrong), await ask(kms, "CreateAlias", wrong)];
      assert.deepEqual(
        answers.map(({ body }) => body.__type),
        ["ValidationException", "ThrottlingException"],
      );
    },
  );
});
