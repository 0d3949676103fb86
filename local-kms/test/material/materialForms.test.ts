import assert from "node:assert/strict";
import {
  createECDH,
  createPublicKey,
  generateKeyPairSync,
  generatePrimeSync,
  type KeyObject,
  randomBytes,
  verify,
} from "node:crypto";
import {
  DeleteImportedKeyMaterialCommand,
  GetParametersForImportCommand,
  type KeySpec,
  type KeyUsageType,
  SignCommand,
} from "@aws-sdk/client-kms";
import {
  importWrapped,
  pkcs8,
  privateKeyFor,
  publicKeyOf,
  rsaKey,
  wrapWithAes,
} from "../cryptography/keyPairs.js";
import { api, guide, rule } from "../rule.js";
import { createKey, importMaterial, refusal, start, stateOf, type TestKms } from "../support.js";

const requirements = guide("importing-keys-conceptual", "importing-keys-material-requirements");
const ECC: [KeySpec, string][] = [
  ["ECC_NIST_P256", "P-256"],
  ["ECC_NIST_P384", "P-384"],
  ["ECC_NIST_P521", "P-521"],
  ["ECC_SECG_P256K1", "secp256k1"],
];

/** DER: a tag, the length, the contents. */
function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(body.length);
  const length =
    body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, ...size];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function integer(value: bigint): Buffer {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.length % 2 ? `0${digits}` : digits, "hex");
  return tlv(0x02, bytes[0]! & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}

/** PKCS #8 of an RSA private key of three primes: RFC 8017, A.1.2. */
function threePrimes(): Buffer {
  const e = 65537n;
  const prime = (bits: number) => generatePrimeSync(bits, { bigint: true });
  const [p, q, r] = [prime(683), prime(683), prime(682)];
  const n = p * q * r;
  if (n.toString(2).length !== 2048) return threePrimes();
  const d = inverse(e, (p - 1n) * (q - 1n) * (r - 1n));
  const third = tlv(0x30, integer(r), integer(d % (r - 1n)), integer(inverse(p * q, r)));
  const numbers = [1n, n, e, d, p, q, d % (p - 1n), d % (q - 1n), inverse(q, p)].map(integer);
  const rsaEncryption = Buffer.from("06092a864886f70d0101010500", "hex");
  const key = tlv(0x30, ...numbers, tlv(0x30, third));
  return tlv(0x30, integer(0n), tlv(0x30, rsaEncryption), tlv(0x04, key));
}

/** By the extended Euclidean algorithm. */
function inverse(of: bigint, modulus: bigint): bigint {
  let [r, next, t, factor] = [modulus, of % modulus, 0n, 1n];
  while (next > 0n) [r, next, t, factor] = [next, r % next, factor, t - (r / next) * factor];
  return ((t % modulus) + modulus) % modulus;
}

