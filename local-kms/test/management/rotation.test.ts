import assert from "node:assert/strict";
import {
  CancelKeyDeletionCommand,
  DecryptCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetKeyRotationStatusCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { api, guess, guide, rule } from "../rule.js";
import {
  createEnabledKey,
  createExternalKey,
  createKey,
  EAST,
  metadataOf,
  refusal,
  rotationsOf,
  start,
  type TestKms,
  temporaryFolder,
  WEST,
} from "../support.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ROTATING = 30 * MINUTE;

const howItWorks = guide("rotate-keys", "rotate-keys-how-it-works");

describe("local KMS: rotation of key material that AWS makes", () => {
  let kms: TestKms;
  beforeEach(async () => {
    kms = await start({ config: { onDemandRotationMillis: ROTATING } });
  });
  afterEach(() => kms.close());

  const enableRotation = (KeyId: string, RotationPeriodInDays?: number, region?: string) =>
    kms.client(region).send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays }));
  const statusOf = async (KeyId: string, region?: string) => {
    const status = await kms.client(region).send(new GetKeyRotationStatusCommand({ KeyId }));
    const { $metadata, ...members } = status;
    return members;
  };
  const rotate = (KeyId: string, region?: string) =>
    kms.client(region).send(new RotateKeyOnDemandCommand({ KeyId }));
  const currentOf = async (KeyId: string, region = EAST) =>
    (await metadataOf(kms.client(region), KeyId)).CurrentKeyMaterialId!;
  const encrypt = (KeyId: string, region = EAST) =>
    kms.client(region).send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("text") }));
  const decrypt = (CiphertextBlob: Uint8Array | undefined, region = EAST) =>
    kms.client(region).send(new DecryptCommand({ CiphertextBlob }));
  async function createReplicated() {
    const key = await createKey(kms.client(), { MultiRegion: true });
    await kms.client().send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: WEST }));
    return key;
  }
  /** Days from now, to a day: the clock runs on while a test does. */
  const inDays = (date: Date | undefined, ahead = 0) =>
    Math.round((date!.getTime() - Date.now() - ahead * DAY) / DAY) + 0;

  rule(
    "a key is not rotated automatically until EnableKeyRotation, by default every 365 days from then on",
    api("EnableKeyRotation"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      assert.deepEqual(await statusOf(KeyId), { KeyId: Arn, KeyRotationEnabled: false });
      await enableRotation(Arn);
      const status = await statusOf(KeyId);
      assert.equal(status.KeyRotationEnabled, true);
      assert.equal(status.RotationPeriodInDays, 365);
      assert.equal(inDays(status.NextRotationDate), 365);
      assert.equal(status.OnDemandRotationStartDate, undefined);
    },
  );

  rule("RotationPeriodInDays is 90 to 2560 days", api("EnableKeyRotation"), async () => {
    const { KeyId } = await createKey(kms.client());
    for (const days of [89, 2561]) {
      assert.equal((await refusal(enableRotation(KeyId, days))).name, "ValidationException", `${days} days`);
    }
    for (const days of [90, 2560]) {
      await enableRotation(KeyId, days);
      assert.equal((await statusOf(KeyId)).RotationPeriodInDays, days);
    }
  });

  rule(
    "an automatic rotation gives new current key material a period after it was enabled, and each period after that",
    howItWorks,
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      await enableRotation(KeyId, 100);
      const before = await currentOf(KeyId);
      const { NextRotationDate } = await statusOf(KeyId);
      kms.wait(100 * DAY - MINUTE);
      assert.equal(await currentOf(KeyId), before);
      kms.wait(MINUTE);
      const after = await currentOf(KeyId);
      assert.notEqual(after, before);
      assert.deepEqual(await rotationsOf(kms.client(), KeyId), [
        {
          KeyId: Arn,
          KeyMaterialId: after,
          KeyMaterialState: "CURRENT",
          RotationDate: NextRotationDate,
          RotationType: "AUTOMATIC",
        },
      ]);
      assert.equal(
        (await statusOf(KeyId)).NextRotationDate!.getTime(),
        NextRotationDate!.getTime() + 100 * DAY,
      );
      kms.waitDays(350);
      assert.equal((await rotationsOf(kms.client(), KeyId)).length, 4);
    },
  );

  rule(
    "a rotated key encrypts with its current key material and decrypts what any earlier one encrypted",
    howItWorks,
    async () => {
      const { KeyId } = await createKey(kms.client());
      await enableRotation(KeyId, 90);
      const old = await encrypt(KeyId);
      const oldMaterial = await currentOf(KeyId);
      kms.waitDays(90);
      const opened = await decrypt(old.CiphertextBlob);
      assert.equal(Buffer.from(opened.Plaintext!).toString(), "text");
      assert.equal(opened.KeyMaterialId, oldMaterial);
      const { KeyMaterialId } = await decrypt((await encrypt(KeyId)).CiphertextBlob);
      assert.equal(KeyMaterialId, await currentOf(KeyId));
      assert.notEqual(KeyMaterialId, oldMaterial);
      const dataKey = await kms.client().send(new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" }));
      assert.equal(dataKey.KeyMaterialId, KeyMaterialId);
    },
  );

  rule("enabling rotation again, also with another period, counts from that day", howItWorks, async () => {
    const { KeyId, Arn } = await createKey(kms.client());
    await enableRotation(KeyId, 200);
    kms.waitDays(150);
    await enableRotation(KeyId, 90);
    assert.equal(inDays((await statusOf(KeyId)).NextRotationDate, 150), 90);
    await kms.client().send(new DisableKeyRotationCommand({ KeyId }));
    assert.deepEqual(await statusOf(KeyId), { KeyId: Arn, KeyRotationEnabled: false });
    kms.waitDays(300);
    assert.deepEqual(await rotationsOf(kms.client(), KeyId), []);
    await enableRotation(KeyId);
    assert.equal(inDays((await statusOf(KeyId)).NextRotationDate, 450), 365);
  });

  rule(
    "a disabled key keeps its rotation status and is not rotated; enabled again after its date, it is rotated at once",
    api("GetKeyRotationStatus"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      await enableRotation(KeyId, 90);
      await kms.client().send(new DisableKeyCommand({ KeyId }));
      kms.waitDays(100);
      assert.deepEqual(await rotationsOf(kms.client(), KeyId), []);
      assert.equal((await statusOf(KeyId)).KeyRotationEnabled, true);
      await kms.client().send(new EnableKeyCommand({ KeyId }));
      const [rotation, ...more] = await rotationsOf(kms.client(), KeyId);
      assert.deepEqual(more, []);
      assert.equal(inDays(rotation!.RotationDate, 100), 0);
      assert.equal(inDays((await statusOf(KeyId)).NextRotationDate, 100), 90);
    },
  );

  rule(
    "a disabled key that is enabled again before its date keeps its rotation schedule",
    api("GetKeyRotationStatus"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      await enableRotation(KeyId, 90);
      const { NextRotationDate } = await statusOf(KeyId);
      await kms.client().send(new DisableKeyCommand({ KeyId }));
      kms.waitDays(50);
      await kms.client().send(new EnableKeyCommand({ KeyId }));
      assert.deepEqual((await statusOf(KeyId)).NextRotationDate, NextRotationDate);
    },
  );

  rule(
    "the rotation status of a key that is pending deletion is false, and what it was again when the deletion is cancelled",
    api("GetKeyRotationStatus"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      await enableRotation(KeyId, 90);
      kms.waitDays(80);
      await kms.client().send(new ScheduleKeyDeletionCommand({ KeyId }));
      assert.deepEqual(await statusOf(KeyId), { KeyId: Arn, KeyRotationEnabled: false });
      kms.waitDays(20);
      assert.deepEqual(await rotationsOf(kms.client(), KeyId), []);
      await kms.client().send(new CancelKeyDeletionCommand({ KeyId }));
      assert.equal((await statusOf(KeyId)).RotationPeriodInDays, 90);
    },
  );

  rule(
    "automatic rotation is for symmetric key material that AWS makes, not for imported",
    api("EnableKeyRotation"),
    async () => {
      const { KeyId, Arn } = await createEnabledKey(kms.client());
      const refused = {
        name: "UnsupportedOperationException",
        message: `${Arn} origin is EXTERNAL which is not valid for this operation.`,
        status: 400,
      };
      assert.deepEqual(await refusal(enableRotation(KeyId)), refused);
      assert.deepEqual(await refusal(kms.client().send(new DisableKeyRotationCommand({ KeyId }))), refused);
      assert.deepEqual(await statusOf(KeyId), { KeyId: Arn, KeyRotationEnabled: false });
      const empty = await createExternalKey(kms.client());
      assert.equal((await statusOf(empty.KeyId)).KeyRotationEnabled, false);
    },
  );

  for (const [name, input] of [
    ["asymmetric", { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }],
    ["HMAC", { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" }],
  ] as const) {
    rule(
      `${name} keys are rotated neither automatically nor on demand`,
      api("RotateKeyOnDemand"),
      async () => {
        const { KeyId, Arn } = await createKey(kms.client(), input);
        for (const rotating of [
          enableRotation(KeyId),
          rotate(KeyId),
          rotationsOf(kms.client(), KeyId, "ALL_KEY_MATERIAL"),
        ]) {
          assert.equal((await refusal(rotating)).name, "UnsupportedOperationException");
        }
        assert.deepEqual(await rotationsOf(kms.client(), KeyId), []);
        assert.deepEqual(await statusOf(KeyId), { KeyId: Arn, KeyRotationEnabled: false });
      },
    );
  }

  rule(
    "RotateKeyOnDemand starts a rotation in the background: OnDemandRotationStartDate is there until it is complete",
    api("GetKeyRotationStatus"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      const before = await currentOf(KeyId);
      assert.equal((await rotate(KeyId)).KeyId, Arn);
      const { KeyRotationEnabled, OnDemandRotationStartDate } = await statusOf(KeyId);
      assert.equal(KeyRotationEnabled, false);
      assert.equal(inDays(OnDemandRotationStartDate), 0);
      assert.equal(await currentOf(KeyId), before);
      assert.deepEqual(await rotationsOf(kms.client(), KeyId), []);
      assert.equal((await rotationsOf(kms.client(), KeyId, "ALL_KEY_MATERIAL")).length, 1);
      kms.wait(ROTATING);
      assert.deepEqual(await statusOf(KeyId), { KeyId: Arn, KeyRotationEnabled: false });
      const [rotation] = await rotationsOf(kms.client(), KeyId);
      assert.equal(rotation!.RotationType, "ON_DEMAND");
      assert.equal(rotation!.RotationDate!.getTime(), OnDemandRotationStartDate!.getTime() + ROTATING);
      assert.equal(rotation!.KeyMaterialId, await currentOf(KeyId));
      assert.notEqual(rotation!.KeyMaterialId, before);
    },
  );

  guess(
    "RotateKeyOnDemand while one is in progress is a ConflictException",
    "AWS documents that error for an automatic rotation that is near",
    async () => {
      const { KeyId } = await createKey(kms.client());
      await rotate(KeyId);
      assert.equal((await refusal(rotate(KeyId))).name, "ConflictException");
      kms.wait(ROTATING);
      await rotate(KeyId);
    },
  );

  rule(
    "an on-demand rotation does not change the automatic rotation schedule",
    api("RotateKeyOnDemand"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      await enableRotation(KeyId, 90);
      const { NextRotationDate } = await statusOf(KeyId);
      kms.waitDays(80);
      await rotate(KeyId);
      kms.wait(ROTATING);
      assert.deepEqual((await statusOf(KeyId)).NextRotationDate, NextRotationDate);
      kms.waitDays(10);
      const types = (await rotationsOf(kms.client(), KeyId)).map(({ RotationType }) => RotationType);
      assert.deepEqual(types, ["ON_DEMAND", "AUTOMATIC"]);
    },
  );

  rule(
    "an on-demand rotation is refused with ConflictException in the 20 minutes before an automatic one",
    api("RotateKeyOnDemand"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      await enableRotation(KeyId, 90);
      kms.wait(90 * DAY - 19 * MINUTE);
      assert.equal((await refusal(rotate(KeyId))).name, "ConflictException");
      kms.wait(20 * MINUTE);
      await rotate(KeyId);
      const other = await createKey(kms.client());
      await enableRotation(other.KeyId, 90);
      kms.wait(90 * DAY - 21 * MINUTE);
      await rotate(other.KeyId);
    },
  );

  it("keeps the order of an automatic rotation that passes an on-demand one in progress", async () => {
    const { KeyId } = await createKey(kms.client());
    await enableRotation(KeyId, 90);
    kms.wait(90 * DAY - 25 * MINUTE);
    await rotate(KeyId);
    kms.wait(26 * MINUTE);
    const automatic = await currentOf(KeyId);
    kms.wait(ROTATING);
    const onDemand = await currentOf(KeyId);
    const listed = await rotationsOf(kms.client(), KeyId);
    assert.deepEqual(
      listed.map(({ KeyMaterialId }) => KeyMaterialId),
      [automatic, onDemand],
    );
  });

  rule(
    "a key is rotated on demand 25 times at most; automatic rotations do not count",
    api("RotateKeyOnDemand"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      await enableRotation(KeyId, 90);
      kms.waitDays(90);
      await kms.client().send(new DisableKeyRotationCommand({ KeyId }));
      for (let i = 0; i < 25; i++) {
        await rotate(KeyId);
        kms.wait(ROTATING);
      }
      assert.deepEqual(await refusal(rotate(KeyId)), {
        name: "LimitExceededException",
        message: `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${Arn}`,
        status: 400,
      });
    },
  );

  rule(
    "ListKeyRotations lists completed rotations; ALL_KEY_MATERIAL adds the first material, which has no rotation date",
    api("ListKeyRotations"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      const first = await currentOf(KeyId);
      await rotate(KeyId);
      kms.wait(ROTATING);
      const [rotation] = await rotationsOf(kms.client(), KeyId, "ROTATIONS_ONLY");
      assert.deepEqual(await rotationsOf(kms.client(), KeyId, "ALL_KEY_MATERIAL"), [
        { KeyId: Arn, KeyMaterialId: first, KeyMaterialState: "NON_CURRENT" },
        rotation,
      ]);
    },
  );

  rule("ListKeyRotations pages by Limit and Marker", api("ListKeyRotations"), async () => {
    const { KeyId } = await createKey(kms.client());
    for (let i = 0; i < 11; i++) {
      await rotate(KeyId);
      kms.wait(ROTATING);
    }
    const all = await rotationsOf(kms.client(), KeyId, "ALL_KEY_MATERIAL");
    assert.equal(all.length, 12);
    assert.deepEqual(await rotationsOf(kms.client(), KeyId, "ALL_KEY_MATERIAL", 5), all);
  });

  rule(
    "replicas follow the primary: the rotation status is read on each key and set only on the primary",
    guide("rotate-keys", "multi-region-rotate"),
    async () => {
      const { KeyId, Arn } = await createReplicated();
      await enableRotation(KeyId, 90);
      const status = { ...(await statusOf(KeyId, EAST)), KeyId: Arn.replace(EAST, WEST) };
      assert.deepEqual(await statusOf(KeyId, WEST), status);
      assert.equal((await statusOf(KeyId, WEST)).KeyRotationEnabled, true);
      const refused = {
        name: "UnsupportedOperationException",
        message: `${Arn.replace(EAST, WEST)} is not a multi-region primary key.`,
        status: 400,
      };
      assert.deepEqual(await refusal(enableRotation(KeyId, 90, WEST)), refused);
      assert.deepEqual(
        await refusal(kms.client(WEST).send(new DisableKeyRotationCommand({ KeyId }))),
        refused,
      );
      assert.deepEqual(await refusal(rotate(KeyId, WEST)), refused);
    },
  );

  rule(
    "rotations of a primary bring the same new material to every replica, and no Region uses it before the others",
    guide("rotate-keys", "multi-region-rotate"),
    async () => {
      const { KeyId } = await createReplicated();
      const first = await currentOf(KeyId);
      await enableRotation(KeyId, 90);
      kms.waitDays(90);
      const automatic = await currentOf(KeyId, EAST);
      assert.notEqual(automatic, first);
      assert.equal(await currentOf(KeyId, WEST), automatic);
      await rotate(KeyId);
      assert.ok((await statusOf(KeyId, WEST)).OnDemandRotationStartDate);
      assert.equal(await currentOf(KeyId, EAST), automatic);
      assert.equal(await currentOf(KeyId, WEST), automatic);
      kms.wait(ROTATING);
      assert.notEqual(await currentOf(KeyId, EAST), automatic);
      assert.equal(await currentOf(KeyId, WEST), await currentOf(KeyId, EAST));
      const { CiphertextBlob } = await encrypt(KeyId, EAST);
      assert.equal(Buffer.from((await decrypt(CiphertextBlob, WEST)).Plaintext!).toString(), "text");
      const rotationsIn = async (region: string) =>
        (await rotationsOf(kms.client(region), KeyId, "ALL_KEY_MATERIAL")).map(
          ({ KeyId: _, ...rest }) => rest,
        );
      assert.deepEqual(await rotationsIn(WEST), await rotationsIn(EAST));
    },
  );

  rule(
    "a replica of a rotated primary has the current and all earlier key materials",
    guide("rotate-keys", "multi-region-rotate"),
    async () => {
      const { KeyId } = await createKey(kms.client(), { MultiRegion: true });
      const old = await encrypt(KeyId);
      await rotate(KeyId);
      kms.wait(ROTATING);
      await kms.client().send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
      assert.equal(await currentOf(KeyId, WEST), await currentOf(KeyId, EAST));
      assert.equal(Buffer.from((await decrypt(old.CiphertextBlob, WEST)).Plaintext!).toString(), "text");
    },
  );

  it("keeps schedule and rotations over a restart, and catches up with the time between", async () => {
    const dataDir = await temporaryFolder();
    const first = await start({ dataDir });
    const { KeyId } = await createKey(first.client());
    await first.client().send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    await first.close();
    const second = await start({ dataDir });
    second.waitDays(180);
    assert.equal((await rotationsOf(second.client(), KeyId)).length, 2);
    await second.close();
  });
});
