import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DecryptCommand,
  DeleteImportedKeyMaterialCommand,
  DisableKeyCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  ListAliasesCommand,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
  type ReplicateKeyCommandInput,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { api, guide, rule } from "../rule.js";
import {
  ACCOUNT,
  createEnabledKey,
  createExternalKey,
  createKey,
  EAST,
  getParameters,
  importMaterial,
  metadataOf,
  refusal,
  start,
  stateOf,
  type TestKms,
  WEST,
} from "../support.js";

const CREATING = 60_000;
const SOUTH = "ap-south-1";

describe("local KMS: multi-Region keys", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start({ config: { replicaCreatingMillis: CREATING } });
  });
  after(() => kms.close());

  const createPrimary = (tags = {}) => createEnabledKey(kms.client(), { MultiRegion: true, ...tags });
  const replicate = (KeyId: string, options: Partial<ReplicateKeyCommandInput> = {}) =>
    kms.client().send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST, ...options }));
  async function createReplicated() {
    const primary = await createPrimary();
    await replicate(primary.KeyId);
    kms.wait(CREATING);
    return primary;
  }
  const encrypt = async (region: string, KeyId: string, text: string) => {
    const { CiphertextBlob } = await kms
      .client(region)
      .send(new EncryptCommand({ KeyId, Plaintext: Buffer.from(text) }));
    return CiphertextBlob!;
  };
  const decrypt = async (region: string, CiphertextBlob: Uint8Array) => {
    const { Plaintext, KeyId } = await kms.client(region).send(new DecryptCommand({ CiphertextBlob }));
    return { text: Buffer.from(Plaintext!).toString(), KeyId };
  };

  rule(
    "A replica of a key with imported material is Creating at first, then PendingImport",
    api("ReplicateKey"),
    async () => {
      const { KeyId, Arn } = await createPrimary();
      const { ReplicaKeyMetadata: replica, ReplicaTags } = await replicate(KeyId);
      assert.equal(ReplicaTags, undefined);
      assert.equal(replica!.KeyState, "Creating");
      assert.equal(replica!.KeyId, KeyId);
      assert.equal(replica!.Arn, `arn:aws:kms:${WEST}:${ACCOUNT}:key/${KeyId}`);
      assert.equal(replica!.Origin, "EXTERNAL");
      assert.deepEqual(replica!.MultiRegionConfiguration, {
        MultiRegionKeyType: "REPLICA",
        PrimaryKey: { Arn, Region: EAST },
        ReplicaKeys: [{ Arn: replica!.Arn, Region: WEST }],
      });
      const importing = await refusal(getParameters(kms.client(WEST), KeyId));
      assert.equal(importing.name, "KMSInvalidStateException");
      assert.equal(importing.message, `${replica!.Arn} is creating.`);
      kms.wait(CREATING - 10_000);
      assert.equal(await stateOf(kms.client(WEST), KeyId), "Creating");
      kms.wait(CREATING);
      assert.equal(await stateOf(kms.client(WEST), KeyId), "PendingImport");
      assert.equal(await stateOf(kms.client(EAST), KeyId), "Enabled");
    },
  );

  rule("DescribeKey of the primary key shows all replica keys", api("DescribeKey"), async () => {
    const { KeyId } = await createReplicated();
    await replicate(KeyId, { ReplicaRegion: SOUTH });
    const { MultiRegionConfiguration } = await metadataOf(kms.client(), KeyId);
    assert.equal(MultiRegionConfiguration!.MultiRegionKeyType, "PRIMARY");
    assert.deepEqual(
      MultiRegionConfiguration!.ReplicaKeys!.map((key) => key.Region),
      [SOUTH, WEST],
    );
  });

  rule(
    "AWS KMS copies no imported material: a replica decrypts after its own import of the same material, and then either Region decrypts the other's ciphertext",
    guide("multi-region-keys-import"),
    async () => {
      const { KeyId, material } = await createReplicated();
      const ciphertext = await encrypt(EAST, KeyId, "over there");
      const early = await refusal(decrypt(WEST, ciphertext));
      assert.equal(early.name, "KMSInvalidStateException");
      assert.match(early.message, /^arn:aws:kms:eu-west-1:\d+:key\/mrk-[0-9a-f]+ is pending import\.$/);
      await importMaterial(kms.client(WEST), KeyId, material);
      const { text, KeyId: arn } = await decrypt(WEST, ciphertext);
      assert.equal(text, "over there");
      assert.match(arn!, /eu-west-1/);
      const back = await encrypt(WEST, KeyId, "and back");
      assert.equal((await decrypt(EAST, back)).text, "and back");
    },
  );

  rule(
    "A replica takes only the primary's key material, under the same KeyMaterialId",
    guide("multi-region-keys-import"),
    async () => {
      const { KeyId, material } = await createReplicated();
      const different = await refusal(importMaterial(kms.client(WEST), KeyId, randomBytes(32)));
      assert.equal(different.name, "IncorrectKeyMaterialException");
      assert.equal(await stateOf(kms.client(WEST), KeyId), "PendingImport");
      const { KeyMaterialId } = await importMaterial(kms.client(WEST), KeyId, material);
      assert.equal(KeyMaterialId, (await metadataOf(kms.client(EAST), KeyId)).CurrentKeyMaterialId);
    },
  );

  rule(
    "Each related key needs its own import token: the primary's does not work for a replica",
    guide("multi-region-keys-import"),
    async () => {
      const { KeyId, material } = await createReplicated();
      const parameters = await getParameters(kms.client(EAST), KeyId);
      const answer = await refusal(importMaterial(kms.client(WEST), KeyId, material, {}, parameters));
      assert.equal(answer.name, "InvalidImportTokenException");
    },
  );

  rule(
    "New key material cannot be imported into a replica; the primary's is EXISTING_KEY_MATERIAL there",
    api("ImportKeyMaterial"),
    async () => {
      const { KeyId, material } = await createReplicated();
      const fresh = importMaterial(kms.client(WEST), KeyId, material, { ImportType: "NEW_KEY_MATERIAL" });
      assert.equal((await refusal(fresh)).name, "UnsupportedOperationException");
      await importMaterial(kms.client(WEST), KeyId, material, { ImportType: "EXISTING_KEY_MATERIAL" });
    },
  );

  rule(
    "Key state, expiration and imported material of related keys are independent",
    guide("multi-region-keys-import"),
    async () => {
      const { KeyId, material } = await createReplicated();
      const ValidTo = new Date(Date.now() + 300 * 24 * 3_600_000);
      await importMaterial(kms.client(WEST), KeyId, material, { ValidTo });
      assert.equal((await metadataOf(kms.client(EAST), KeyId)).ValidTo, undefined);
      await kms.client(WEST).send(new DisableKeyCommand({ KeyId }));
      assert.equal(await stateOf(kms.client(EAST), KeyId), "Enabled");
      await kms.client(EAST).send(new DeleteImportedKeyMaterialCommand({ KeyId }));
      assert.equal(await stateOf(kms.client(EAST), KeyId), "PendingImport");
      assert.equal(await stateOf(kms.client(WEST), KeyId), "Disabled");
    },
  );

  rule(
    "A replica has the tags, policy and description of the request and none of the primary's, nor its aliases",
    api("ReplicateKey"),
    async () => {
      const primary = await createPrimary({ Tags: [{ TagKey: "a", TagValue: "1" }], Description: "primary" });
      await kms
        .client()
        .send(new CreateAliasCommand({ AliasName: "alias/of-primary", TargetKeyId: primary.KeyId }));
      const Tags = [{ TagKey: "b", TagValue: "2" }];
      const answer = await replicate(primary.KeyId, { Tags });
      assert.deepEqual(answer.ReplicaTags, Tags);
      assert.equal(answer.ReplicaKeyMetadata!.Description, "");
      const { KeyId } = primary;
      assert.deepEqual((await kms.client(WEST).send(new ListResourceTagsCommand({ KeyId }))).Tags, Tags);
      assert.equal(
        (await kms.client(WEST).send(new GetKeyPolicyCommand({ KeyId }))).Policy,
        answer.ReplicaPolicy,
      );
      assert.deepEqual((await kms.client(WEST).send(new ListAliasesCommand({ KeyId }))).Aliases, []);
    },
  );

  rule(
    "Key material of AWS KMS is copied to the replica, which decrypts the primary's ciphertext",
    guide("multi-region-keys-overview"),
    async () => {
      const { KeyId } = await createKey(kms.client(), { MultiRegion: true });
      await replicate(KeyId);
      kms.wait(CREATING);
      assert.equal(await stateOf(kms.client(WEST), KeyId), "Enabled");
      assert.equal((await decrypt(WEST, await encrypt(EAST, KeyId, "x"))).text, "x");
    },
  );

  rule(
    "Only a primary key can be replicated, to another Region of the same partition",
    api("ReplicateKey"),
    async () => {
      const single = await createEnabledKey(kms.client());
      const notPrimary = await refusal(replicate(single.KeyId));
      assert.equal(notPrimary.name, "UnsupportedOperationException");
      const { KeyId, material } = await createReplicated();
      await importMaterial(kms.client(WEST), KeyId, material);
      const fromReplica = kms.client(WEST).send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: SOUTH }));
      assert.equal((await refusal(fromReplica)).name, "UnsupportedOperationException");
      assert.equal((await refusal(replicate(KeyId, { ReplicaRegion: EAST }))).name, "ValidationException");
      assert.equal(
        (await refusal(replicate(KeyId, { ReplicaRegion: "cn-north-1" }))).name,
        "ValidationException",
      );
    },
  );

  rule("Only an Enabled primary key can be replicated", guide("key-state", "key-state-table"), async () => {
    const pending = await createExternalKey(kms.client(), { MultiRegion: true });
    const early = await refusal(replicate(pending.KeyId));
    assert.equal(early.name, "KMSInvalidStateException");
    assert.equal(early.message, `${pending.Arn} is pending import.`);
    const { KeyId, Arn } = await createPrimary();
    await kms.client().send(new DisableKeyCommand({ KeyId }));
    const disabled = await refusal(replicate(KeyId));
    assert.deepEqual(disabled, { name: "DisabledException", message: `${Arn} is disabled.`, status: 400 });
  });

  rule(
    "One replica a Region: another is an AlreadyExistsException, also while the first is pending deletion",
    api("ReplicateKey"),
    async () => {
      const { KeyId } = await createReplicated();
      assert.equal((await refusal(replicate(KeyId))).name, "AlreadyExistsException");
      await kms.client(WEST).send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
      assert.equal((await refusal(replicate(KeyId))).name, "AlreadyExistsException");
      await kms.client(WEST).send(new CancelKeyDeletionCommand({ KeyId }));
      assert.equal(await stateOf(kms.client(WEST), KeyId), "PendingImport");
    },
  );
});