describe("local KMS: what may be imported", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  const create = async (KeySpec: KeySpec, KeyUsage: KeyUsageType = "SIGN_VERIFY") =>
    (await createKey(kms.client(), { KeySpec, KeyUsage, Origin: "EXTERNAL" })).KeyId;

  async function refused(KeyId: string, materials: Record<string, Uint8Array>): Promise<void> {
    const request = {
      KeyId,
      WrappingAlgorithm: "RSA_AES_KEY_WRAP_SHA_256",
      WrappingKeySpec: "RSA_2048",
    } as const;
    const set = await kms.client().send(new GetParametersForImportCommand(request));
    for (const [what, material] of Object.entries(materials)) {
      const EncryptedKeyMaterial = wrapWithAes(set.PublicKey!, material);
      const answer = await refusal(
        importMaterial(kms.client(), KeyId, undefined, { EncryptedKeyMaterial }, set),
      );
      assert.equal(answer.name, "IncorrectKeyMaterialException", what);
    }
    assert.equal(await stateOf(kms.client(), KeyId), "PendingImport");
  }

  async function takes(KeyId: string, material: Uint8Array, key: KeyObject): Promise<void> {
    await importWrapped(kms.client(), KeyId, material);
    assert.equal((await publicKeyOf(kms.client(), KeyId)).equals(createPublicKey(key)), true);
  }

  for (const [spec, curve] of ECC) {
    rule(
      `key material of a ${spec} key is a private key on that curve, in PKCS #8`,
      requirements,
      async () => {
        const KeyId = await create(spec);
        const others = ECC.filter(([, other]) => other !== curve);
        await refused(KeyId, {
          ...Object.fromEntries(others.map(([other]) => [other, pkcs8(privateKeyFor(other))])),
          "an RSA key": pkcs8(privateKeyFor("RSA_2048")),
          "SEC 1": privateKeyFor(spec).export({ format: "der", type: "sec1" }),
          "a public key": createPublicKey(privateKeyFor(spec)).export({ format: "der", type: "spki" }),
          PEM: Buffer.from(privateKeyFor(spec).export({ format: "pem", type: "pkcs8" })),
          "the bare number": randomBytes(32),
        });
        await takes(KeyId, pkcs8(privateKeyFor(spec)), privateKeyFor(spec));
      },
    ).timeout(60_000);
  }

  rule(
    "key material of an ECC_NIST_EDWARDS25519 key is a private key on that curve, in PKCS #8",
    api("CreateKey"),
    async () => {
      const KeyId = await create("ECC_NIST_EDWARDS25519");
      const key = privateKeyFor("ECC_NIST_EDWARDS25519");
      await refused(KeyId, {
        X25519: pkcs8(generateKeyPairSync("x25519").privateKey),
        Ed448: pkcs8(generateKeyPairSync("ed448").privateKey),
        "P-256": pkcs8(privateKeyFor("ECC_NIST_P256")),
        "a public key": createPublicKey(key).export({ format: "der", type: "spki" }),
        "the bare number": randomBytes(32),
      });
      await takes(KeyId, pkcs8(key), key);
      const Message = Buffer.from("signed by KMS, verified by node:crypto");
      const sign = new SignCommand({ KeyId, Message, SigningAlgorithm: "ED25519_SHA_512" });
      const { Signature } = await kms.client().send(sign);
      assert.equal(verify(null, Message, createPublicKey(key), Signature!), true);
    },
  );

  for (const bits of [2048, 3072, 4096]) {
    const spec = `RSA_${bits}` as KeySpec;
    rule(
      `key material of a ${spec} key is an RSA private key with a modulus of ${bits} bits, in PKCS #8`,
      requirements,
      async () => {
        const KeyId = await create(spec);
        const key = privateKeyFor(spec);
        const other = bits === 2048 ? "RSA_3072" : "RSA_2048";
        await refused(KeyId, {
          "another modulus": pkcs8(privateKeyFor(other)),
          "an EC key": pkcs8(privateKeyFor("ECC_NIST_P256")),
          "PKCS #1": key.export({ format: "der", type: "pkcs1" }),
          "an encrypted one": key.export({
            format: "der",
            type: "pkcs8",
            cipher: "aes-256-cbc",
            passphrase: "p",
          }),
          "a public key": createPublicKey(key).export({ format: "der", type: "spki" }),
          "random bytes": randomBytes(1200),
        });
        await takes(KeyId, pkcs8(key), key);
      },
    ).timeout(60_000);
  }

  rule("RSA keys of an odd modulus or restricted to RSASSA-PSS are not taken", requirements, async () => {
    const KeyId = await create("RSA_2048");
    const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey;
    await refused(KeyId, { "2056 bits": pkcs8(rsaKey(2056)), "RSASSA-PSS": pkcs8(pss) });
  }).timeout(60_000);

  rule("multi-prime RSA keys are not supported", requirements, async () => {
    const KeyId = await create("RSA_2048");
    await refused(KeyId, { "three primes": threePrimes() });
  });

  it("takes no RSA key whose numbers do not fit each other", async () => {
    const KeyId = await create("RSA_2048");
    const der = pkcs8(privateKeyFor("RSA_2048"));
    const jwk = privateKeyFor("RSA_2048").export({ format: "jwk" });
    const changed: Record<string, Buffer> = {};
    for (const name of ["d", "p", "q", "dp", "dq", "qi"]) {
      const number = Buffer.from(jwk[name] as string, "base64url");
      const at = der.lastIndexOf(number);
      const bytes = Buffer.from(der);
      bytes[at + number.length - 1]! ^= 2;
      changed[name] = bytes;
    }
    const exponent = Buffer.from("0203010001", "hex");
    changed.e = Buffer.from(der);
    changed.e[der.indexOf(exponent) + 4]! ^= 2;
    await refused(KeyId, changed);
  });

  rule("ECC keys with explicit curve parameters are rejected: named curves only", requirements, async () => {
    const KeyId = await create("ECC_NIST_P256");
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding: "explicit" });
    await refused(KeyId, { explicit: pkcs8(privateKey) });
  });

  /** PKCS #8 of a P-256 private key by hand: without a public point, or with any. */
  function p256(scalar: Buffer, point?: Buffer): Buffer {
    const ecPublicKey = Buffer.from("06072a8648ce3d0201", "hex");
    const prime256v1 = Buffer.from("06082a8648ce3d030107", "hex");
    const publicPart = point ? [tlv(0xa1, tlv(0x03, Buffer.from([0]), point))] : [];
    const inner = tlv(0x30, Buffer.from("020101", "hex"), tlv(0x04, scalar), ...publicPart);
    return tlv(0x30, Buffer.from("020100", "hex"), tlv(0x30, ecPublicKey, prime256v1), tlv(0x04, inner));
  }

  const scalarOf = (key: KeyObject) => Buffer.from(key.export({ format: "jwk" }).d!, "base64url");

  rule(
    "the public point may be compressed, uncompressed or left out: it is derived from the private key",
    requirements,
    async () => {
      const key = privateKeyFor("ECC_NIST_P256");
      const pair = createECDH("prime256v1");
      pair.setPrivateKey(scalarOf(key));
      const KeyId = await create("ECC_NIST_P256");
      const encodings = [
        p256(scalarOf(key), pair.getPublicKey(null, "compressed")),
        p256(scalarOf(key), pair.getPublicKey()),
        p256(scalarOf(key)),
        pkcs8(key),
      ];
      for (const material of encodings) await takes(KeyId, material, key);
      const stranger = createECDH("prime256v1");
      await takes(KeyId, p256(scalarOf(key), stranger.generateKeys()), key);
    },
  );

  rule("key material may be BER-encoded", requirements, async () => {
    const key = privateKeyFor("ECC_NIST_P256");
    const KeyId = await create("ECC_NIST_P256");
    const der = pkcs8(key);
    // The outer SEQUENCE with an indefinite length: 30 80 … 00 00.
    const indefinite = Buffer.concat([Buffer.from("3080", "hex"), der.subarray(3), Buffer.alloc(2)]);
    await takes(KeyId, indefinite, key);
  });

  it("takes no scalar that is no private key of the curve", async () => {
    const KeyId = await create("ECC_NIST_P256");
    await refused(KeyId, { zero: p256(Buffer.alloc(32)), "all ones": p256(Buffer.alloc(32, 0xff)) });
  });

  rule(
    "ImportType, KeyMaterialDescription and KeyMaterialId are for symmetric encryption keys only",
    api("ImportKeyMaterial"),
    async () => {
      const KeyId = await create("HMAC_256", "GENERATE_VERIFY_MAC");
      for (const option of [
        { ImportType: "NEW_KEY_MATERIAL" },
        { ImportType: "EXISTING_KEY_MATERIAL" },
        { KeyMaterialDescription: "d" },
        { KeyMaterialId: "0".repeat(64) },
      ] as const) {
        const request = importMaterial(kms.client(), KeyId, randomBytes(32), option);
        assert.equal((await refusal(request)).name, "UnsupportedOperationException");
      }
      await importMaterial(kms.client(), KeyId, randomBytes(32));
    },
  );

  rule(
    "key material of an HMAC key cannot be changed, only imported again",
    api("ImportKeyMaterial"),
    async () => {
      const KeyId = await create("HMAC_256", "GENERATE_VERIFY_MAC");
      const material = randomBytes(32);
      const { KeyMaterialId } = await importMaterial(kms.client(), KeyId, material);
      assert.equal(KeyMaterialId, undefined);
      const other = importMaterial(kms.client(), KeyId, randomBytes(32));
      assert.equal((await refusal(other)).name, "IncorrectKeyMaterialException");
      await importMaterial(kms.client(), KeyId, material);
      const deleted = await kms.client().send(new DeleteImportedKeyMaterialCommand({ KeyId }));
      assert.equal(deleted.KeyMaterialId, undefined);
    },
  );

  it("never repeats material in a refusal", async () => {
    const KeyId = await create("ECC_NIST_P256");
    const material = privateKeyFor("ECC_NIST_P256").export({ format: "der", type: "sec1" });
    const { message } = await refusal(importWrapped(kms.client(), KeyId, material));
    assert.equal(message, "The key material is not valid for a KMS key of KeySpec ECC_NIST_P256");
  });
});
