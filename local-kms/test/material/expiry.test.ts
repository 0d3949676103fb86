import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  CancelKeyDeletionCommand,
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { api, guess, guide, rule } from "../rule.js";
import {
  createExternalKey,
  EAST,
  importer,
  metadataOf,
  refusal,
  start,
  stateOf,
  type TestKms,
  WEST,
} from "../support.js";

const DAY = 24 * 3_600_000;

describe("local KMS: expiry of imported key material", () => {
  let kms: TestKms;
  let importing: ReturnType<typeof importer>;
  before(async () => {
    kms = await start();
    importing = importer(kms);
  });
  after(() => kms.close());

  /** A date that AWS's seconds hold. */
  const inDays = (days: number) => new Date(Math.floor(kms.now().getTime() / 1000) * 1000 + days * DAY);

  async function createExpiring(days: number, MultiRegion = false) {
    const { KeyId } = await createExternalKey(kms.client(), { MultiRegion });
    const material = randomBytes(32);
    const ValidTo = inDays(days);
    await importing(KeyId, material, { ValidTo });
    return { KeyId, material, ValidTo };
  }
  const expiryOf = async (KeyId: string, region = EAST) => {
    const { ExpirationModel, ValidTo } = await metadataOf(kms.client(region), KeyId);
    return [ExpirationModel, ValidTo];
  };

  rule("ValidTo is at most 365 days from the request, to the moment", api("ImportKeyMaterial"), async () => {
    const { KeyId, material } = await createExpiring(10);
    await importing(KeyId, material, { ValidTo: new Date(kms.now().getTime() + 365 * DAY - 60_000) });
    const late = importing(KeyId, material, { ValidTo: new Date(kms.now().getTime() + 365 * DAY + 60_000) });
    assert.equal((await refusal(late)).name, "ValidationException");
  });

  rule(
    "a reimport sets, moves or ends the expiration; one that is refused changes nothing",
    guide("importing-keys-import-key-material", "importing-keys-expiration"),
    async () => {
      const { KeyId, material, ValidTo } = await createExpiring(10);
      assert.deepEqual(await expiryOf(KeyId), ["KEY_MATERIAL_EXPIRES", ValidTo]);
      await refusal(importing(KeyId, randomBytes(32)));
      assert.deepEqual(await expiryOf(KeyId), ["KEY_MATERIAL_EXPIRES", ValidTo]);
      const later = inDays(20);
      await importing(KeyId, material, { ValidTo: later });
      assert.deepEqual(await expiryOf(KeyId), ["KEY_MATERIAL_EXPIRES", later]);
      kms.waitDays(11);
      assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
      await importing(KeyId, material);
      assert.deepEqual(await expiryOf(KeyId), ["KEY_MATERIAL_DOES_NOT_EXPIRE", undefined]);
      kms.waitDays(10);
      assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
    },
  );

  rule(
    "a key whose material expired encrypts and decrypts nothing until the same material is imported again",
    guide("importing-keys-import-key-material", "importing-keys-expiration"),
    async () => {
      const { KeyId, material } = await createExpiring(10);
      const Plaintext = Buffer.from("text");
      const { CiphertextBlob } = await kms.client().send(new EncryptCommand({ KeyId, Plaintext }));
      const decrypting = () => kms.client().send(new DecryptCommand({ CiphertextBlob }));
      kms.waitDays(10);
      for (const using of [decrypting(), kms.client().send(new EncryptCommand({ KeyId, Plaintext }))]) {
        assert.equal((await refusal(using)).name, "KMSInvalidStateException");
      }
      const different = await refusal(importing(KeyId, randomBytes(32)));
      assert.equal(different.name, "IncorrectKeyMaterialException");
      await importing(KeyId, material);
      assert.equal(Buffer.from((await decrypting()).Plaintext!).toString(), "text");
    },
  );

  rule("related keys expire each for itself", guide("multi-region-keys-import"), async () => {
    const { KeyId, material } = await createExpiring(10, true);
    await kms.client().send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
    const ValidTo = inDays(20);
    await importing(KeyId, material, { ValidTo }, WEST);
    kms.waitDays(10);
    assert.equal(await stateOf(kms.client(EAST), KeyId), "PendingImport");
    assert.equal(await stateOf(kms.client(WEST), KeyId), "Enabled");
    assert.deepEqual(await expiryOf(KeyId, WEST), ["KEY_MATERIAL_EXPIRES", ValidTo]);
    kms.waitDays(10);
    assert.equal(await stateOf(kms.client(WEST), KeyId), "PendingImport");
  });

  rule(
    "a disabled key whose material expires is PendingImport, and Enabled when it is imported again",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId, material } = await createExpiring(10);
      await kms.client().send(new DisableKeyCommand({ KeyId }));
      kms.waitDays(10);
      assert.equal(await stateOf(kms.client(), KeyId), "PendingImport");
      const enabling = kms.client().send(new EnableKeyCommand({ KeyId }));
      assert.equal((await refusal(enabling)).name, "KMSInvalidStateException");
      await importing(KeyId, material);
      assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
    },
  );

  rule(
    "material that goes while its key is pending deletion leaves the key so",
    api("DeleteImportedKeyMaterial"),
    async () => {
      const { KeyId } = await createExpiring(10);
      await kms.client().send(new ScheduleKeyDeletionCommand({ KeyId }));
      await kms.client().send(new DeleteImportedKeyMaterialCommand({ KeyId }));
      assert.equal(await stateOf(kms.client(), KeyId), "PendingDeletion");
      const expiring = await createExpiring(10);
      await kms.client().send(new ScheduleKeyDeletionCommand({ KeyId: expiring.KeyId }));
      kms.waitDays(10);
      assert.equal(await stateOf(kms.client(), expiring.KeyId), "PendingDeletion");
    },
  );

  guess(
    "CancelKeyDeletion of a key without material leaves it PendingImport, not Disabled",
    "AWS says that a key whose deletion is cancelled is Disabled, and that one without material is PendingImport",
    async () => {
      const { KeyId, material } = await createExpiring(10);
      await kms.client().send(new ScheduleKeyDeletionCommand({ KeyId }));
      kms.waitDays(10);
      await kms.client().send(new CancelKeyDeletionCommand({ KeyId }));
      assert.equal(await stateOf(kms.client(), KeyId), "PendingImport");
      await importing(KeyId, material);
      assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
    },
  );
});
