import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import {
  type AlgorithmSpec,
  GetParametersForImportCommand,
  GetPublicKeyCommand,
  type KeySpec,
  type KeyUsageType,
  type KMSClient,
  type WrappingKeySpec,
} from "@aws-sdk/client-kms";
import { aeskwp } from "@noble/ciphers/aes.js";
import { type CreatedKey, createKey, importMaterial, wrap } from "../support.js";

const make: Partial<Record<KeySpec, () => KeyObject>> = {
  RSA_2048: () => rsaKey(2048),
  RSA_3072: () => rsaKey(3072),
  RSA_4096: () => rsaKey(4096),
  ECC_NIST_P256: () => ecKey("P-256"),
  ECC_NIST_P384: () => ecKey("P-384"),
  ECC_NIST_P521: () => ecKey("P-521"),
  ECC_SECG_P256K1: () => ecKey("secp256k1"),
  ECC_NIST_EDWARDS25519: () => generateKeyPairSync("ed25519").privateKey,
};

export const rsaKey = (modulusLength: number) => generateKeyPairSync("rsa", { modulusLength }).privateKey;
export const ecKey = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve }).privateKey;

const made = new Map<KeySpec, KeyObject>();

/** A private key of that spec: one for the whole file, since an RSA key takes long to make. */
export function privateKeyFor(spec: KeySpec): KeyObject {
  const key = made.get(spec) ?? make[spec]!();
  made.set(spec, key);
  return key;
}

export const pkcs8 = (key: KeyObject): Buffer => key.export({ format: "der", type: "pkcs8" });

/** Wraps by RSA_AES_KEY_WRAP_SHA_*, with AES key wrap by another implementation than the local KMS's. */
export function wrapWithAes(
  publicKey: Uint8Array,
  material: Uint8Array,
  oaepHash = "sha256",
  aesKey = randomBytes(32),
): Buffer {
  return Buffer.concat([wrap(publicKey, aesKey, oaepHash), aeskwp(aesKey).encrypt(material)]);
}

/** Imports by any wrapping. */
export async function importWrapped(
  client: KMSClient,
  KeyId: string,
  material: Uint8Array,
  WrappingAlgorithm: AlgorithmSpec = "RSA_AES_KEY_WRAP_SHA_256",
  WrappingKeySpec: WrappingKeySpec = "RSA_2048",
) {
  const request = { KeyId, WrappingAlgorithm, WrappingKeySpec };
  const parameters = await client.send(new GetParametersForImportCommand(request));
  const by = WrappingAlgorithm.startsWith("RSA_AES") ? wrapWithAes : wrap;
  const hash = WrappingAlgorithm.endsWith("SHA_1") ? "sha1" : "sha256";
  const EncryptedKeyMaterial = by(parameters.PublicKey!, material, hash);
  return importMaterial(client, KeyId, undefined, { EncryptedKeyMaterial }, parameters);
}

export interface Pair extends CreatedKey {
  /** As GetPublicKey gives it. */
  readonly publicKey: KeyObject;
}

/** A key of origin EXTERNAL with the file's private key of that spec. */
export async function createImportedPair(
  client: KMSClient,
  KeySpec: KeySpec,
  KeyUsage: KeyUsageType,
): Promise<Pair> {
  const key = await createKey(client, { Origin: "EXTERNAL", KeySpec, KeyUsage });
  await importWrapped(client, key.KeyId, pkcs8(privateKeyFor(KeySpec)));
  return { ...key, publicKey: await publicKeyOf(client, key.KeyId) };
}

/** A key that KMS makes the pair of. */
export async function createPair(client: KMSClient, KeySpec: KeySpec, KeyUsage: KeyUsageType): Promise<Pair> {
  const key = await createKey(client, { KeySpec, KeyUsage });
  return { ...key, publicKey: await publicKeyOf(client, key.KeyId) };
}

export async function publicKeyOf(client: KMSClient, KeyId: string): Promise<KeyObject> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
  return readPublicKey(PublicKey!);
}

export const readPublicKey = (der: Uint8Array) =>
  createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });

export const readPrivateKey = (der: Uint8Array) =>
  createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" });
