import assert from "node:assert/strict";
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  type KMSClient,
  ListResourceTagsCommand,
  ReplicateKeyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-kms";
import { guide, rule } from "../rule.js";
import { clientFor, EAST, refusal, start, type TestKms, temporaryFolder, WEST } from "../support.js";
import { allow, policy, root, user } from "./principals.js";

const MINUTE = 60_000;
const LATE = 5 * MINUTE;
const TEAM = (TagValue: string) => [{ TagKey: "Team", TagValue }];
const ofTeam = (team: string) => ({ Condition: { StringEquals: { "aws:ResourceTag/Team": team } } });

const PRINCIPALS = [
  { arn: root(), accessKeys: [{ accessKeyId: "ROOT", secretAccessKey: "s" }] },
  {
    arn: user("a"),
    accessKeys: [{ accessKeyId: "A", secretAccessKey: "s" }],
    policies: [
      policy(
        allow("kms:DescribeKey", ofTeam("a")),
        allow(["kms:CreateKey", "kms:TagResource"], {
          Condition: { StringEquals: { "aws:RequestTag/Team": "a" } },
        }),
      ),
    ],
  },
  {
    arn: user("replicator"),
    accessKeys: [{ accessKeyId: "R", secretAccessKey: "s" }],
    policies: [policy(allow("kms:ReplicateKey"), allow("kms:CreateKey", ofTeam("a")))],
  },
];

describe("local KMS: tags that count late", () => {
  let kms: TestKms;
  const clients: KMSClient[] = [];
  const as = (accessKeyId: string, region = EAST) => {
    const client = clientFor(kms.url, region, accessKeyId, "s");
    clients.push(client);
    return client;
  };
  const config = { iam: { principals: PRINCIPALS }, tagsCountAfterMillis: LATE };
  beforeEach(async () => {
    kms = await start({ config });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await kms.close();
  });
  const describeKey = (KeyId: string, region?: string) =>
    as("A", region).send(new DescribeKeyCommand({ KeyId }));
  const isDenied = async (KeyId: string, region?: string) =>
    assert.equal((await refusal(describeKey(KeyId, region))).name, "AccessDeniedException");
  const tag = (KeyId: string, team: string) =>
    as("ROOT").send(new TagResourceCommand({ KeyId, Tags: TEAM(team) }));

  rule(
    "It may take five minutes (here: as long as is configured) until a change of tags counts in aws:ResourceTag; lists show it at once",
    guide("abac"),
    async () => {
      const KeyId = (await as("ROOT").send(new CreateKeyCommand({ Tags: TEAM("b") }))).KeyMetadata!.KeyId!;
      kms.wait(LATE);
      await tag(KeyId, "a");
      const { Tags } = await as("ROOT").send(new ListResourceTagsCommand({ KeyId }));
      assert.deepEqual(Tags, TEAM("a"));
      await isDenied(KeyId);
      kms.wait(LATE);
      await describeKey(KeyId);
      await as("ROOT").send(new UntagResourceCommand({ KeyId, TagKeys: ["Team"] }));
      await describeKey(KeyId);
      kms.wait(LATE);
      await isDenied(KeyId);
    },
  );

  it("do so on a new key too, which has none before; those of the request count at once", async () => {
    const created = await as("A").send(new CreateKeyCommand({ Tags: TEAM("a") }));
    const KeyId = created.KeyMetadata!.KeyId!;
    await isDenied(KeyId);
    kms.wait(LATE);
    await describeKey(KeyId);
  });

  it("count in the order of the changes, each after its own time", async () => {
    const created = await as("ROOT").send(new CreateKeyCommand({ Tags: TEAM("a") }));
    const KeyId = created.KeyMetadata!.KeyId!;
    kms.wait(2 * MINUTE);
    await tag(KeyId, "b");
    kms.wait(2 * MINUTE);
    await tag(KeyId, "a");
    kms.wait(MINUTE);
    await describeKey(KeyId);
    kms.wait(2 * MINUTE);
    await isDenied(KeyId);
    kms.wait(2 * MINUTE);
    await describeKey(KeyId);
  });

  it("are a replica's own", async () => {
    const created = await as("ROOT").send(new CreateKeyCommand({ MultiRegion: true, Tags: TEAM("a") }));
    const KeyId = created.KeyMetadata!.KeyId!;
    kms.wait(LATE);
    await tag(KeyId, "b");
    const byTheFormerTag = as("R").send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
    assert.equal((await refusal(byTheFormerTag)).name, "AccessDeniedException");
    await as("ROOT").send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST, Tags: TEAM("a") }));
    await describeKey(KeyId);
    await isDenied(KeyId, WEST);
    kms.wait(LATE);
    await isDenied(KeyId);
    await describeKey(KeyId, WEST);
  });

  it("do so across a restart", async () => {
    const dataDir = await temporaryFolder();
    await kms.close();
    kms = await start({ config, dataDir });
    const created = await as("ROOT").send(new CreateKeyCommand({ Tags: TEAM("a") }));
    const KeyId = created.KeyMetadata!.KeyId!;
    await kms.close();
    kms = await start({ config: { ...config, now: () => new Date(Date.now() + LATE) }, dataDir });
    await tag(KeyId, "b");
    await kms.close();
    kms = await start({ config: { ...config, now: () => new Date(Date.now() + LATE + MINUTE) }, dataDir });
    await describeKey(KeyId);
  });

  it("is how it is only where it is asked for", async () => {
    await kms.close();
    kms = await start({ config: { iam: config.iam } });
    const created = await as("A").send(new CreateKeyCommand({ Tags: TEAM("a") }));
    await describeKey(created.KeyMetadata!.KeyId!);
  });
});
