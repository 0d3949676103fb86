import assert from "node:assert/strict";
import { createHmac, createPublicKey, randomBytes } from "node:crypto";
import {
  type AlgorithmSpec,
  GenerateMacCommand,
  GetParametersForImportCommand,
  type KeySpec,
  type KeyUsageType,
  type WrappingKeySpec,
} from "@aws-sdk/client-kms";
import { aeskwp } from "@noble/ciphers/aes.js";
import { importWrapped, pkcs8, privateKeyFor, publicKeyOf, wrapWithAes } from "../cryptography/keyPairs.js";
import { api, guide, rule } from "../rule.js";
import { createKey, importMaterial, refusal, start, stateOf, type TestKms } from "../support.js";

const OAEP = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"] as const;
const RSA_AES = ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"] as const;
const WRAPPING_KEYS = ["RSA_3072", "RSA_4096"] as const;

/** What GetParametersForImport's page lists for each type of key material. */
const WRAPS: [KeySpec, KeyUsageType, readonly AlgorithmSpec[]][] = [
  ["SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", OAEP],
  ["HMAC_224", "GENERATE_VERIFY_MAC", OAEP],
  ["HMAC_512", "GENERATE_VERIFY_MAC", OAEP],
  ["ECC_NIST_P256", "SIGN_VERIFY", [...OAEP, ...RSA_AES]],
  ["ECC_NIST_P384", "KEY_AGREEMENT", [...OAEP, ...RSA_AES]],
  ["ECC_SECG_P256K1", "SIGN_VERIFY", [...OAEP, ...RSA_AES]],
  ["ECC_NIST_P521", "SIGN_VERIFY", [...OAEP, ...RSA_AES]],
  ["RSA_2048", "SIGN_VERIFY", RSA_AES],
];

