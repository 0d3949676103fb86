import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import sinon from "sinon";
import { isKeymgmtError } from "../../../provider/errors";
import { keyCheckValue } from "../../../provider/keys/keyCheckValue";
import { AES_256, findKeyType, KEY_TYPES, keyTypeOf, usageFor } from "../../../provider/keys/keyTypes";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import schema from "../../../schema.json";
import { checked, mistakesOf } from "../resources/goodInputs";

describe("the table of key types", () => {
  afterEach(() => sinon.restore());

  it("has the types that schema.json names, and its default among them", () => {
    const names = schema.types["keymgmt:index:KeyType"].enum.map(({ value }) => value);
    assert.deepEqual(
      KEY_TYPES.map(({ name }) => name),
      names,
    );
    const { default: byDefault } = schema.resources["keymgmt:index:ManagedKey"].inputProperties.type;
    assert.ok(findKeyType(byDefault));
  });

  it("has the purposes that schema.json names, and no other", () => {
    const purposes = KEY_TYPES.flatMap(({ usages }) => usages.flatMap((usage) => usage.purposes));
    const named = schema.types["keymgmt:index:Purpose"].enum.map(({ value }) => value);
    assert.deepEqual([...new Set(purposes)].sort(), named.sort());
  });

  it("finds a type by its name alone: not by what is unknown, and not by what an object inherits", () => {
    for (const name of [undefined, null, UNKNOWN, "", "toString", "AES256-GCM96", ["aes256-gcm96"]])
      assert.equal(findKeyType(name), undefined, String(name));
    assert.equal(keyTypeOf("aes256-gcm96"), AES_256);
  });

  it("refuses a type of a later release, without repeating what a state says", () => {
    assert.throws(
      () => keyTypeOf("secret"),
      (error: Error) => isKeymgmtError(error, "InvalidInput") && !error.message.includes("secret"),
    );
  });

  for (const type of KEY_TYPES)
    describe(`has a row for ${type.name}, in which`, () => {
      const { material } = type;

      it("generated material can be stored and read back", async () => {
        const made = await material.generate();
        assert.deepEqual(material.fromJwk(material.toJwk(made)), made);
      });

      it("stored material is what its owner may give", async () => {
        const made = await material.generate();
        assert.deepEqual(material.parse(JSON.stringify(material.toJwk(made))), { material: made });
      });

      it("two materials have two identities, and one has always the same", async () => {
        const [one, two] = [await material.generate(), await material.generate()];
        assert.notDeepEqual(type.identityOf(one), type.identityOf(two));
        assert.deepEqual(type.identityOf(one), type.identityOf(Buffer.from(one)));
      });

      it("material is wrapped to the keys that AWS gives out", async () => {
        const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 3072 });
        const wrapped = type.wrapping.wrap(await material.generate(), publicKey);
        assert.ok(wrapped.length >= 3072 / 8);
      });

      it("each set of purposes has one usage, in any order, and no part of it has", () => {
        for (const usage of type.usages) {
          assert.equal(usageFor(type, [...usage.purposes].reverse()), usage);
          for (const purpose of usage.purposes) {
            if (usage.purposes.length > 1) assert.equal(usageFor(type, [purpose]), undefined);
            assert.equal(usageFor(type, [...usage.purposes, purpose]), undefined);
          }
        }
      });
    });

  describe("says of aes256-gcm96 that", () => {
    const { keySpec, usages, wrapping, cannot, material } = AES_256;

    it("its KMS keys are SYMMETRIC_DEFAULT, for encrypt and decrypt", () => {
      assert.equal(keySpec, "SYMMETRIC_DEFAULT");
      assert.deepEqual(usages, [{ keyUsage: "ENCRYPT_DECRYPT", purposes: ["encrypt", "decrypt"] }]);
    });

    it("its material has 32 bytes, which its key check value names", async () => {
      const made = await material.generate();
      assert.equal(made.length, 32);
      assert.equal(AES_256.identityOf(made).kcv, keyCheckValue(made));
    });

    it("its material is a symmetric JWK for A256GCM (RFC 7518, 6.4), and of no other length", () => {
      const { kty, alg } = material.toJwk(Buffer.alloc(32, 1));
      assert.deepEqual({ kty, alg }, { kty: "oct", alg: "A256GCM" });
      for (const length of [0, 16, 31, 33])
        assert.equal(material.fromJwk(material.toJwk(Buffer.alloc(length, 1))), undefined);
      assert.equal(material.fromJwk({ ...material.toJwk(Buffer.alloc(32, 1)), kty: "RSA" }), undefined);
    });

    it("it is wrapped by RSAES_OAEP_SHA_256", () => assert.equal(wrapping.algorithm, "RSAES_OAEP_SHA_256"));

    it("AWS does all with it but in its Regions of China", () => {
      assert.deepEqual(Object.keys(cannot), ["inChina"]);
    });
  });

  describe("says what AWS documents of each type", () => {
    const ENCRYPTION = { keyUsage: "ENCRYPT_DECRYPT", purposes: ["encrypt", "decrypt"] };
    const SIGNING = { keyUsage: "SIGN_VERIFY", purposes: ["sign", "verify"] };
    const AGREEMENT = { keyUsage: "KEY_AGREEMENT", purposes: ["keyAgreement"] };
    const MAC = { keyUsage: "GENERATE_VERIFY_MAC", purposes: ["generateMac", "verifyMac"] };
    const OAEP = "RSAES_OAEP_SHA_256";
    const AES_WRAP = "RSA_AES_KEY_WRAP_SHA_256";

    // KeySpec, KeyUsage: https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
    // WrappingAlgorithm, WrappingKeySpec: https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html
    const documented: [string, string, object[], string, string[]?][] = [
      ["aes256-gcm96", "SYMMETRIC_DEFAULT", [ENCRYPTION], OAEP],
      ["rsa-2048", "RSA_2048", [SIGNING, ENCRYPTION], AES_WRAP],
      ["rsa-3072", "RSA_3072", [SIGNING, ENCRYPTION], AES_WRAP],
      ["rsa-4096", "RSA_4096", [SIGNING, ENCRYPTION], AES_WRAP],
      ["ecdsa-p256", "ECC_NIST_P256", [SIGNING, AGREEMENT], OAEP],
      ["ecdsa-p384", "ECC_NIST_P384", [SIGNING, AGREEMENT], OAEP],
      ["ecdsa-p521", "ECC_NIST_P521", [SIGNING, AGREEMENT], OAEP, ["RSA_2048"]],
      ["ecdsa-secp256k1", "ECC_SECG_P256K1", [SIGNING], OAEP],
      ["ed25519", "ECC_NIST_EDWARDS25519", [SIGNING], OAEP],
      ["hmac-sha224", "HMAC_224", [MAC], OAEP],
      ["hmac-sha256", "HMAC_256", [MAC], OAEP],
      ["hmac-sha384", "HMAC_384", [MAC], OAEP],
      ["hmac-sha512", "HMAC_512", [MAC], OAEP],
    ];

    it("its KeySpec, its usages with the default first, and how its material is wrapped", () => {
      const rows = KEY_TYPES.map(({ name, keySpec, usages, wrapping: { algorithm, tooShort } }) => [
        name,
        keySpec,
        usages,
        algorithm,
        ...(tooShort ? [tooShort] : []),
      ]);
      assert.deepEqual(rows, documented);
    });

    it("only symmetric encryption keys take several materials, and are rotated on demand", () => {
      // https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html and API_ImportKeyMaterial.html
      for (const { name, hasSeveralMaterials, cannot } of KEY_TYPES) {
        assert.equal(hasSeveralMaterials, name === "aes256-gcm96", name);
        assert.equal(cannot.rotateOnDemand === undefined, name === "aes256-gcm96", name);
      }
    });

    it("its China Regions have no RSA_AES_KEY_WRAP, and symmetric keys of 128 bits", () => {
      const not = KEY_TYPES.filter(({ cannot }) => cannot.inChina).map(({ name }) => name);
      assert.deepEqual(not, ["aes256-gcm96", "rsa-2048", "rsa-3072", "rsa-4096"]);
    });

    it("a preview refuses Ed25519, which AWS's list for imported key material does not have", async () => {
      // https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-conceptual.html#importing-keys-material-requirements
      const not = KEY_TYPES.filter(({ cannot }) => cannot.import).map(({ name }) => name);
      assert.deepEqual(not, ["ed25519"]);
      const mistakes = await mistakesOf("ManagedKey", { type: "ed25519", material: undefined });
      assert.match(
        mistakes.join(),
        /Expected another `type` for key "orders" of type ed25519: not documented by AWS/,
      );
    });

    it("every type may expire, and have replicas in other Regions", () => {
      // https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
      for (const { name, cannot } of KEY_TYPES)
        assert.deepEqual([cannot.expire, cannot.multiRegion], [undefined, undefined], name);
    });
  });

  describe("is asked by check", () => {
    const why = "AWS KMS does not do that";
    const of = `key "orders" of type aes256-gcm96: ${why}.`;

    for (const [ability, resource, asking, plain, expected] of [
      [
        "multiRegion",
        "ManagedKey",
        { replicaRegions: ["eu-west-1"] },
        { replicaRegions: [] },
        "no `replicaRegions`",
      ],
      ["expire", "KeyDistribution", { validFor: "90d" }, {}, "no `validFor`"],
      [
        "rotateOnDemand",
        "KeyDistribution",
        { rotationStrategy: "on-demand" },
        {},
        '`rotationStrategy` "manual"',
      ],
    ] as const)
      it(`what a type cannot do is refused with the reason, where it is asked for: ${ability}`, async () => {
        assert.deepEqual(await mistakesOf(resource, asking), []);
        sinon.stub(AES_256, "cannot").value({ [ability]: why });
        assert.deepEqual(await mistakesOf(resource, asking), [`Expected ${expected} for ${of}`]);
        assert.deepEqual(await mistakesOf(resource, plain), []);
      });

    it("what a key is for where its program says nothing: the type's first usage", async () => {
      const signing = { keyUsage: "SIGN_VERIFY", purposes: ["verify", "sign"] };
      sinon.stub(AES_256, "usages").value([signing, ...AES_256.usages]);
      const { purpose } = await checked("KeyDistribution", { purpose: undefined });
      assert.deepEqual(purpose, ["sign", "verify"]);
    });

    it("nothing while the type is not known: what the key is for is then not known either", async () => {
      const inputs = { purpose: undefined, "key.type": UNKNOWN };
      assert.equal((await checked("KeyDistribution", inputs)).purpose, UNKNOWN);
      assert.deepEqual(await mistakesOf("KeyDistribution", inputs), []);
    });

    it("a purpose that the type does not have is refused with those that it has", async () => {
      const usages = [
        { keyUsage: "SIGN_VERIFY", purposes: ["sign", "verify"] },
        { keyUsage: "ENCRYPT_DECRYPT", purposes: ["encrypt", "decrypt"] },
      ];
      sinon.stub(AES_256, "usages").value(usages);
      assert.deepEqual(await mistakesOf("KeyDistribution"), []);
      assert.deepEqual(await mistakesOf("KeyDistribution", { purpose: ["encrypt"] }), [
        'Expected `purpose` to be ["sign", "verify"] or ["encrypt", "decrypt"], which is what a key of type aes256-gcm96 is for in AWS KMS; what came is another list.',
      ]);
    });
  });
});
