import assert from "node:assert/strict";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DecryptCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  ListAliasesCommand,
  ListKeysCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { api, guide, rule } from "../rule.js";
import {
  createExternalKey,
  createKey,
  metadataOf,
  refusal,
  start,
  stateOf,
  type TestKms,
  WEST,
} from "../support.js";

const DAY = 24 * 60 * 60 * 1000;

describe("local KMS: enabling, disabling and deletion", () => {
  let kms: TestKms;
  beforeEach(async () => {
    kms = await start();
  });
  afterEach(() => kms.close());

  const schedule = (KeyId: string, PendingWindowInDays?: number, region?: string) =>
    kms.client(region).send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays }));

  async function createReplicated() {
    const key = await createKey(kms.client(), { MultiRegion: true });
    await kms.client().send(new ReplicateKeyCommand({ KeyId: key.KeyId, ReplicaRegion: WEST }));
    return key;
  }

  rule(
    "DisableKey makes a key unusable for cryptographic operations, EnableKey makes it usable again",
    api("DisableKey"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      await kms.client().send(new DisableKeyCommand({ KeyId }));
      assert.equal((await metadataOf(kms.client(), KeyId)).Enabled, false);
      const using = kms.client().send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("a") }));
      assert.deepEqual(await refusal(using), {
        name: "DisabledException",
        message: `${Arn} is disabled.`,
        status: 400,
      });
      await kms.client().send(new EnableKeyCommand({ KeyId: Arn }));
      assert.equal((await metadataOf(kms.client(), KeyId)).Enabled, true);
    },
  );

  rule(
    "ScheduleKeyDeletion deletes after 30 days unless told another waiting period; DescribeKey shows the DeletionDate",
    api("ScheduleKeyDeletion"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      const answer = await schedule(KeyId);
      assert.equal(answer.KeyId, Arn);
      assert.equal(answer.KeyState, "PendingDeletion");
      assert.equal(answer.PendingWindowInDays, 30);
      assert.ok(Math.abs(answer.DeletionDate!.getTime() - Date.now() - 30 * DAY) < 10_000);
      const metadata = await metadataOf(kms.client(), KeyId);
      assert.equal(metadata.KeyState, "PendingDeletion");
      assert.equal(metadata.Enabled, false);
      assert.deepEqual(metadata.DeletionDate, answer.DeletionDate);
      assert.equal(metadata.PendingDeletionWindowInDays, undefined);
    },
  );

  rule("The waiting period of a deletion is 7 to 30 days", api("ScheduleKeyDeletion"), async () => {
    const { KeyId } = await createKey(kms.client());
    for (const days of [0, 6, 31, 366]) {
      assert.equal((await refusal(schedule(KeyId, days))).name, "ValidationException", `${days} days`);
    }
    assert.equal(
      (await refusal(schedule(KeyId, 31))).message,
      "PendingWindowInDays must be between 7 and 30",
    );
    assert.equal((await schedule(KeyId, 7)).PendingWindowInDays, 7);
  });

  rule(
    "A key that is pending deletion cannot be used, enabled, or scheduled for deletion again",
    guide("deleting-keys"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      const encrypting = new EncryptCommand({ KeyId, Plaintext: Buffer.from("a") });
      const { CiphertextBlob } = await kms.client().send(encrypting);
      await schedule(KeyId);
      const expected = {
        name: "KMSInvalidStateException",
        message: `${Arn} is pending deletion.`,
        status: 400,
      };
      assert.deepEqual(await refusal(kms.client().send(new DecryptCommand({ CiphertextBlob }))), expected);
      assert.deepEqual(await refusal(kms.client().send(new EnableKeyCommand({ KeyId }))), expected);
      assert.deepEqual(await refusal(schedule(KeyId)), expected);
    },
  );

  rule(
    "CancelKeyDeletion leaves the key Disabled; a key without its imported material is PendingImport",
    api("CancelKeyDeletion"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      await schedule(KeyId);
      await kms.client().send(new CancelKeyDeletionCommand({ KeyId }));
      const metadata = await metadataOf(kms.client(), KeyId);
      assert.equal(metadata.KeyState, "Disabled");
      assert.equal(metadata.DeletionDate, undefined);
      const empty = await createExternalKey(kms.client());
      await schedule(empty.KeyId);
      await kms.client().send(new CancelKeyDeletionCommand({ KeyId: empty.KeyId }));
      assert.equal(await stateOf(kms.client(), empty.KeyId), "PendingImport");
    },
  );

  rule(
    "CancelKeyDeletion of a key that is not pending deletion is a KMSInvalidStateException",
    api("CancelKeyDeletion"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      const answer = await refusal(kms.client().send(new CancelKeyDeletionCommand({ KeyId })));
      assert.equal(answer.name, "KMSInvalidStateException");
      assert.equal(answer.message, `${Arn} is not pending deletion.`);
    },
  );

  rule(
    "When the waiting period ends the key is deleted with all aliases that refer to it",
    api("ScheduleKeyDeletion"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      await kms.client().send(new CreateAliasCommand({ AliasName: "alias/gone", TargetKeyId: KeyId }));
      await schedule(KeyId, 7);
      kms.wait(7 * DAY - 10_000);
      assert.equal(await stateOf(kms.client(), "alias/gone"), "PendingDeletion");
      kms.wait(10_000);
      assert.deepEqual(await refusal(metadataOf(kms.client(), KeyId)), {
        name: "NotFoundException",
        message: `Key '${Arn}' does not exist`,
        status: 400,
      });
      assert.deepEqual((await kms.client().send(new ListKeysCommand({}))).Keys, []);
      assert.deepEqual((await kms.client().send(new ListAliasesCommand({}))).Aliases, []);
    },
  );

  rule(
    "A primary key with replicas is PendingReplicaDeletion, without a DeletionDate; its waiting period begins when the last replica is deleted, not just scheduled",
    api("ScheduleKeyDeletion"),
    async () => {
      const { KeyId } = await createReplicated();
      const answer = await schedule(KeyId, 10);
      assert.equal(answer.KeyState, "PendingReplicaDeletion");
      assert.equal(answer.DeletionDate, undefined);
      assert.equal(answer.PendingWindowInDays, 10);
      kms.waitDays(40);
      const waiting = await metadataOf(kms.client(), KeyId);
      assert.equal(waiting.KeyState, "PendingReplicaDeletion");
      assert.equal(waiting.PendingDeletionWindowInDays, 10);
      assert.equal(waiting.DeletionDate, undefined);
      const replica = await schedule(KeyId, 7, WEST);
      assert.equal(
        await stateOf(kms.client(), KeyId),
        "PendingReplicaDeletion",
        "a scheduled deletion is none yet",
      );
      kms.waitDays(8);
      const alone = await metadataOf(kms.client(), KeyId);
      assert.equal(alone.KeyState, "PendingDeletion");
      assert.equal(alone.DeletionDate!.getTime(), replica.DeletionDate!.getTime() + 10 * DAY);
      assert.deepEqual(alone.MultiRegionConfiguration!.ReplicaKeys, []);
      kms.waitDays(9);
      assert.equal((await refusal(metadataOf(kms.client(), KeyId))).name, "NotFoundException");
    },
  );

  it("deletes replica and primary in turn also where the clock jumps over both windows", async () => {
    const { KeyId } = await createReplicated();
    await schedule(KeyId, 7);
    await schedule(KeyId, 7, WEST);
    kms.waitDays(15);
    assert.equal((await refusal(metadataOf(kms.client(), KeyId))).name, "NotFoundException");
  });

  rule(
    "CancelKeyDeletion takes a primary key out of PendingReplicaDeletion",
    api("ScheduleKeyDeletion"),
    async () => {
      const { KeyId } = await createReplicated();
      await schedule(KeyId);
      await kms.client().send(new CancelKeyDeletionCommand({ KeyId }));
      assert.equal(await stateOf(kms.client(), KeyId), "Disabled");
    },
  );

  rule(
    "After the deletion of a key its ciphertext is an AccessDeniedException, as of any key that is not there; naming the key is a NotFoundException",
    api("Decrypt"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const encrypting = new EncryptCommand({ KeyId, Plaintext: Buffer.from("a") });
      const { CiphertextBlob } = await kms.client().send(encrypting);
      await schedule(KeyId, 7);
      kms.waitDays(7);
      const decrypting = kms.client().send(new DecryptCommand({ CiphertextBlob }));
      assert.equal((await refusal(decrypting)).name, "AccessDeniedException");
      const naming = kms.client().send(new DecryptCommand({ CiphertextBlob, KeyId }));
      assert.equal((await refusal(naming)).name, "NotFoundException");
    },
  );
});
