import assert from "node:assert/strict";
import { rule } from "../rule.js";
import { ACCOUNT, EAST, start, type TestKms, WEST } from "../support.js";
import { COLLECTED, cli, custodian, localstack, localstackTest } from "./sources.js";
import { ask, carriedOut, created, described, type Input, isMetadata, refused, SYMMETRIC } from "./wire.js";

describe("local KMS: keys as AWS was recorded", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  rule(
    "CreateKey and DescribeKey answer the same of a symmetric key",
    localstack("test_describe_with_alias_arn"),
    async () => {
      const key = await created(kms, { Description: "test - description" });
      const { CurrentKeyMaterialId } = key;
      assert.match(CurrentKeyMaterialId, /^[0-9a-f]{64}$/);
      const state = { Enabled: true, KeyState: "Enabled", Origin: "AWS_KMS" };
      isMetadata(key, { ...SYMMETRIC, ...state, CurrentKeyMaterialId, Description: "test - description" });
      await carriedOut(kms, "CreateAlias", { AliasName: "alias/recorded", TargetKeyId: key.KeyId });
      const alias = `arn:aws:kms:${EAST}:${ACCOUNT}:alias/recorded`;
      assert.deepEqual(await described(kms, alias), key);
    },
  );

  const HMAC = { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" };

  rule(
    "CreateKey of an HMAC key shows its MacAlgorithms and no CurrentKeyMaterialId",
    localstack("test_hmac_create_key"),
    async () => {
      const key = await created(kms, { ...HMAC, Description: "test key" });
      isMetadata(key, {
        ...HMAC,
        CustomerMasterKeySpec: "HMAC_256",
        Description: "test key",
        Enabled: true,
        KeyState: "Enabled",
        MacAlgorithms: ["HMAC_SHA_256"],
        Origin: "AWS_KMS",
      });
      assert.deepEqual(await described(kms, key.KeyId), key);
    },
  );

  for (const [KeySpec, KeyUsage, algorithms] of [
    ["RSA_4096", "ENCRYPT_DECRYPT", { EncryptionAlgorithms: ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"] }],
    ["ECC_NIST_P521", "SIGN_VERIFY", { SigningAlgorithms: ["ECDSA_SHA_512"] }],
    ["HMAC_384", "GENERATE_VERIFY_MAC", { MacAlgorithms: ["HMAC_SHA_384"] }],
  ] as const) {
    rule(`CreateKey of a ${KeySpec} key`, cli("create-key"), async () => {
      const key = await created(kms, { KeySpec, KeyUsage });
      const state = { Enabled: true, KeyState: "Enabled", Origin: "AWS_KMS" };
      isMetadata(key, { CustomerMasterKeySpec: KeySpec, KeySpec, KeyUsage, ...state, ...algorithms });
    });
  }

  rule(
    "CreateKey refuses a KeyUsage that is missing or does not fit",
    localstack("test_hmac_create_key_invalid_operations"),
    async () => {
      const usage =
        "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.";
      await refused(kms, ["CreateKey", { KeySpec: "HMAC_256" }], "ValidationException", usage);
    },
  );

  rule(
    "CreateKey names the usage and the spec that do not go together",
    localstack("test_derive_shared_secret"),
    async () => {
      const input = { KeySpec: "RSA_2048", KeyUsage: "KEY_AGREEMENT" };
      const text = "KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048";
      await refused(kms, ["CreateKey", input], "ValidationException", text);
    },
  );

  // AWS's list of values has no order and grows: only what stands before it is compared.
  rule(
    "CreateKey names a member by its JSON name with a small first letter",
    localstack("test_hmac_create_key_invalid_operations"),
    async () => {
      for (const [input, text] of [
        [{ KeySpec: "HMAC_random", KeyUsage: "GENERATE_VERIFY_MAC" }, "Value 'HMAC_random' at 'keySpec'"],
        [{ KeySpec: "HMAC_256", KeyUsage: "RANDOM" }, "Value 'RANDOM' at 'keyUsage'"],
      ] as const) {
        const { body } = await ask(kms, "CreateKey", input);
        assert.equal(body.__type, "ValidationException");
        const before = `1 validation error detected: ${text} failed to satisfy constraint: Member must satisfy enum value set: [`;
        assert.ok(body.message.startsWith(before), body.message);
      }
    },
  );

  const absent = "134f2428-cec1-4b25-a1ae-9048164dba47";

  rule(
    "DescribeKey of a key that does not exist names its ARN",
    localstack("test_get_key_does_not_exist"),
    async () => {
      const arnOf = (id: string) => `arn:aws:kms:${EAST}:${ACCOUNT}:key/${id}`;
      const related = "mrk-d3b95762d3b95762d3b95762d3b95762";
      for (const [KeyId, arn] of [
        [absent, arnOf(absent)],
        [arnOf(absent), arnOf(absent)],
        [related, arnOf(related)],
      ] as const)
        await refused(kms, ["DescribeKey", { KeyId }], "NotFoundException", `Key '${arn}' does not exist`);
    },
  );

  rule(
    "DescribeKey of what is no key id names what was sent",
    localstack("test_get_key_invalid_uuid"),
    async () => {
      for (const KeyId of ["fake-key-id", "134f2428cec14b25a1ae9048164dba47", "mrk-fake-key-id"])
        await refused(kms, ["DescribeKey", { KeyId }], "NotFoundException", `Invalid keyId '${KeyId}'`);
    },
  );

  rule(
    "DescribeKey finds no key of another Region, by its id or by its ARN",
    localstack("test_get_key_in_different_region"),
    async () => {
      const { KeyId, Arn } = await created(kms, {}, WEST);
      const here = `Key '${Arn.replace(WEST, EAST)}' does not exist`;
      await refused(kms, ["DescribeKey", { KeyId }], "NotFoundException", here);
      await refused(kms, ["DescribeKey", { KeyId: Arn }], "NotFoundException", `Invalid arn ${WEST}`);
      assert.deepEqual(await described(kms, Arn, WEST), await described(kms, KeyId, WEST));
    },
  );

  rule(
    "ScheduleKeyDeletion answers the key's ARN and a date; CancelKeyDeletion leaves the key Disabled and without one",
    localstackTest("test_schedule_and_cancel_key_deletion"),
    async () => {
      const { KeyId, Arn } = await created(kms);
      const answer = await carriedOut(kms, "ScheduleKeyDeletion", { KeyId });
      assert.equal(answer.KeyId, Arn);
      const pending = await described(kms, KeyId);
      assert.deepEqual([pending.Enabled, pending.KeyState], [false, "PendingDeletion"]);
      assert.equal(pending.DeletionDate, answer.DeletionDate);
      await carriedOut(kms, "CancelKeyDeletion", { KeyId });
      const { Enabled, KeyState, DeletionDate } = await described(kms, KeyId);
      assert.deepEqual([Enabled, KeyState, DeletionDate], [false, "Disabled", undefined]);
    },
  );

  rule(
    "ScheduleKeyDeletion of a key that is pending deletion is a KMSInvalidStateException that says so",
    "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/kms/key.go",
    async () => {
      const { KeyId, Arn } = await created(kms);
      await carriedOut(kms, "ScheduleKeyDeletion", { KeyId });
      const text = `${Arn} is pending deletion.`;
      await refused(kms, ["ScheduleKeyDeletion", { KeyId }], "KMSInvalidStateException", text);
    },
  );

  rule(
    "DisableKey of a key without material is a KMSInvalidStateException that says so",
    "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/kms/replica_external_key.go",
    async () => {
      const { KeyId, Arn } = await created(kms, { Origin: "EXTERNAL" });
      await refused(kms, ["DisableKey", { KeyId }], "KMSInvalidStateException", `${Arn} is pending import.`);
    },
  );

  rule(
    "GenerateDataKey by a disabled key is a DisabledException, by one that is pending deletion a KMSInvalidStateException",
    localstackTest("test_cant_use_disabled_or_deleted_keys"),
    async () => {
      const { KeyId, Arn } = await created(kms);
      const using: [string, Input] = ["GenerateDataKey", { KeyId, KeySpec: "AES_256" }];
      await carriedOut(kms, ...using);
      await carriedOut(kms, "DisableKey", { KeyId });
      await refused(kms, using, "DisabledException", `${Arn} is disabled.`);
      await carriedOut(kms, "ScheduleKeyDeletion", { KeyId });
      await refused(kms, using, "KMSInvalidStateException", `${Arn} is pending deletion.`);
    },
  );

  rule(
    "ScheduleKeyDeletion answers no more than KeyId, KeyState, PendingWindowInDays and DeletionDate",
    custodian(
      "36cb60a6561bcac407b7f055d078456f2886fb62",
      "test_kms_remove_named",
      "kms.ScheduleKeyDeletion_1.json",
    ),
    async () => {
      const { KeyId } = await created(kms);
      const answer = await carriedOut(kms, "ScheduleKeyDeletion", { KeyId, PendingWindowInDays: 7 });
      // The two others came later: https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
      assert.deepEqual(Object.keys(answer).sort(), [
        "DeletionDate",
        "KeyId",
        "KeyState",
        "PendingWindowInDays",
      ]);
    },
  );

  rule(
    "GetPublicKey of a symmetric key is an UnsupportedOperationException without a text",
    COLLECTED,
    async () => {
      const { KeyId } = await created(kms);
      await refused(kms, ["GetPublicKey", { KeyId }], "UnsupportedOperationException");
    },
  );

  rule(
    "GetPublicKey of an RSA key answers its ARN, spec, usage and algorithms",
    localstackTest("test_get_public_key"),
    async () => {
      const { KeyId, Arn } = await created(kms, { KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" });
      const { PublicKey, ...rest } = await carriedOut(kms, "GetPublicKey", { KeyId });
      assert.equal(typeof PublicKey, "string");
      assert.deepEqual(rest, {
        KeyId: Arn,
        CustomerMasterKeySpec: "RSA_2048",
        EncryptionAlgorithms: ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
        KeySpec: "RSA_2048",
        KeyUsage: "ENCRYPT_DECRYPT",
      });
    },
  );
});
