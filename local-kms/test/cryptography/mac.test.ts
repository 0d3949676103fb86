import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import {
  GenerateMacCommand,
  type KeySpec,
  type MacAlgorithmSpec,
  VerifyMacCommand,
} from "@aws-sdk/client-kms";
import { api, guide, rule } from "../rule.js";
import { createKey, getParameters, importMaterial, refusal, start, type TestKms } from "../support.js";

const SPECS: [KeySpec, MacAlgorithmSpec, string, number][] = [
  ["HMAC_224", "HMAC_SHA_224", "sha224", 28],
  ["HMAC_256", "HMAC_SHA_256", "sha256", 32],
  ["HMAC_384", "HMAC_SHA_384", "sha384", 48],
  ["HMAC_512", "HMAC_SHA_512", "sha512", 64],
];

describe("local KMS: GenerateMac and VerifyMac", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  const create = (KeySpec: KeySpec, Origin: "AWS_KMS" | "EXTERNAL" = "AWS_KMS") =>
    createKey(kms.client(), { KeySpec, KeyUsage: "GENERATE_VERIFY_MAC", Origin });
  const generate = async (
    KeyId: string,
    MacAlgorithm: MacAlgorithmSpec,
    Message: Uint8Array,
    DryRun?: true,
  ) => kms.client().send(new GenerateMacCommand({ KeyId, MacAlgorithm, Message, DryRun }));
  const check = (
    KeyId: string,
    MacAlgorithm: MacAlgorithmSpec,
    Message: Uint8Array,
    Mac: Uint8Array,
    DryRun?: true,
  ) => kms.client().send(new VerifyMacCommand({ KeyId, MacAlgorithm, Message, Mac, DryRun }));

  for (const [spec, algorithm, hash, length] of SPECS) {
    rule(
      `${algorithm} is the HMAC of RFC 2104 by a key of KeySpec ${spec}, whole`,
      api("GenerateMac"),
      async () => {
        const { KeyId, Arn } = await create(spec, "EXTERNAL");
        const material = randomBytes(length);
        await importMaterial(kms.client(), KeyId, material);
        const message = randomBytes(4096);
        const { Mac, KeyId: shown, MacAlgorithm } = await generate(KeyId, algorithm, message);
        assert.deepEqual(Buffer.from(Mac!), createHmac(hash, material).update(message).digest());
        assert.equal(shown, Arn);
        assert.equal(MacAlgorithm, algorithm);
        const verified = await check(KeyId, algorithm, message, Mac!);
        assert.equal(verified.MacValid, true);
        assert.equal(verified.KeyId, Arn);
        const own = await create(spec);
        const made = await generate(own.KeyId, algorithm, message);
        assert.equal(made.Mac!.length, length);
        await check(own.KeyId, algorithm, message, made.Mac!);
      },
    );
  }

  rule(
    "HMAC keys take material from the length of their spec to 1024 bits",
    guide("importing-keys-conceptual", "importing-keys-material-requirements"),
    async () => {
      for (const [spec, , , fewest] of SPECS) {
        const keys = await Promise.all([create(spec, "EXTERNAL"), create(spec, "EXTERNAL")]);
        for (const [i, { KeyId }] of keys.entries()) {
          const set = await getParameters(kms.client(), KeyId);
          const importing = (length: number) =>
            importMaterial(kms.client(), KeyId, randomBytes(length), {}, set);
          for (const length of [1, fewest - 1, 129]) {
            const { name } = await refusal(importing(length));
            assert.equal(name, "IncorrectKeyMaterialException", `${spec} ${length}`);
          }
          await importing([fewest, 128][i]!);
        }
      }
    },
  ).timeout(60_000);

  // The keys of RFC 4231's test cases are shorter than AWS KMS takes, or longer; those of RFC 4868, 2.7.2, fit.
  for (const [spec, algorithm, mac] of [
    ["HMAC_256", "HMAC_SHA_256", "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7"],
    [
      "HMAC_384",
      "HMAC_SHA_384",
      "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee9737a959796489bddbc4c5df61d5b3297b4fb68dab9f1b582c2",
    ],
    [
      "HMAC_512",
      "HMAC_SHA_512",
      "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8ac2878ebd5803f6f0b61dbce5e251ff8789a4722c1be65aea45fd464e89f8f5b",
    ],
  ] as const) {
    it(`passes the test vector of RFC 4868 for ${algorithm}`, async () => {
      const { KeyId } = await create(spec, "EXTERNAL");
      await importMaterial(kms.client(), KeyId, Buffer.alloc(mac.length / 2, 0x0b));
      const { Mac } = await generate(KeyId, algorithm, Buffer.from("Hi There"));
      assert.equal(Buffer.from(Mac!).toString("hex"), mac);
    });
  }

  rule(
    "VerifyMac answers KMSInvalidMacException where key, message or MAC differ",
    api("VerifyMac"),
    async () => {
      const { KeyId } = await create("HMAC_256");
      const twin = await create("HMAC_256");
      const message = randomBytes(20);
      const Mac = Buffer.from((await generate(KeyId, "HMAC_SHA_256", message)).Mac!);
      const changed = Buffer.from(Mac);
      changed[0]! ^= 1;
      for (const request of [
        check(KeyId, "HMAC_SHA_256", randomBytes(20), Mac),
        check(twin.KeyId, "HMAC_SHA_256", message, Mac),
        check(KeyId, "HMAC_SHA_256", message, changed),
        check(KeyId, "HMAC_SHA_256", message, Mac.subarray(0, 16)),
      ]) {
        assert.equal((await refusal(request)).name, "KMSInvalidMacException");
      }
    },
  );

  rule(
    "MACs need a key of KeyUsage GENERATE_VERIFY_MAC and the algorithm of its key spec: InvalidKeyUsageException",
    api("GenerateMac"),
    async () => {
      const message = Buffer.from("m");
      const symmetric = await createKey(kms.client());
      const used = await refusal(generate(symmetric.KeyId, "HMAC_SHA_256", message));
      assert.equal(used.name, "InvalidKeyUsageException");
      assert.equal(
        used.message,
        `${symmetric.Arn} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac.`,
      );
      const { KeyId } = await create("HMAC_256");
      const wrong = await refusal(check(KeyId, "HMAC_SHA_512", message, randomBytes(64)));
      assert.equal(wrong.name, "InvalidKeyUsageException");
      assert.equal(wrong.message, "Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.");
    },
  );

  it("does nothing in a dry run", async () => {
    const { KeyId } = await create("HMAC_256");
    const message = Buffer.from("m");
    assert.equal(
      (await refusal(generate(KeyId, "HMAC_SHA_256", message, true))).name,
      "DryRunOperationException",
    );
    const wrong = check(KeyId, "HMAC_SHA_256", message, randomBytes(32), true);
    assert.equal((await refusal(wrong)).name, "DryRunOperationException");
  });
});
