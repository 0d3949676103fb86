import assert from "node:assert/strict";
import {
  CreateAliasCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GenerateRandomCommand,
  GetParametersForImportCommand,
  type KeySpec,
  type KeyUsageType,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  type SigningAlgorithmSpec,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import type { QuotasConfig } from "../../src/index.js";
import { quotaUses } from "../../src/quotas/uses.js";
import { Store } from "../../src/store/store.js";
import { guide, rule } from "../rule.js";
import { createKey, EAST, refusal, start, type TestKms, WEST } from "../support.js";

const REQUESTS = guide("requests-per-second", "rps-table");
const RESOURCES = guide("resource-limits");

/** So slow that a bucket does not fill again while a test runs, and with so many in it from the start. */
const only = (requests: Record<string, number>): QuotasConfig => ({
  requestsPerSecond: Object.fromEntries(
    Object.entries(requests).map(([quota, count]) => [quota, count / 1000]),
  ),
  burstSeconds: 1000,
});

describe("local KMS: request quotas", () => {
  let kms: TestKms;
  beforeEach(async () => {
    kms = await start();
  });
  afterEach(() => kms.close());

  const throttled = async (ask: () => Promise<unknown>) =>
    (await refusal(ask())).name === "ThrottlingException";

  it("are not enforced unless asked for", async () => {
    await Promise.all(Array.from({ length: 20 }, () => createKey(kms.client())));
    assert.equal(kms.quotas(), undefined);
  });

  rule(
    "a request beyond a request quota gets ThrottlingException with status 400 and has no effect",
    guide("throttling"),
    async () => {
      await kms.setQuotas(only({ CreateKey: 2 }));
      for (let i = 0; i < 2; i += 1) await createKey(kms.client());
      assert.deepEqual(await refusal(createKey(kms.client())), {
        name: "ThrottlingException",
        message: "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
        status: 400,
      });
    },
  );

  rule("each operation, account and Region has a request quota of its own", REQUESTS, async () => {
    await kms.setQuotas(only({ CreateKey: 1 }));
    const { KeyId } = await createKey(kms.client());
    assert.ok(await throttled(() => createKey(kms.client())));
    await createKey(kms.client(WEST));
    await createKey(kms.client(EAST, "444455556666"));
    await kms.client().send(new DescribeKeyCommand({ KeyId }));
  });

  rule(
    "ReplicateKey counts as one ReplicateKey in the primary's Region and two CreateKey in the replica's",
    REQUESTS,
    async () => {
      await kms.setQuotas(only({ CreateKey: 2, ReplicateKey: 2 }));
      const first = await createKey(kms.client(), { MultiRegion: true });
      const second = await createKey(kms.client(), { MultiRegion: true });
      const replicate = (KeyId: string) =>
        kms.client().send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
      await replicate(first.KeyId);
      assert.ok(await throttled(() => createKey(kms.client(WEST))));
      assert.ok(await throttled(() => replicate(second.KeyId)));
    },
  );

  rule("cryptographic operations on symmetric keys share one request quota", REQUESTS, async () => {
    const { KeyId } = await createKey(kms.client());
    await kms.setQuotas(only({ "Cryptographic operations (symmetric)": 2 }));
    const encrypt = () => kms.client().send(new EncryptCommand({ KeyId, Plaintext: Buffer.from("a") }));
    await encrypt();
    await kms.client().send(new GenerateRandomCommand({ NumberOfBytes: 1 }));
    assert.ok(await throttled(encrypt));
    await kms.client().send(new DescribeKeyCommand({ KeyId }));
  });

  rule(
    "cryptographic operations on RSA keys share a quota of their own, those on ECC keys another, and HMAC keys count as symmetric",
    REQUESTS,
    async () => {
      const client = kms.client();
      const create = (KeySpec: KeySpec, KeyUsage: KeyUsageType) => createKey(client, { KeySpec, KeyUsage });
      const rsa = await create("RSA_2048", "SIGN_VERIFY");
      const ecc = await create("ECC_NIST_P256", "SIGN_VERIFY");
      const hmac = await create("HMAC_256", "GENERATE_VERIFY_MAC");
      await client.send(new CreateAliasCommand({ AliasName: "alias/ecc", TargetKeyId: ecc.KeyId }));
      const Message = Buffer.from("a");
      const sign = (KeyId: string, SigningAlgorithm: SigningAlgorithmSpec) => () =>
        client.send(new SignCommand({ KeyId, Message, SigningAlgorithm }));
      const uses: [string, () => Promise<unknown>][] = [
        ["Cryptographic operations (RSA)", sign(rsa.Arn, "RSASSA_PKCS1_V1_5_SHA_256")],
        ["Cryptographic operations (ECC)", sign("alias/ecc", "ECDSA_SHA_256")],
        [
          "Cryptographic operations (symmetric)",
          () =>
            client.send(new GenerateMacCommand({ KeyId: hmac.KeyId, Message, MacAlgorithm: "HMAC_SHA_256" })),
        ],
      ];
      for (const [used] of uses) {
        await kms.setQuotas(only({ [used]: 1 }));
        for (const [quota, ask] of uses) {
          await ask();
          assert.equal(
            await ask().then(
              () => false,
              (error) => error.name === "ThrottlingException",
            ),
            quota === used,
          );
        }
      }
    },
  );

  rule(
    "a change of the primary Region counts as one request in each of the two Regions",
    REQUESTS,
    async () => {
      const input = { KeyId: "mrk-1", PrimaryRegion: WEST };
      const request = { operation: "UpdatePrimaryRegion", account: "111122223333", region: EAST, input };
      const uses = quotaUses(new Store([], { append: async () => {}, close: async () => {} }), request);
      assert.deepEqual(
        uses.map(({ quota, region, requests }) => [quota, region, requests]),
        [
          ["UpdatePrimaryRegion", EAST, 1],
          ["UpdatePrimaryRegion", WEST, 1],
        ],
      );
    },
  );

  rule("an account may send GetParametersForImport once a second in a Region", REQUESTS, async () => {
    await kms.setQuotas("aws");
    const begun = performance.now();
    const asked = await Promise.all(
      Array.from({ length: 10 }, () => refusal(kms.client().send(parameters()))),
    );
    const passed = asked.filter(({ name }) => name === "NotFoundException").length;
    const throttled = asked.filter(({ name }) => name === "ThrottlingException").length;
    assert.equal(passed + throttled, 10);
    assert.ok(passed >= 1 && passed <= 1 + (performance.now() - begun) / 1000, `${passed} passed`);
  });

  it("let as many through at once as burstSeconds are worth, then at the rate", async () => {
    await kms.setQuotas({ requestsPerSecond: { CreateKey: 20 }, burstSeconds: 0.2 });
    const begun = performance.now();
    for (let made = 0; made < 8; )
      made += await createKey(kms.client()).then(
        () => 1,
        () => 0,
      );
    // Four at once, and the other four at twenty a second.
    assert.ok(performance.now() - begun >= 195, `${performance.now() - begun} ms`);
  });

  it("take names of AWS's quotas, and numbers above 0", async () => {
    await assert.rejects(kms.setQuotas({ requestsPerSecond: { CreateKeys: 1 } }), {
      message:
        /^Unknown setting `CreateKeys` in `quotas\.requestsPerSecond`; known are Cryptographic operations/,
    });
    await assert.rejects(kms.setQuotas({ requestsPerSecond: { CreateKey: 0 } }), {
      message:
        "Expected `quotas.requestsPerSecond.CreateKey` to be a number of requests a second above 0, got `0`",
    });
    await assert.rejects(kms.setQuotas("azure" as "aws"), {
      message: 'Expected `quotas` to be "aws" or an object, got `"azure"`',
    });
  });
});

function parameters() {
  return new GetParametersForImportCommand({
    KeyId: "1234abcd-12ab-34cd-56ef-1234567890ab",
    WrappingAlgorithm: "RSAES_OAEP_SHA_256",
    WrappingKeySpec: "RSA_2048",
  });
}

describe("local KMS: resource quotas", () => {
  let kms: TestKms;
  beforeEach(async () => {
    kms = await start({ config: { resourceQuotas: { keys: 2, aliasesPerKey: 2 } } });
  });
  afterEach(() => kms.close());

  rule("a key beyond the quota of an account and Region gets LimitExceededException", RESOURCES, async () => {
    await createKey(kms.client());
    await createKey(kms.client());
    assert.deepEqual(await refusal(createKey(kms.client())), {
      name: "LimitExceededException",
      message: "Key quota for this account in this region is 2 but the current usage is 2.",
      status: 400,
    });
    await createKey(kms.client(EAST, "444455556666"));
    await createKey(kms.client(WEST));
  });

  rule("keys in every state count against the quota, until they are deleted", RESOURCES, async () => {
    const { KeyId } = await createKey(kms.client());
    await createKey(kms.client(), { Origin: "EXTERNAL" });
    await kms.client().send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    assert.equal((await refusal(createKey(kms.client()))).name, "LimitExceededException");
    kms.waitDays(7);
    await createKey(kms.client());
  });

  rule("a replica counts against the quota of its Region", RESOURCES, async () => {
    const { KeyId } = await createKey(kms.client(), { MultiRegion: true });
    await createKey(kms.client(WEST));
    await createKey(kms.client(WEST));
    const refused = await refusal(kms.client().send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST })));
    assert.equal(refused.name, "LimitExceededException");
  });

  rule("an alias beyond the quota of a key gets LimitExceededException", RESOURCES, async () => {
    const [{ KeyId }, other] = [await createKey(kms.client()), await createKey(kms.client())];
    const create = (AliasName: string, TargetKeyId: string) =>
      kms.client().send(new CreateAliasCommand({ AliasName, TargetKeyId }));
    await create("alias/a", KeyId);
    await create("alias/b", KeyId);
    await create("alias/c", other.KeyId);
    const message = "Aliases per key quota for this account in this region is 2, current usage is 2.";
    assert.deepEqual(await refusal(create("alias/d", KeyId)), {
      name: "LimitExceededException",
      message,
      status: 400,
    });
    const moved = await refusal(
      kms.client().send(new UpdateAliasCommand({ AliasName: "alias/c", TargetKeyId: KeyId })),
    );
    assert.equal(moved.message, message);
  });
});