describe("local KMS: wrapping of key material", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  const create = async (KeySpec: KeySpec, KeyUsage: KeyUsageType, region?: string) =>
    (await createKey(kms.client(region), { KeySpec, KeyUsage, Origin: "EXTERNAL" })).KeyId;
  const parameters = (
    KeyId: string,
    WrappingAlgorithm: AlgorithmSpec,
    spec: WrappingKeySpec = "RSA_2048",
    region?: string,
  ) =>
    kms
      .client(region)
      .send(new GetParametersForImportCommand({ KeyId, WrappingAlgorithm, WrappingKeySpec: spec }));
  const materialFor = (spec: KeySpec) =>
    /HMAC|SYMMETRIC/.test(spec) ? randomBytes(spec === "HMAC_512" ? 64 : 32) : pkcs8(privateKeyFor(spec));

  for (const [KeySpec, KeyUsage, algorithms] of WRAPS) {
    rule(
      `${KeySpec} key material is wrapped by ${algorithms.join(", ")} and by nothing else`,
      api("GetParametersForImport"),
      async () => {
        const KeyId = await create(KeySpec, KeyUsage);
        const material = materialFor(KeySpec);
        for (const algorithm of [...OAEP, ...RSA_AES, "RSAES_PKCS1_V1_5", "SM2PKE"] as const) {
          if (algorithms.includes(algorithm)) {
            const spec =
              KeySpec === "ECC_NIST_P521" && algorithm.startsWith("RSAES") ? "RSA_3072" : "RSA_2048";
            await importWrapped(kms.client(), KeyId, material, algorithm, spec);
          } else {
            const ended = algorithm === "RSAES_PKCS1_V1_5" || algorithm === "SM2PKE";
            assert.equal(
              (await refusal(parameters(KeyId, algorithm))).name,
              ended ? "UnsupportedOperationException" : "ValidationException",
              algorithm,
            );
          }
        }
        assert.equal(await stateOf(kms.client(), KeyId), "Enabled");
      },
    ).timeout(60_000);
  }

  rule(
    "ECC_NIST_P521 key material cannot be wrapped by RSAES_OAEP_SHA_* with an RSA_2048 wrapping key",
    api("GetParametersForImport"),
    async () => {
      const KeyId = await create("ECC_NIST_P521", "SIGN_VERIFY");
      for (const algorithm of OAEP)
        assert.equal((await refusal(parameters(KeyId, algorithm))).name, "ValidationException");
    },
  );

  rule("SM2 wrapping keys are for the China Regions only", api("GetParametersForImport"), async () => {
    const KeyId = await create("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT");
    const request = parameters(KeyId, "RSAES_OAEP_SHA_256", "SM2");
    assert.equal((await refusal(request)).name, "UnsupportedOperationException");
  });

  rule(
    "RSA_AES_KEY_WRAP_SHA_* is not supported in the China Regions",
    guide("importing-keys-encrypt-key-material"),
    async () => {
      const KeyId = await create("ECC_NIST_P256", "SIGN_VERIFY", "cn-north-1");
      for (const algorithm of RSA_AES) {
        const request = parameters(KeyId, algorithm, "RSA_2048", "cn-north-1");
        assert.equal((await refusal(request)).name, "UnsupportedOperationException");
      }
      await parameters(KeyId, "RSAES_OAEP_SHA_256", "RSA_2048", "cn-north-1");
    },
  );

  for (const spec of WRAPPING_KEYS) {
    rule(
      `RSA_AES_KEY_WRAP with a wrapping key of ${spec}: the wrapped AES key is as long as the modulus and comes first`,
      guide("importing-keys-encrypt-key-material"),
      async () => {
        const KeyId = await create("ECC_NIST_P256", "SIGN_VERIFY");
        await importWrapped(
          kms.client(),
          KeyId,
          materialFor("ECC_NIST_P256"),
          "RSA_AES_KEY_WRAP_SHA_256",
          spec,
        );
        const shown = await publicKeyOf(kms.client(), KeyId);
        assert.equal(shown.equals(createPublicKey(privateKeyFor("ECC_NIST_P256"))), true);
      },
    ).timeout(60_000);
  }

  it("is tested with an AES key wrap that passes the test vectors of RFC 5649, section 6", () => {
    const kek = Buffer.from("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8", "hex");
    const wraps = (key: string) => Buffer.from(aeskwp(kek).encrypt(Buffer.from(key, "hex"))).toString("hex");
    assert.equal(
      wraps("c37b7e6492584340bed12207808941155068f738"),
      "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
    );
    assert.equal(wraps("466f7250617369"), "afbeb0f07dfbf5419200f2ccb50bb24f");
  });

  rule(
    "ImportKeyMaterial answers InvalidCiphertextException to what it cannot unwrap",
    api("ImportKeyMaterial"),
    async () => {
      const KeyId = await create("ECC_NIST_P256", "SIGN_VERIFY");
      const set = await parameters(KeyId, "RSA_AES_KEY_WRAP_SHA_256");
      const material = materialFor("ECC_NIST_P256");
      const whole = wrapWithAes(set.PublicKey!, material);
      const changed = Buffer.from(whole);
      changed[whole.length - 1]! ^= 1;
      const swapped = Buffer.concat([whole.subarray(256), whole.subarray(0, 256)]);
      const wrong: Record<string, Buffer> = {
        "a changed byte": changed,
        "no material": whole.subarray(0, 256),
        "a cut off end": whole.subarray(0, -8),
        "less than a modulus": whole.subarray(0, 100),
        "the other order": swapped,
        "another hash": wrapWithAes(set.PublicKey!, material, "sha1"),
        "an AES-128 key": wrapWithAes(set.PublicKey!, material, "sha256", randomBytes(16)),
        "an AES-192 key": wrapWithAes(set.PublicKey!, material, "sha256", randomBytes(24)),
      };
      for (const [what, EncryptedKeyMaterial] of Object.entries(wrong)) {
        const request = importMaterial(kms.client(), KeyId, undefined, { EncryptedKeyMaterial }, set);
        assert.equal((await refusal(request)).name, "InvalidCiphertextException", what);
      }
      await importMaterial(kms.client(), KeyId, undefined, { EncryptedKeyMaterial: whole }, set);
    },
  );

  it("works with the very bytes that were imported", async () => {
    const KeyId = await create("HMAC_256", "GENERATE_VERIFY_MAC");
    const material = randomBytes(32);
    await importMaterial(kms.client(), KeyId, material);
    const Message = Buffer.from("m");
    const request = { KeyId, Message, MacAlgorithm: "HMAC_SHA_256" } as const;
    const { Mac } = await kms.client().send(new GenerateMacCommand(request));
    assert.deepEqual(Buffer.from(Mac!), createHmac("sha256", material).update(Message).digest());
  });
});
