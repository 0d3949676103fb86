import assert from "node:assert/strict";
import { guess, rule } from "../rule.js";
import { ACCOUNT, EAST, importMaterial, start, type TestKms } from "../support.js";
import { COLLECTED, localstack, thread } from "./sources.js";
import { carriedOut, created, refused } from "./wire.js";

const ROTATING = 30 * 60_000;
const RSA = { KeySpec: "RSA_4096", KeyUsage: "ENCRYPT_DECRYPT" };
const SIGNING = { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" };

describe("local KMS: rotation as AWS was recorded", () => {
  let kms: TestKms;
  beforeEach(async () => {
    kms = await start({ config: { onDemandRotationMillis: ROTATING } });
  });
  afterEach(() => kms.close());

  const statusOf = (KeyId: string) => carriedOut(kms, "GetKeyRotationStatus", { KeyId });

  for (const days of [90, 180]) {
    rule(
      `GetKeyRotationStatus after EnableKeyRotation with ${days} days`,
      localstack(`test_key_enable_rotation_status[${days}]`),
      async () => {
        const { KeyId, Arn } = await created(kms);
        await carriedOut(kms, "EnableKeyRotation", { KeyId, RotationPeriodInDays: days });
        const { NextRotationDate, ...rest } = await statusOf(KeyId);
        assert.equal(typeof NextRotationDate, "number");
        assert.deepEqual(rest, { KeyId: Arn, KeyRotationEnabled: true, RotationPeriodInDays: days });
      },
    );
  }

  rule(
    "RotateKeyOnDemand answers the key's ARN, and GetKeyRotationStatus after it has no OnDemandRotationStartDate",
    localstack("test_rotate_key_on_demand_with_symmetric_key_and_automatic_rotation_disabled"),
    async () => {
      const { KeyId, Arn } = await created(kms);
      assert.deepEqual(await carriedOut(kms, "RotateKeyOnDemand", { KeyId }), { KeyId: Arn });
      kms.wait(ROTATING);
      assert.deepEqual(await statusOf(KeyId), { KeyId: Arn, KeyRotationEnabled: false });
    },
  );

  rule(
    "RotateKeyOnDemand leaves the date of the next automatic rotation",
    localstack("test_rotate_key_on_demand_with_symmetric_key_and_automatic_rotation_enabled"),
    async () => {
      const { KeyId } = await created(kms);
      await carriedOut(kms, "EnableKeyRotation", { KeyId });
      const before = await statusOf(KeyId);
      await carriedOut(kms, "RotateKeyOnDemand", { KeyId });
      kms.wait(ROTATING);
      assert.deepEqual(await statusOf(KeyId), { ...before, RotationPeriodInDays: 365 });
    },
  );

  rule("ListKeyRotations names the key by its ARN", COLLECTED, async () => {
    const { KeyId, Arn } = await created(kms);
    await carriedOut(kms, "RotateKeyOnDemand", { KeyId });
    kms.wait(ROTATING);
    const { Rotations } = await carriedOut(kms, "ListKeyRotations", { KeyId });
    assert.deepEqual(
      Rotations.map(({ KeyId }: { KeyId: string }) => KeyId),
      [Arn],
    );
  });

  rule(
    "RotateKeyOnDemand looks at a key's state before its kind: a disabled RSA key is a DisabledException",
    localstack("test_rotate_key_on_demand_raises_error_given_key_is_disabled"),
    async () => {
      const { KeyId, Arn } = await created(kms, RSA);
      await carriedOut(kms, "DisableKey", { KeyId });
      await refused(kms, ["RotateKeyOnDemand", { KeyId }], "DisabledException", `${Arn} is disabled.`);
    },
  );

  rule(
    "RotateKeyOnDemand of an asymmetric key is an UnsupportedOperationException without a text",
    localstack("test_rotate_key_on_demand_raises_error_given_non_symmetric_key"),
    async () => {
      const { KeyId } = await created(kms, RSA);
      await refused(kms, ["RotateKeyOnDemand", { KeyId }], "UnsupportedOperationException");
    },
  );

  rule(
    "RotateKeyOnDemand of a key that does not exist names its ARN",
    localstack("test_rotate_key_on_demand_raises_error_given_key_that_does_not_exist"),
    async () => {
      const KeyId = "1234abcd-12ab-34cd-56ef-1234567890ab";
      const text = `Key 'arn:aws:kms:${EAST}:${ACCOUNT}:key/${KeyId}' does not exist`;
      await refused(kms, ["RotateKeyOnDemand", { KeyId }], "NotFoundException", text);
    },
  );

  rule(
    "RotateKeyOnDemand of an imported key without new material has nothing to rotate to",
    COLLECTED,
    async () => {
      const { KeyId, Arn } = await created(kms, { Origin: "EXTERNAL" });
      await importMaterial(kms.client(), KeyId);
      const text = `No available key material pending rotation for the key: ${Arn}.`;
      await refused(kms, ["RotateKeyOnDemand", { KeyId }], "KMSInvalidStateException", text);
    },
  );

  rule(
    "RotateKeyOnDemand beyond the limit of a key, 10 as recorded",
    localstack("test_key_rotations_limits"),
    async () => {
      await kms.close();
      kms = await start({ config: { resourceQuotas: { onDemandRotationsPerKey: 10 } } });
      const { KeyId, Arn } = await created(kms);
      for (let i = 0; i < 10; i++) await carriedOut(kms, "RotateKeyOnDemand", { KeyId });
      const text = `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${Arn}`;
      await refused(kms, ["RotateKeyOnDemand", { KeyId }], "LimitExceededException", text);
    },
  );

  rule(
    "EnableKeyRotation of an asymmetric key is an UnsupportedOperationException without a text",
    COLLECTED,
    async () => {
      const { KeyId } = await created(kms, SIGNING);
      await refused(kms, ["EnableKeyRotation", { KeyId }], "UnsupportedOperationException");
    },
  );

  rule("DisableKeyRotation of an asymmetric key is carried out", COLLECTED, async () => {
    const { KeyId } = await created(kms, SIGNING);
    await carriedOut(kms, "DisableKeyRotation", { KeyId });
  });

  rule(
    "GetKeyRotationStatus of an asymmetric key is false",
    thread("ansible-collections/community.aws", 311),
    async () => {
      const { KeyId } = await created(kms, SIGNING);
      assert.equal((await statusOf(KeyId)).KeyRotationEnabled, false);
    },
  );

  rule(
    "EnableKeyRotation of a key of another origin names the origin",
    thread("dtan4/terraforming", 361),
    async () => {
      const { KeyId, Arn } = await created(kms, { Origin: "EXTERNAL" });
      await importMaterial(kms.client(), KeyId);
      const text = `${Arn} origin is EXTERNAL which is not valid for this operation.`;
      await refused(kms, ["EnableKeyRotation", { KeyId }], "UnsupportedOperationException", text);
    },
  );

  guess(
    "DisableKeyRotation of an HMAC key is an UnsupportedOperationException",
    "AWS's page refuses all keys that cannot be rotated, and was recorded to take asymmetric ones; of HMAC keys nothing is recorded",
    async () => {
      const { KeyId } = await created(kms, { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
      await refused(kms, ["DisableKeyRotation", { KeyId }], "UnsupportedOperationException");
    },
  );
});
