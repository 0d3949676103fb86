import assert from "node:assert/strict";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ReplicateKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  UpdatePrimaryRegionCommand,
} from "@aws-sdk/client-kms";
import { api, guess, guide, rule } from "../rule.js";
import {
  ACCOUNT,
  createEnabledKey,
  createKey,
  EAST,
  importMaterial,
  metadataOf,
  refusal,
  rotationsOf,
  start,
  stateOf,
  type TestKms,
  WEST,
} from "../support.js";

const UPDATING = 60_000;
const SOUTH = "ap-south-1";
const DAY = 24 * 3_600_000;

describe("local KMS: the primary Region of a multi-Region key", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start({ config: { primaryUpdatingMillis: UPDATING } });
  });
  after(() => kms.close());

  const update = (KeyId: string, PrimaryRegion: string, from = EAST) =>
    kms.client(from).send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion }));
  const replicate = (KeyId: string, ReplicaRegion: string, from = EAST) =>
    kms.client(from).send(new ReplicateKeyCommand({ KeyId, ReplicaRegion }));
  const schedule = (KeyId: string, region: string, PendingWindowInDays = 7) =>
    kms.client(region).send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays }));
  const statusOf = (KeyId: string, region: string) =>
    kms.client(region).send(new GetKeyRotationStatusCommand({ KeyId }));
  const setOf = async (KeyId: string, region: string) =>
    (await metadataOf(kms.client(region), KeyId)).MultiRegionConfiguration!;
  const shown = (KeyId: string, Region: string) => ({
    Arn: `arn:aws:kms:${Region}:${ACCOUNT}:key/${KeyId}`,
    Region,
  });

  async function createReplicated(...regions: string[]) {
    const key = await createKey(kms.client(), { MultiRegion: true });
    for (const region of regions) await replicate(key.KeyId, region);
    return key;
  }
  async function moved(...regions: string[]) {
    const key = await createReplicated(...regions);
    await update(key.KeyId, WEST);
    kms.wait(UPDATING);
    return key;
  }

  rule(
    "UpdatePrimaryRegion makes the replica in that Region the primary and the old primary its replica, and answers nothing",
    api("UpdatePrimaryRegion"),
    async () => {
      const { KeyId, Arn } = await createReplicated(WEST, SOUTH);
      const { $metadata, ...output } = await update(Arn, WEST);
      assert.deepEqual(output, {});
      kms.wait(UPDATING);
      for (const region of [EAST, WEST, SOUTH]) {
        assert.deepEqual(await setOf(KeyId, region), {
          MultiRegionKeyType: region === WEST ? "PRIMARY" : "REPLICA",
          PrimaryKey: shown(KeyId, WEST),
          ReplicaKeys: [shown(KeyId, SOUTH), shown(KeyId, EAST)],
        });
      }
    },
  );

  rule(
    "the old and the new primary are Updating for a time, other replicas are not; then both are Enabled again",
    guide("multi-region-update", "update-primary-keystate"),
    async () => {
      const { KeyId } = await createReplicated(WEST, SOUTH);
      await update(KeyId, WEST);
      for (const region of [EAST, WEST]) {
        const { KeyState, Enabled } = await metadataOf(kms.client(region), KeyId);
        assert.deepEqual([KeyState, Enabled], ["Updating", false], region);
      }
      assert.equal(await stateOf(kms.client(SOUTH), KeyId), "Enabled");
      kms.wait(UPDATING);
      assert.equal(await stateOf(kms.client(EAST), KeyId), "Enabled");
      assert.equal(await stateOf(kms.client(WEST), KeyId), "Enabled");
    },
  );

  rule(
    "while they are Updating DescribeKey may show both the old and the new primary as replicas",
    api("UpdatePrimaryRegion"),
    async () => {
      const { KeyId } = await createReplicated(WEST);
      await update(KeyId, WEST);
      for (const region of [EAST, WEST]) {
        assert.deepEqual(await setOf(KeyId, region), {
          MultiRegionKeyType: "REPLICA",
          ReplicaKeys: [shown(KeyId, WEST), shown(KeyId, EAST)],
        });
      }
    },
  );

  rule(
    "keys that are Updating encrypt and decrypt without interruption",
    guide("multi-region-update", "update-primary-keystate"),
    async () => {
      const { KeyId } = await createReplicated(WEST);
      await update(KeyId, WEST);
      for (const [from, to] of [
        [EAST, WEST],
        [WEST, EAST],
      ] as const) {
        const Plaintext = Buffer.from(from);
        const { CiphertextBlob } = await kms.client(from).send(new EncryptCommand({ KeyId, Plaintext }));
        const opened = await kms.client(to).send(new DecryptCommand({ CiphertextBlob }));
        assert.equal(Buffer.from(opened.Plaintext!).toString(), from);
      }
    },
  );

  for (const [name, input] of [
    ["asymmetric", { KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }],
    ["HMAC", { KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" }],
  ] as const) {
    rule(
      `${name} multi-Region keys are replicated and updated, too`,
      guide("multi-region-keys-overview"),
      async () => {
        const { KeyId } = await createKey(kms.client(), { MultiRegion: true, ...input });
        await replicate(KeyId, WEST);
        assert.equal(await stateOf(kms.client(WEST), KeyId), "Enabled");
        await update(KeyId, WEST);
        kms.wait(UPDATING);
        assert.equal((await setOf(KeyId, WEST)).MultiRegionKeyType, "PRIMARY");
      },
    );
  }

  rule(
    "only a primary key can be updated, to a Region where it has a replica",
    api("UpdatePrimaryRegion"),
    async () => {
      const single = await createKey(kms.client());
      assert.deepEqual(await refusal(update(single.KeyId, WEST)), {
        name: "UnsupportedOperationException",
        message: `${single.Arn} is not a multi-region primary key.`,
        status: 400,
      });
      const { KeyId, Arn } = await createReplicated(WEST);
      assert.equal((await refusal(update(KeyId, WEST, WEST))).name, "UnsupportedOperationException");
      assert.deepEqual(await refusal(update(KeyId, SOUTH)), {
        name: "NotFoundException",
        message: `Key '${Arn.replace(EAST, SOUTH)}' does not exist`,
        status: 400,
      });
    },
  );

  guess(
    "UpdatePrimaryRegion to the Region that the primary is in is an UnsupportedOperationException",
    "AWS says only that the Region must have a replica",
    async () => {
      const { KeyId } = await createReplicated(WEST);
      assert.equal((await refusal(update(KeyId, EAST))).name, "UnsupportedOperationException");
    },
  );

  rule(
    "the replica that shall become the primary must be Enabled, too",
    guide("multi-region-update"),
    async () => {
      const { KeyId, Arn } = await createReplicated(WEST, SOUTH);
      await kms.client(WEST).send(new DisableKeyCommand({ KeyId }));
      assert.deepEqual(await refusal(update(KeyId, WEST)), {
        name: "DisabledException",
        message: `${Arn.replace(EAST, WEST)} is disabled.`,
        status: 400,
      });
      await schedule(KeyId, SOUTH);
      assert.equal((await refusal(update(KeyId, SOUTH))).name, "KMSInvalidStateException");
      const imported = await createEnabledKey(kms.client(), { MultiRegion: true });
      await replicate(imported.KeyId, WEST);
      const withoutMaterial = await refusal(update(imported.KeyId, WEST));
      assert.equal(withoutMaterial.message, `${imported.Arn.replace(EAST, WEST)} is pending import.`);
      assert.equal((await setOf(KeyId, EAST)).MultiRegionKeyType, "PRIMARY");
    },
  );

  rule(
    "independent properties stay with their keys: policy, description, aliases",
    guide("multi-region-update"),
    async () => {
      const { KeyId } = await createReplicated(WEST);
      const AliasName = "alias/stays-in-the-east";
      await kms.client().send(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId }));
      const independent = async (region: string) => {
        const { KeyMetadata } = await kms.client(region).send(new DescribeKeyCommand({ KeyId }));
        const { Policy } = await kms.client(region).send(new GetKeyPolicyCommand({ KeyId }));
        const { Aliases } = await kms.client(region).send(new ListAliasesCommand({ KeyId }));
        const { Arn, Description, CreationDate, CurrentKeyMaterialId } = KeyMetadata!;
        return { Arn, Description, CreationDate, CurrentKeyMaterialId, Policy, Aliases };
      };
      const before = [await independent(EAST), await independent(WEST)];
      await update(KeyId, WEST);
      kms.wait(UPDATING);
      assert.deepEqual([await independent(EAST), await independent(WEST)], before);
    },
  );

  rule(
    "only the new primary can be replicated from then on, the old one's Region included when it is gone",
    api("ReplicateKey"),
    async () => {
      const { KeyId } = await moved(WEST);
      assert.equal((await refusal(replicate(KeyId, SOUTH, EAST))).name, "UnsupportedOperationException");
      await replicate(KeyId, SOUTH, WEST);
      assert.equal((await refusal(replicate(KeyId, EAST, WEST))).name, "AlreadyExistsException");
      await schedule(KeyId, EAST);
      kms.waitDays(7);
      await replicate(KeyId, EAST, WEST);
      assert.equal(await stateOf(kms.client(EAST), KeyId), "Enabled");
    },
  );

  rule(
    "automatic rotation is a shared property: its schedule goes to the new primary, and is set there",
    guide("multi-region-update"),
    async () => {
      const { KeyId } = await createReplicated(WEST);
      await kms.client().send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
      const before = await statusOf(KeyId, EAST);
      await update(KeyId, WEST);
      kms.wait(UPDATING);
      for (const region of [EAST, WEST]) {
        const { KeyRotationEnabled, NextRotationDate } = await statusOf(KeyId, region);
        assert.equal(KeyRotationEnabled, true);
        assert.deepEqual(NextRotationDate, before.NextRotationDate);
      }
      const onOld = kms.client(EAST).send(new EnableKeyRotationCommand({ KeyId }));
      assert.equal((await refusal(onOld)).name, "UnsupportedOperationException");
      kms.waitDays(90);
      assert.equal((await rotationsOf(kms.client(EAST), KeyId)).length, 1);
      await kms.client(WEST).send(new RotateKeyOnDemandCommand({ KeyId }));
      assert.equal((await rotationsOf(kms.client(EAST), KeyId)).length, 2);
    },
  );

  rule(
    "the old primary can be deleted as a replica; the new one waits for it",
    guide("multi-region-keys-delete"),
    async () => {
      const { KeyId } = await moved(WEST);
      const waiting = await schedule(KeyId, WEST, 10);
      assert.equal(waiting.KeyState, "PendingReplicaDeletion");
      const replica = await schedule(KeyId, EAST, 7);
      assert.equal(replica.KeyState, "PendingDeletion");
      kms.waitDays(7);
      const alone = await metadataOf(kms.client(WEST), KeyId);
      assert.equal(alone.KeyState, "PendingDeletion");
      assert.equal(alone.DeletionDate!.getTime(), replica.DeletionDate!.getTime() + 10 * DAY);
      assert.deepEqual(alone.MultiRegionConfiguration!.ReplicaKeys, []);
    },
  );

  rule(
    "a primary that waits for its replicas' deletion can be neither replicated nor updated",
    guide("multi-region-keys-delete"),
    async () => {
      const { KeyId, Arn } = await createReplicated(WEST);
      await schedule(KeyId, EAST);
      const refused = {
        name: "KMSInvalidStateException",
        message: `${Arn} is pending replica deletion.`,
        status: 400,
      };
      assert.deepEqual(await refusal(replicate(KeyId, SOUTH)), refused);
      assert.deepEqual(await refusal(update(KeyId, WEST)), refused);
      await kms.client().send(new CancelKeyDeletionCommand({ KeyId }));
      assert.equal((await refusal(update(KeyId, WEST))).name, "DisabledException");
    },
  );

  guess(
    "DescribeKey shows PendingImport, and not Updating, where both are so",
    "AWS ranks no states",
    async () => {
      const { KeyId, material } = await createEnabledKey(kms.client(), { MultiRegion: true });
      await replicate(KeyId, WEST);
      const ValidTo = new Date(kms.now().getTime() + UPDATING / 2);
      await importMaterial(kms.client(WEST), KeyId, material, { ValidTo });
      await update(KeyId, WEST);
      assert.equal(await stateOf(kms.client(WEST), KeyId), "Updating");
      kms.wait(UPDATING / 2);
      assert.equal(await stateOf(kms.client(WEST), KeyId), "PendingImport");
      assert.equal(await stateOf(kms.client(EAST), KeyId), "Updating");
    },
  );
});
