import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  CreateKeyCommand,
  DescribeKeyCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import type { LocalKms } from "../../src/index.js";
import {
  clientFor,
  createExternalKey,
  createKey,
  EAST,
  getParameters,
  metadataOf,
  refusal,
  start,
  type TestKms,
  WEST,
} from "../support.js";

const PHRASES = [
  /^credentials are not checked/,
  /^no IAM/,
  /^no request quotas/,
  /^no eventual consistency/,
  /^tags count .* at once/,
  /^to make a replica takes 0\.2 s/,
  /^to change the primary Region takes 0\.2 s/,
  /^an on-demand rotation takes 0\.2 s/,
];

describe("local KMS: the profile aws", () => {
  let now = Date.now();
  let kms: TestKms;
  const open = async (config = {}) => {
    now = Date.now();
    const own = { replicaCreatingMillis: 3000, primaryUpdatingMillis: 3000, onDemandRotationMillis: 3000 };
    kms = await start({ config: { profile: "aws", now: () => new Date(now), ...own, ...config } });
  };
  const client = (local: LocalKms = kms, region = EAST) => {
    const { accessKeyId, secretAccessKey } = local.credentials!;
    return clientFor(local.url, region, accessKeyId, secretAccessKey);
  };
  afterEach(() => kms.close());

  it("leaves nothing lenient; without it each thing that is lenient is named", async () => {
    await open();
    assert.deepEqual(kms.leniencies, []);
    await kms.close();
    kms = await start({
      config: {
        replicaCreatingMillis: undefined,
        primaryUpdatingMillis: undefined,
        onDemandRotationMillis: undefined,
      },
    });
    assert.equal(kms.leniencies.length, PHRASES.length);
    for (const [i, phrase] of PHRASES.entries()) assert.match(kms.leniencies[i]!, phrase);
    assert.equal(kms.credentials, undefined);
  });

  for (const [settings, phrase] of [
    [{ consistency: { lagMillis: 0 } }, "no eventual consistency: every read sees every write"],
    [{ consistency: {} }, "no eventual consistency: every read sees every write"],
    [
      { consistency: { lagMillis: 1000, operations: ["ListKeys"] } },
      "only some operations lag behind writes",
    ],
    [
      { quotas: { requestsPerSecond: { CreateKey: 6 } } },
      "request quotas are higher than AWS's default ones",
    ],
    [{ quotas: { burstSeconds: 2 } }, "request quotas are higher than AWS's default ones"],
    [{ resourceQuotas: { keys: 1_000_000 } }, "resource quotas are higher than AWS's default ones"],
    [{ tagsCountAfterMillis: 1000 }, "tags count in aws:ResourceTag after 1 s"],
    [{ importKeyPool: { reuse: true } }, "wrapping keys are given out again and again"],
    [{ replicaCreatingMillis: 100 }, "to make a replica takes 0.1 s"],
  ] as const)
    it(`names what a setting beside it makes lenient: ${JSON.stringify(settings)}`, async () => {
      await open(settings);
      assert.deepEqual(kms.leniencies, [phrase]);
    });

  it("checks credentials: an unknown access key and a wrong secret are refused", async () => {
    await open();
    const { accessKeyId } = kms.credentials!;
    assert.equal((await refusal(createKey(clientFor(kms.url)))).name, "UnrecognizedClientException");
    assert.equal(
      (await refusal(createKey(clientFor(kms.url, EAST, accessKeyId, "wrong")))).name,
      "InvalidSignatureException",
    );
    const { Arn } = await createKey(client());
    assert.match(Arn, /^arn:aws:kms:us-east-1:111122223333:key\//);
  });

  it("has IAM: a key policy that does not hand over to IAM shuts its user out, and names only who exists", async () => {
    await open({ consistency: undefined });
    const policy = (principal: string) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { AWS: principal }, Action: "kms:*", Resource: "*" }],
      });
    const { KeyId } = await createKey(client());
    const put = (principal: string) =>
      client().send(
        new PutKeyPolicyCommand({ KeyId, Policy: policy(principal), BypassPolicyLockoutSafetyCheck: true }),
      );
    assert.equal(
      (await refusal(put("arn:aws:iam::111122223333:role/nobody"))).name,
      "MalformedPolicyDocumentException",
    );
    await put("arn:aws:iam::444455556666:root");
    assert.equal((await refusal(metadataOf(client(), KeyId))).name, "AccessDeniedException");
  });

  it("has quotas", async () => {
    await open({ consistency: undefined });
    const { KeyId } = await createExternalKey(client());
    const asked = await Promise.allSettled([1, 2, 3].map(() => getParameters(client(), KeyId)));
    const refused = asked.flatMap((one) => (one.status === "rejected" ? [one.reason.name] : []));
    assert.ok(refused.includes("ThrottlingException"));
  });

  it("is eventually consistent: a new key is not there at first, and a change is seen, missed once, and seen", async () => {
    await open();
    const { KeyId } = await createKey(client());
    assert.equal((await refusal(metadataOf(client(), KeyId))).name, "NotFoundException");
    now += 1000;
    await metadataOf(client(), KeyId);
    await refusal(metadataOf(client(), KeyId));
    await client().send(new UpdateKeyDescriptionCommand({ KeyId, Description: "new" }));
    const seen = async () =>
      (await client().send(new DescribeKeyCommand({ KeyId }))).KeyMetadata!.Description;
    assert.equal(await seen(), "");
    now += 1000;
    assert.deepEqual([await seen(), await seen(), await seen()], ["new", "", "new"]);
  });

  it("takes its time to make a replica", async () => {
    await open({ consistency: undefined });
    const { KeyMetadata } = await client().send(new CreateKeyCommand({ MultiRegion: true }));
    const { KeyId } = KeyMetadata!;
    await client().send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
    const state = async () => (await metadataOf(client(kms, WEST), KeyId!)).KeyState;
    assert.equal(await state(), "Creating");
    now += 3000;
    assert.equal(await state(), "Enabled");
  });

  it("lets the config's own access keys in, and no other", async () => {
    const secretAccessKey = randomBytes(30).toString("hex");
    const arn = "arn:aws:iam::444455556666:root";
    await open({ iam: { principals: [{ arn, accessKeys: [{ accessKeyId: "AKIAOWN", secretAccessKey }] }] } });
    assert.equal(kms.credentials, undefined);
    const { Arn } = await createKey(clientFor(kms.url, EAST, "AKIAOWN", secretAccessKey));
    assert.match(Arn, /:444455556666:/);
  });
});
