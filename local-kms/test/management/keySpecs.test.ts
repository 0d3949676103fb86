import assert from "node:assert/strict";
import {
  CreateAliasCommand,
  type CreateKeyCommandInput,
  type KeySpec,
  type KeyUsageType,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import { api, guide, rule } from "../rule.js";
import { createKey, metadataOf, refusal, start, type TestKms } from "../support.js";

const RSA_SIGNING = [
  "RSASSA_PKCS1_V1_5_SHA_256",
  "RSASSA_PKCS1_V1_5_SHA_384",
  "RSASSA_PKCS1_V1_5_SHA_512",
  "RSASSA_PSS_SHA_256",
  "RSASSA_PSS_SHA_384",
  "RSASSA_PSS_SHA_512",
];

/** What DescribeKey lists, by key spec and usage, written out from AWS's key spec reference. */
const RSA: Partial<Record<KeyUsageType, string[]>> = {
  ENCRYPT_DECRYPT: ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
  SIGN_VERIFY: RSA_SIGNING,
};
const CATALOGUE: Partial<Record<KeySpec, Partial<Record<KeyUsageType, string[]>>>> = {
  SYMMETRIC_DEFAULT: { ENCRYPT_DECRYPT: ["SYMMETRIC_DEFAULT"] },
  HMAC_224: { GENERATE_VERIFY_MAC: ["HMAC_SHA_224"] },
  HMAC_256: { GENERATE_VERIFY_MAC: ["HMAC_SHA_256"] },
  HMAC_384: { GENERATE_VERIFY_MAC: ["HMAC_SHA_384"] },
  HMAC_512: { GENERATE_VERIFY_MAC: ["HMAC_SHA_512"] },
  RSA_2048: RSA,
  RSA_3072: RSA,
  RSA_4096: RSA,
  ECC_NIST_P256: { SIGN_VERIFY: ["ECDSA_SHA_256"], KEY_AGREEMENT: ["ECDH"] },
  ECC_NIST_P384: { SIGN_VERIFY: ["ECDSA_SHA_384"], KEY_AGREEMENT: ["ECDH"] },
  ECC_NIST_P521: { SIGN_VERIFY: ["ECDSA_SHA_512"], KEY_AGREEMENT: ["ECDH"] },
  ECC_SECG_P256K1: { SIGN_VERIFY: ["ECDSA_SHA_256"] },
  ECC_NIST_EDWARDS25519: { SIGN_VERIFY: ["ED25519_SHA_512", "ED25519_PH_SHA_512"] },
};
const SPECS = Object.keys(CATALOGUE) as KeySpec[];
const USAGES: KeyUsageType[] = [
  "ENCRYPT_DECRYPT",
  "SIGN_VERIFY",
  "GENERATE_VERIFY_MAC",
  "KEY_AGREEMENT",
  "ENCAPSULATE_DECAPSULATE",
];
const ALGORITHMS = {
  ENCRYPT_DECRYPT: "EncryptionAlgorithms",
  SIGN_VERIFY: "SigningAlgorithms",
  GENERATE_VERIFY_MAC: "MacAlgorithms",
  KEY_AGREEMENT: "KeyAgreementAlgorithms",
} as const;

const keySpecReference = guide("symm-asymm-choose-key-spec");

describe("local KMS: key specs", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());
  const create = (input: CreateKeyCommandInput) => createKey(kms.client(), input);

  for (const KeySpec of SPECS) {
    const usages = Object.keys(CATALOGUE[KeySpec]!) as (keyof typeof ALGORITHMS)[];
    rule(`a key of KeySpec ${KeySpec} can be for ${usages.join(" or ")} only`, api("CreateKey"), async () => {
      for (const KeyUsage of USAGES.filter((usage) => !usages.includes(usage as "SIGN_VERIFY"))) {
        assert.deepEqual(await refusal(create({ KeySpec, KeyUsage })), {
          name: "ValidationException",
          message: `KeyUsage ${KeyUsage} is not compatible with KeySpec ${KeySpec}`,
          status: 400,
        });
      }
    });

    for (const KeyUsage of usages) {
      const algorithms = CATALOGUE[KeySpec]![KeyUsage]!;
      rule(
        `DescribeKey lists ${algorithms.join(", ")} for a key of KeySpec ${KeySpec} and KeyUsage ${KeyUsage}`,
        keySpecReference,
        async () => {
          const Origin = KeySpec === "ECC_NIST_EDWARDS25519" ? "AWS_KMS" : "EXTERNAL";
          const { KeyId } = await create({ KeySpec, KeyUsage, Origin, MultiRegion: true });
          const { CreationDate, Arn, MultiRegionConfiguration, ...rest } = await metadataOf(
            kms.client(),
            KeyId,
          );
          assert.deepEqual(rest, {
            AWSAccountId: "111122223333",
            CustomerMasterKeySpec: KeySpec,
            Description: "",
            Enabled: Origin === "AWS_KMS",
            KeyId,
            KeyManager: "CUSTOMER",
            KeySpec,
            KeyState: Origin === "AWS_KMS" ? "Enabled" : "PendingImport",
            KeyUsage,
            MultiRegion: true,
            Origin,
            [ALGORITHMS[KeyUsage]]: algorithms,
          });
        },
      );
    }
  }

  rule(
    "CurrentKeyMaterialId is shown for symmetric encryption keys and for no other type",
    api("KeyMetadata"),
    async () => {
      assert.match((await create({})).CurrentKeyMaterialId!, /^[0-9a-f]{64}$/);
      const hmac = await create({ KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
      assert.equal(hmac.CurrentKeyMaterialId, undefined);
      const ecc = await create({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" });
      assert.equal(ecc.CurrentKeyMaterialId, undefined);
    },
  );

  rule("KeyUsage is required for all but symmetric encryption keys", api("CreateKey"), async () => {
    for (const KeySpec of SPECS.filter((spec) => spec !== "SYMMETRIC_DEFAULT")) {
      assert.deepEqual(await refusal(create({ KeySpec })), {
        name: "ValidationException",
        message: "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
        status: 400,
      });
    }
    assert.equal((await create({ KeySpec: "SYMMETRIC_DEFAULT" })).KeyUsage, "ENCRYPT_DECRYPT");
  });

  rule(
    "keys of every type can be made for imported key material, and wait for it",
    api("CreateKey"),
    async () => {
      for (const KeySpec of SPECS) {
        for (const KeyUsage of Object.keys(CATALOGUE[KeySpec]!) as KeyUsageType[]) {
          const { KeyState } = await create({ KeySpec, KeyUsage, Origin: "EXTERNAL" });
          assert.equal(KeyState, "PendingImport");
        }
      }
    },
  );

  it("says by name which key specs and origins of AWS it does not have", async () => {
    const refused: CreateKeyCommandInput[] = [
      { KeySpec: "ML_DSA_44", KeyUsage: "SIGN_VERIFY" },
      { KeySpec: "ML_DSA_65", KeyUsage: "SIGN_VERIFY" },
      { KeySpec: "ML_DSA_87", KeyUsage: "SIGN_VERIFY" },
      { KeySpec: "ML_KEM_512", KeyUsage: "ENCAPSULATE_DECAPSULATE" },
      { KeySpec: "ML_KEM_768", KeyUsage: "ENCAPSULATE_DECAPSULATE" },
      { KeySpec: "ML_KEM_1024", KeyUsage: "ENCAPSULATE_DECAPSULATE" },
      { KeySpec: "SM2", KeyUsage: "SIGN_VERIFY" },
    ];
    for (const input of refused) {
      const { name, message } = await refusal(create(input));
      assert.equal(name, "UnsupportedOperationException");
      assert.equal(message, `CreateKey with KeySpec ${input.KeySpec} is not built in this local KMS`);
    }
    for (const Origin of ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"] as const) {
      const { name, message } = await refusal(create({ Origin }));
      assert.equal(name, "UnsupportedOperationException");
      assert.match(message, new RegExp(Origin));
    }
  });

  rule(
    "UpdateAlias moves an alias only between keys of one type (symmetric, asymmetric, HMAC) and one usage",
    api("UpdateAlias"),
    async () => {
      const symmetric = await create({});
      const rsa = await create({ KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" });
      const signing = await create({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" });
      const otherSigning = await create({ KeySpec: "ECC_SECG_P256K1", KeyUsage: "SIGN_VERIFY" });
      const hmac = await create({ KeySpec: "HMAC_256", KeyUsage: "GENERATE_VERIFY_MAC" });
      const otherHmac = await create({ KeySpec: "HMAC_512", KeyUsage: "GENERATE_VERIFY_MAC" });
      let count = 0;
      const move = async (from: { KeyId: string }, to: { KeyId: string }) => {
        const AliasName = `alias/type-${count++}`;
        await kms.client().send(new CreateAliasCommand({ AliasName, TargetKeyId: from.KeyId }));
        return kms.client().send(new UpdateAliasCommand({ AliasName, TargetKeyId: to.KeyId }));
      };
      await move(signing, otherSigning);
      await move(hmac, otherHmac);
      for (const [from, to] of [
        [symmetric, rsa],
        [rsa, symmetric],
        [rsa, signing],
        [signing, hmac],
        [hmac, symmetric],
      ] as const) {
        assert.equal((await refusal(move(from, to))).name, "ValidationException");
      }
    },
  );
});
