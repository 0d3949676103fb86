import assert from "node:assert/strict";
import {
  constants,
  createHash,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import {
  CreateAliasCommand,
  type KeySpec,
  type MessageType,
  SignCommand,
  type SignCommandInput,
  type SigningAlgorithmSpec,
  VerifyCommand,
} from "@aws-sdk/client-kms";
import { ed25519ph } from "@noble/curves/ed25519.js";
import { api, guide, rule } from "../rule.js";
import { createKey, refusal, start, type TestKms } from "../support.js";
import { createImportedPair, createPair, type Pair, privateKeyFor } from "./keyPairs.js";

const RSA: SigningAlgorithmSpec[] = [
  "RSASSA_PKCS1_V1_5_SHA_256",
  "RSASSA_PKCS1_V1_5_SHA_384",
  "RSASSA_PKCS1_V1_5_SHA_512",
  "RSASSA_PSS_SHA_256",
  "RSASSA_PSS_SHA_384",
  "RSASSA_PSS_SHA_512",
];
const ALGORITHMS: [KeySpec, SigningAlgorithmSpec[]][] = [
  ["RSA_2048", RSA],
  ["RSA_3072", RSA],
  ["RSA_4096", RSA],
  ["ECC_NIST_P256", ["ECDSA_SHA_256"]],
  ["ECC_NIST_P384", ["ECDSA_SHA_384"]],
  ["ECC_NIST_P521", ["ECDSA_SHA_512"]],
  ["ECC_SECG_P256K1", ["ECDSA_SHA_256"]],
];

const hashOf = (algorithm: string) => `sha${algorithm.slice(-3)}`;
const digest = (algorithm: string, message: Uint8Array) =>
  createHash(hashOf(algorithm)).update(message).digest();

/** How node:crypto makes and checks signatures of an algorithm: the judge here. */
function judge(algorithm: string, key: KeyObject) {
  if (!algorithm.startsWith("RSASSA_PSS")) return { key };
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

describe("local KMS: Sign and Verify", () => {
  let kms: TestKms;
  let p256: Pair;
  let ed25519: Pair;
  before(async () => {
    kms = await start();
    p256 = await createPair(kms.client(), "ECC_NIST_P256", "SIGN_VERIFY");
    ed25519 = await createPair(kms.client(), "ECC_NIST_EDWARDS25519", "SIGN_VERIFY");
  });
  after(() => kms.close());

  const signed = async (input: SignCommandInput) => {
    const { Signature } = await kms.client().send(new SignCommand(input));
    return Buffer.from(Signature!);
  };
  const verified = (input: SignCommandInput, Signature: Uint8Array) =>
    kms.client().send(new VerifyCommand({ ...input, Signature }));

  for (const [spec, algorithms] of ALGORITHMS) {
    for (const [origin, create] of [
      ["EXTERNAL", createImportedPair],
      ["AWS_KMS", createPair],
    ] as const) {
      rule(
        `signatures by ${spec} keys of origin ${origin} verify outside of KMS, and those made outside verify in it: ${algorithms.join(", ")}`,
        guide("symm-asymm-choose-key-spec"),
        async () => {
          const { KeyId, Arn, publicKey } = await create(kms.client(), spec, "SIGN_VERIFY");
          for (const SigningAlgorithm of algorithms) {
            const message = randomBytes(100);
            const hash = hashOf(SigningAlgorithm);
            for (const MessageType of ["RAW", "DIGEST"] as const) {
              const Message = MessageType === "RAW" ? message : digest(SigningAlgorithm, message);
              const input = { KeyId, SigningAlgorithm, MessageType, Message };
              const signature = await signed(input);
              const by = judge(SigningAlgorithm, publicKey);
              assert.equal(verify(hash, message, by, signature), true, `${SigningAlgorithm} ${MessageType}`);
              assert.deepEqual(strip(await verified(input, signature)), {
                KeyId: Arn,
                SignatureValid: true,
                SigningAlgorithm,
              });
              if (origin === "EXTERNAL") {
                const outside = sign(hash, message, judge(SigningAlgorithm, privateKeyFor(spec)));
                assert.equal((await verified(input, outside)).SignatureValid, true);
              }
            }
          }
        },
      ).timeout(120_000);
    }
  }

  const strip = ({ $metadata: _, ...answer }: { $metadata: unknown }) => answer;

  rule(
    "ED25519_SHA_512 signs the message itself, and its signatures verify outside of KMS",
    guide("symm-asymm-choose-key-spec", "key-spec-ecc"),
    async () => {
      const Message = randomBytes(4096);
      const input = { KeyId: ed25519.KeyId, SigningAlgorithm: "ED25519_SHA_512", Message } as const;
      const signature = await signed(input);
      assert.equal(verify(null, Message, ed25519.publicKey, signature), true);
      assert.equal((await verified(input, signature)).SignatureValid, true);
    },
  );

  rule(
    "ED25519_PH_SHA_512 hashes the digest that it gets once more, as Ed25519ph does",
    api("Sign"),
    async () => {
      const Message = createHash("sha512").update("a message").digest();
      const input = {
        KeyId: ed25519.KeyId,
        SigningAlgorithm: "ED25519_PH_SHA_512",
        MessageType: "DIGEST",
        Message,
      } as const;
      const signature = await signed(input);
      const x = Buffer.from(ed25519.publicKey.export({ format: "jwk" }).x!, "base64url");
      assert.equal(ed25519ph.verify(signature, Message, x), true);
      assert.equal((await verified(input, signature)).SignatureValid, true);
    },
  );

  rule(
    "ED25519_SHA_512 requires MessageType RAW, ED25519_PH_SHA_512 requires DIGEST",
    api("Sign"),
    async () => {
      const Message = randomBytes(64);
      for (const [SigningAlgorithm, MessageType] of [
        ["ED25519_SHA_512", "DIGEST"],
        ["ED25519_PH_SHA_512", "RAW"],
        ["ED25519_PH_SHA_512", undefined],
      ] as const) {
        const input = { KeyId: ed25519.KeyId, SigningAlgorithm, MessageType, Message };
        const answer = {
          name: "ValidationException",
          message: `Message type ${MessageType ?? "RAW"} is incompatible with algorithm ${SigningAlgorithm}.`,
          status: 400,
        };
        assert.deepEqual(await refusal(signed(input)), answer);
        assert.deepEqual(await refusal(verified(input, randomBytes(64))), answer);
      }
    },
  );

  rule("MessageType EXTERNAL_MU is for ML-DSA keys only", api("Sign"), async () => {
    const input = {
      KeyId: p256.KeyId,
      SigningAlgorithm: "ECDSA_SHA_256",
      MessageType: "EXTERNAL_MU",
      Message: randomBytes(64),
    } as const;
    assert.equal((await refusal(signed(input))).name, "ValidationException");
  });

  rule(
    "a digest is as long as the hash of the signing algorithm: 32, 48 or 64 bytes",
    api("Sign"),
    async () => {
      const rsa = await createPair(kms.client(), "RSA_2048", "SIGN_VERIFY");
      const cases: [Pair, SigningAlgorithmSpec][] = RSA.map((algorithm) => [rsa, algorithm]);
      for (const [key, algorithm] of [...cases, [p256, "ECDSA_SHA_256"] as const]) {
        const right = Number(algorithm.slice(-3)) / 8;
        for (const length of [1, 20, 31, 32, 33, 48, 64, 65].filter((length) => length !== right)) {
          const input = {
            KeyId: key.KeyId,
            SigningAlgorithm: algorithm,
            MessageType: "DIGEST" as MessageType,
            Message: randomBytes(length),
          };
          const answer = {
            name: "ValidationException",
            message: `Digest is invalid length for algorithm ${algorithm}.`,
            status: 400,
          };
          assert.deepEqual(await refusal(signed(input)), answer);
          assert.deepEqual(await refusal(verified(input, randomBytes(256))), answer);
        }
      }
      const short = {
        KeyId: ed25519.KeyId,
        SigningAlgorithm: "ED25519_PH_SHA_512",
        MessageType: "DIGEST",
        Message: randomBytes(63),
      } as const;
      assert.match((await refusal(signed(short))).message, /invalid length/);
    },
  ).timeout(60_000);

  rule("a message is at most 4096 bytes", api("Sign"), async () => {
    const input = { KeyId: p256.KeyId, SigningAlgorithm: "ECDSA_SHA_256" } as const;
    await signed({ ...input, Message: randomBytes(4096) });
    const { name } = await refusal(signed({ ...input, Message: randomBytes(4097) }));
    assert.equal(name, "ValidationException");
  });

  rule(
    "Verify answers KMSInvalidSignatureException where key, message, algorithm or signature differ",
    api("Verify"),
    async () => {
      const message = randomBytes(40);
      const rsa = await createPair(kms.client(), "RSA_2048", "SIGN_VERIFY");
      const cases: [Pair, SigningAlgorithmSpec][] = [
        [p256, "ECDSA_SHA_256"],
        [ed25519, "ED25519_SHA_512"],
        [rsa, "RSASSA_PKCS1_V1_5_SHA_256"],
        [rsa, "RSASSA_PSS_SHA_256"],
      ];
      for (const [{ KeyId, KeySpec }, SigningAlgorithm] of cases) {
        const input = { KeyId, SigningAlgorithm, Message: message };
        const signature = await signed(input);
        const changed = Buffer.from(signature);
        changed[changed.length - 1]! ^= 1;
        const twin = await createPair(kms.client(), KeySpec!, "SIGN_VERIFY");
        const wrong: Record<string, Promise<unknown>> = {
          "another message": verified({ ...input, Message: randomBytes(40) }, signature),
          "another key": verified({ ...input, KeyId: twin.KeyId }, signature),
          "a changed signature": verified(input, changed),
          "a cut off signature": verified(input, signature.subarray(0, -1)),
          "a longer signature": verified(input, Buffer.concat([signature, Buffer.alloc(1)])),
          "no signature at all": verified(input, randomBytes(signature.length)),
        };
        if (KeySpec === "RSA_2048") {
          const others = RSA.filter((algorithm) => algorithm !== SigningAlgorithm);
          for (const other of others)
            wrong[other] = verified({ ...input, SigningAlgorithm: other }, signature);
        }
        for (const [what, request] of Object.entries(wrong)) {
          assert.equal((await refusal(request)).name, "KMSInvalidSignatureException", what);
        }
      }
    },
  ).timeout(60_000);

  it("takes no PSS signature whose encoded message is not as RFC 8017 has it", async () => {
    const { KeyId, publicKey } = await createImportedPair(kms.client(), "RSA_2048", "SIGN_VERIFY");
    const padding = constants.RSA_NO_PADDING;
    const input = { KeyId, SigningAlgorithm: "RSASSA_PSS_SHA_256", Message: randomBytes(10) } as const;
    const encoded = publicDecrypt({ key: publicKey, padding }, await signed(input));
    const resigned = (change: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(encoded);
      change(bytes);
      return verified(input, privateEncrypt({ key: privateKeyFor("RSA_2048"), padding }, bytes));
    };
    await resigned(() => undefined);
    const changes: Record<string, (bytes: Buffer) => void> = {
      "the trailer": (bytes) => bytes.writeUInt8(0xcc, 255),
      "the padding": (bytes) => bytes.writeUInt8(bytes[5]! ^ 1, 5),
      "the separator": (bytes) => bytes.writeUInt8(bytes[190]! ^ 2, 190),
      "the salt": (bytes) => bytes.writeUInt8(bytes[200]! ^ 1, 200),
      "the hash": (bytes) => bytes.writeUInt8(bytes[230]! ^ 1, 230),
    };
    for (const [what, change] of Object.entries(changes))
      assert.equal((await refusal(resigned(change))).name, "KMSInvalidSignatureException", what);
  });

  it("takes no RSA signature without its leading zero", async () => {
    const { KeyId } = await createImportedPair(kms.client(), "RSA_2048", "SIGN_VERIFY");
    let Message: Buffer;
    let signature: Buffer;
    do {
      Message = randomBytes(10);
      signature = sign("sha256", Message, privateKeyFor("RSA_2048"));
    } while (signature[0] !== 0);
    const input = { KeyId, SigningAlgorithm: "RSASSA_PKCS1_V1_5_SHA_256", Message } as const;
    await verified(input, signature);
    const { name } = await refusal(verified(input, signature.subarray(1)));
    assert.equal(name, "KMSInvalidSignatureException");
  });

  it("takes no PSS signature with a salt of another length than the digest's", async () => {
    const { KeyId } = await createImportedPair(kms.client(), "RSA_2048", "SIGN_VERIFY");
    const Message = randomBytes(10);
    for (const saltLength of [0, 20, constants.RSA_PSS_SALTLEN_MAX_SIGN]) {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      const signature = sign("sha256", Message, { key: privateKeyFor("RSA_2048"), padding, saltLength });
      const request = verified({ KeyId, SigningAlgorithm: "RSASSA_PSS_SHA_256", Message }, signature);
      assert.equal((await refusal(request)).name, "KMSInvalidSignatureException");
    }
  });

  rule(
    "Sign and Verify need a key of KeyUsage SIGN_VERIFY and an algorithm of its key spec: InvalidKeyUsageException",
    api("Sign"),
    async () => {
      const symmetric = await createKey(kms.client());
      const use = { Message: Buffer.from("m"), SigningAlgorithm: "ECDSA_SHA_256" } as const;
      const message = (operation: string) =>
        `${symmetric.Arn} key usage is ENCRYPT_DECRYPT which is not valid for ${operation}.`;
      assert.deepEqual(await refusal(signed({ ...use, KeyId: symmetric.KeyId })), {
        name: "InvalidKeyUsageException",
        message: message("Sign"),
        status: 400,
      });
      const verifying = verified({ ...use, KeyId: symmetric.KeyId }, randomBytes(64));
      assert.equal((await refusal(verifying)).message, message("Verify"));
      const wrong = { ...use, KeyId: p256.KeyId, SigningAlgorithm: "ECDSA_SHA_384" } as const;
      assert.deepEqual(await refusal(signed(wrong)), {
        name: "InvalidKeyUsageException",
        message: "Algorithm ECDSA_SHA_384 is incompatible with key spec ECC_NIST_P256.",
        status: 400,
      });
    },
  );

  it("takes an alias, and does nothing in a dry run", async () => {
    const { KeyId } = p256;
    await kms.client().send(new CreateAliasCommand({ AliasName: "alias/signing", TargetKeyId: KeyId }));
    const input = {
      KeyId: "alias/signing",
      Message: Buffer.from("m"),
      SigningAlgorithm: "ECDSA_SHA_256",
    } as const;
    await verified(input, await signed(input));
    const dry = { ...input, DryRun: true };
    assert.equal((await refusal(signed(dry))).name, "DryRunOperationException");
    assert.equal((await refusal(verified(dry, randomBytes(70)))).name, "DryRunOperationException");
    const bad = { ...dry, MessageType: "DIGEST" as const };
    assert.equal((await refusal(signed(bad))).name, "ValidationException");
  });
});
