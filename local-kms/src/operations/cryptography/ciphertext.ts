import { createPublicKey } from "node:crypto";
import type { EncryptionAlgorithmSpec } from "@aws-sdk/client-kms";
import { accessDenied, KmsError, validation } from "../../api/errors.js";
import {
  decryptEnvelope,
  type EncryptionContext,
  encryptEnvelope,
  parseEnvelope,
} from "../../crypto/envelope.js";
import { type OaepHash, oaepDecrypt, oaepEncrypt, oaepMostBytes } from "../../crypto/oaep.js";
import { authorizeKey, type Use } from "../../iam/authorize.js";
import { bytesOf, privateKeyOf } from "../../keys/material/presentMaterial.js";
import type { KeyRecord } from "../../keys/record.js";
import { type Located, locateKey, requireState } from "../../keys/resolve.js";
import { specOf } from "../../keys/specs.js";
import { currentMaterial } from "../../keys/state.js";
import { requireAlgorithm, requireUsage } from "../../keys/usage.js";
import type { Call } from "../call.js";

const OAEP_HASHES: Partial<Record<EncryptionAlgorithmSpec, OaepHash>> = {
  RSAES_OAEP_SHA_1: "sha1",
  RSAES_OAEP_SHA_256: "sha256",
};

/** What a request says of its key, its algorithm and its context, to encrypt or to decrypt. */
export interface Request {
  readonly keyId: string | undefined;
  readonly algorithm: EncryptionAlgorithmSpec | undefined;
  readonly context: EncryptionContext | undefined;
  /** The permission that it needs on the key, where that is not the operation's. */
  readonly use?: (key: KeyRecord) => Use;
}

function authorized(call: Call, { key, requestAlias }: Located, { use }: Request): KeyRecord {
  authorizeKey(call, key, { ...use?.(key), requestAlias });
  return key;
}

const namedKey = (call: Call, keyId: string, request: Request) =>
  authorized(call, locateKey(call, keyId, "keys and aliases"), request);

/** A key that may encrypt by an algorithm. */
export interface Encrypting {
  readonly key: KeyRecord;
  readonly algorithm: EncryptionAlgorithmSpec;
  readonly context: EncryptionContext | undefined;
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html: key, algorithm, context and length fit each other. */
export function readEncrypting(call: Call, request: Request, plaintext: Uint8Array): Encrypting {
  const key = namedKey(call, request.keyId!, request);
  requireState(call, key);
  const algorithm = requireEncryption(call, key, request);
  checkLength(key, algorithm, plaintext);
  return { key, algorithm, context: request.context };
}

function checkLength(key: KeyRecord, algorithm: EncryptionAlgorithmSpec, plaintext: Uint8Array): void {
  const { material } = specOf(key);
  if (material.kind !== "rsa") return;
  const most = oaepMostBytes(OAEP_HASHES[algorithm]!, material.modulusLength);
  if (plaintext.length > most) {
    throw validation(
      `Algorithm ${algorithm} and key spec ${key.spec} cannot encrypt data larger than ${most} bytes.`,
    );
  }
}

export function encryptBytes(
  call: Call,
  { key, algorithm, context }: Encrypting,
  plaintext: Uint8Array,
): Buffer {
  const hash = OAEP_HASHES[algorithm];
  return hash
    ? oaepEncrypt(hash, createPublicKey(privateKeyOf(key, call.now)), plaintext)
    : sealUnder(call, key, plaintext, context);
}

/** By a symmetric encryption key. */
export function sealUnder(
  { now }: Pick<Call, "now">,
  key: KeyRecord,
  plaintext: Uint8Array,
  context?: EncryptionContext,
): Buffer {
  const material = currentMaterial(key, now)!;
  return encryptEnvelope(
    { id: key.id, materialId: material.id, material: bytesOf(material) },
    plaintext,
    context,
  );
}

export interface Opened {
  readonly key: KeyRecord;
  readonly algorithm: EncryptionAlgorithmSpec;
  readonly plaintext: Buffer;
  /** Of a symmetric encryption key. */
  readonly materialId?: string;
}

/**
 * The plaintext of a ciphertext and the key that it is under. A symmetric ciphertext says itself which that is; KeyId is
 * required with the others: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
 */
export function open(call: Call, request: Request, ciphertext: Uint8Array | undefined): Opened {
  if (!ciphertext) throw missing("ciphertextBlob");
  const key = request.keyId === undefined ? undefined : namedKey(call, request.keyId, request);
  const isSymmetric = (request.algorithm ?? "SYMMETRIC_DEFAULT") === "SYMMETRIC_DEFAULT";
  if (isSymmetric && (!key || specOf(key).type !== "asymmetric"))
    return openEnvelope(call, key, request, ciphertext);
  if (!key) throw missing("keyId");
  requireState(call, key);
  const algorithm = requireEncryption(call, key, request);
  const plaintext = oaepDecrypt(OAEP_HASHES[algorithm]!, privateKeyOf(key, call.now), ciphertext);
  if (!plaintext) throw invalidCiphertext();
  return { key, algorithm, plaintext };
}

/** AWS checks KeyId, then the key's state, then the bytes. */
function openEnvelope(
  call: Call,
  named: KeyRecord | undefined,
  request: Request,
  ciphertext: Uint8Array,
): Opened {
  if (named) requireState(call, named);
  const envelope = parseEnvelope(Buffer.from(ciphertext));
  if (!envelope) throw invalidCiphertext();
  if (named && named.id !== envelope.keyId) {
    throw new KmsError(
      "IncorrectKeyException",
      "The key ID in the request does not identify a CMK that can perform this operation.",
    );
  }
  const meant = call.store.key(call, envelope.keyId);
  const key = named ?? (meant && authorized(call, { key: meant }, request));
  if (!key) {
    throw accessDenied(
      "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
    );
  }
  requireState(call, key);
  const { materialId } = envelope;
  const material = key.materials.find(({ id }) => id === materialId);
  const plaintext = material?.bytes && decryptEnvelope(envelope, bytesOf(material), request.context);
  if (!plaintext) throw invalidCiphertext();
  return { key, algorithm: "SYMMETRIC_DEFAULT", plaintext, materialId };
}

function requireEncryption(
  call: Call,
  key: KeyRecord,
  { algorithm = "SYMMETRIC_DEFAULT", context }: Request,
): EncryptionAlgorithmSpec {
  requireUsage(call, key, "ENCRYPT_DECRYPT");
  requireAlgorithm(key, algorithm);
  if (algorithm !== "SYMMETRIC_DEFAULT" && Object.keys(context ?? {}).length > 0)
    throw validation("EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.");
  return algorithm;
}

const missing = (name: string) =>
  validation(
    `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
  );

/** AWS sends no message with it. */
const invalidCiphertext = () => new KmsError("InvalidCiphertextException");
