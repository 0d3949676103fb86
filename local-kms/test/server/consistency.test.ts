import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  CreateAliasCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EncryptCommand,
  type KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import { guide, rule } from "../rule.js";
import {
  createEnabledKey,
  createKey,
  importMaterial,
  metadataOf,
  refusal,
  start,
  stateOf,
  type TestKms,
  WEST,
} from "../support.js";

const EVENTUAL = guide("accessing-kms", "programming-eventual-consistency");

describe("local KMS: eventual consistency", () => {
  let kms: TestKms;
  let client: KMSClient;
  beforeEach(async () => {
    kms = await start();
    client = kms.client();
  });
  afterEach(() => kms.close());

  const descriptionOf = async (KeyId: string) => (await metadataOf(client, KeyId)).Description;
  const redescribe = (KeyId: string, Description: string) =>
    client.send(new UpdateKeyDescriptionCommand({ KeyId, Description }));

  rule("a change may take time to show in reads: a new key is not found at first", EVENTUAL, async () => {
    await kms.setConsistency({ lagMillis: 60_000 });
    const { KeyId } = await createKey(client);
    const refused = await refusal(client.send(new DescribeKeyCommand({ KeyId })));
    assert.equal(refused.name, "NotFoundException");
    assert.deepEqual((await client.send(new ListKeysCommand({}))).Keys, []);
    kms.wait(60_000);
    assert.equal(await stateOf(client, KeyId), "Enabled");
    assert.equal((await client.send(new ListKeysCommand({}))).Keys!.length, 1);
  });

  it("lags by a time of the KMS's clock, for changes of every kind", async () => {
    const { KeyId } = await createKey(client, { Description: "old" });
    await client.send(new CreateAliasCommand({ AliasName: "alias/gone", TargetKeyId: KeyId }));
    await kms.setConsistency({ lagMillis: 60_000 });
    await redescribe(KeyId, "new");
    await client.send(new DeleteAliasCommand({ AliasName: "alias/gone" }));
    await client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: "a", TagValue: "b" }] }));
    const seen = async () => [
      await descriptionOf(KeyId),
      (await client.send(new ListAliasesCommand({ KeyId }))).Aliases!.length,
      (await client.send(new ListResourceTagsCommand({ KeyId }))).Tags!.length,
    ];
    assert.deepEqual(await seen(), ["old", 1, 0]);
    kms.wait(60_000);
    assert.deepEqual(await seen(), ["new", 0, 1]);
  });

  it("lags by a number of requests in the account and Region", async () => {
    const { KeyId } = await createKey(client, { Description: "old" });
    await kms.setConsistency({ lagReads: 3 });
    await redescribe(KeyId, "new");
    await kms.client(WEST).send(new ListKeysCommand({}));
    const seen = [];
    for (let i = 0; i < 5; i += 1) seen.push(await descriptionOf(KeyId));
    assert.deepEqual(seen, ["old", "old", "old", "new", "new"]);
  });

  it("shows the changes of one key in their order", async () => {
    const { KeyId } = await createKey(client, { Description: "0" });
    await kms.setConsistency({ lagReads: 2 });
    const seen: unknown[] = [];
    for (const description of ["1", "2", "3"]) {
      await redescribe(KeyId, description);
      seen.push(await descriptionOf(KeyId));
    }
    for (let i = 0; i < 3; i += 1) seen.push(await descriptionOf(KeyId));
    assert.deepEqual(seen, [...seen].sort());
    assert.equal(seen.at(-1), "3");
  });

  it("flips back once to the state before, and then no more", async () => {
    const { KeyId } = await createKey(client, { Description: "old" });
    await kms.setConsistency({ flipBack: true });
    await redescribe(KeyId, "new");
    const seen = [];
    for (let i = 0; i < 5; i += 1) seen.push(await descriptionOf(KeyId));
    assert.deepEqual(seen, ["new", "old", "new", "new", "new"]);
    await kms.setConsistency({ lagReads: 2, flipBack: true });
    await redescribe(KeyId, "newer");
    const later = [];
    for (let i = 0; i < 6; i += 1) later.push(await descriptionOf(KeyId));
    assert.deepEqual(later, ["new", "new", "newer", "new", "newer", "newer"]);
  });

  it("lags for the named operations only", async () => {
    await kms.setConsistency({ lagMillis: 60_000, operations: ["ListAliases"] });
    const { KeyId } = await createKey(client);
    await client.send(new CreateAliasCommand({ AliasName: "alias/a", TargetKeyId: KeyId }));
    assert.equal((await metadataOf(client, "alias/a")).KeyId, KeyId);
    assert.deepEqual((await client.send(new ListAliasesCommand({}))).Aliases, []);
  });

  it("refuses a write to a key or alias that is not visible yet as not found", async () => {
    const { KeyId: old } = await createKey(client);
    await kms.setConsistency({ lagMillis: 60_000 });
    const { KeyId } = await createKey(client, { Origin: "EXTERNAL" });
    await client.send(new CreateAliasCommand({ AliasName: "alias/new", TargetKeyId: old }));
    const writes = [
      () => redescribe(KeyId, "a"),
      () => client.send(new ScheduleKeyDeletionCommand({ KeyId })),
      () => client.send(new CreateAliasCommand({ AliasName: "alias/a", TargetKeyId: KeyId })),
      () => client.send(new UpdateAliasCommand({ AliasName: "alias/new", TargetKeyId: old })),
      () => client.send(new DeleteAliasCommand({ AliasName: "alias/new" })),
    ];
    for (const write of writes) assert.equal((await refusal(write())).name, "NotFoundException");
    kms.wait(60_000);
    await client.send(new DeleteAliasCommand({ AliasName: "alias/new" }));
    await redescribe(KeyId, "a");
  });

  it("loses no update: a write works on what really is, not on what reads show", async () => {
    const { KeyId } = await createKey(client);
    const { KeyId: other } = await createKey(client);
    await kms.setConsistency({ lagMillis: 60_000 });
    const tag = (TagKey: string) =>
      client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey, TagValue: "v" }] }));
    await tag("a");
    await redescribe(KeyId, "kept");
    await tag("b");
    await client.send(new CreateAliasCommand({ AliasName: "alias/a", TargetKeyId: KeyId }));
    const again = await refusal(
      client.send(new CreateAliasCommand({ AliasName: "alias/a", TargetKeyId: other })),
    );
    assert.equal(again.name, "AlreadyExistsException");
    kms.wait(60_000);
    const { Tags } = await client.send(new ListResourceTagsCommand({ KeyId }));
    assert.deepEqual(
      Tags!.map(({ TagKey }) => TagKey),
      ["a", "b"],
    );
    assert.equal(await descriptionOf("alias/a"), "kept");
  });

  it("shows a replica late, in its own Region and in the primary's configuration, and never makes two", async () => {
    const { KeyId, material } = await createEnabledKey(client, { MultiRegion: true });
    await kms.setConsistency({ lagMillis: 60_000 });
    const replicate = () => client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
    await replicate();
    assert.equal((await refusal(replicate())).name, "AlreadyExistsException");
    assert.equal((await refusal(stateOf(kms.client(WEST), KeyId))).name, "NotFoundException");
    assert.equal((await metadataOf(client, KeyId)).MultiRegionConfiguration!.ReplicaKeys!.length, 0);
    kms.wait(60_000);
    assert.equal((await metadataOf(client, KeyId)).MultiRegionConfiguration!.ReplicaKeys!.length, 1);
    await importMaterial(kms.client(WEST), KeyId, material);
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext: randomBytes(8) }));
    kms.wait(60_000);
    await kms.client(WEST).send(new DecryptCommand({ CiphertextBlob }));
  });

  it("ends at once when it is taken away", async () => {
    await kms.setConsistency({ lagMillis: 60_000 });
    const { KeyId } = await createKey(client);
    await kms.setConsistency(undefined);
    assert.equal(await stateOf(client, KeyId), "Enabled");
  });
});
