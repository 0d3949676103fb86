import type {
  DecryptRequest,
  DecryptResponse,
  DryRunModifierType,
  EncryptRequest,
  EncryptResponse,
} from "@aws-sdk/client-kms";
import { accessDenied, KmsError, validation } from "../api/errors.js";
import {
  decryptEnvelope,
  type EncryptionContext,
  encryptEnvelope,
  parseEnvelope,
} from "../crypto/envelope.js";
import { keyArn } from "../keys/arn.js";
import type { KeyRecord } from "../keys/record.js";
import { findKey, requireState, usableKey } from "../keys/resolve.js";
import { currentMaterial } from "../keys/state.js";
import type { Call } from "./call.js";

const CIPHERTEXT_ALGORITHM = "SYMMETRIC_DEFAULT";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html */
export function encrypt(call: Call, input: EncryptRequest): EncryptResponse {
  const key = usableKey(call, input.KeyId!, "keys and aliases");
  checkAlgorithm(key, input.EncryptionAlgorithm);
  checkDryRun(input);
  const CiphertextBlob = encryptUnder(call, key, input.Plaintext!, input.EncryptionContext);
  return { CiphertextBlob, KeyId: keyArn(key), EncryptionAlgorithm: CIPHERTEXT_ALGORITHM };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html */
export function decrypt(call: Call, input: DecryptRequest): DecryptResponse {
  refuseRecipient(input);
  if (ignoresCiphertext(input)) authorizeOnly(call, input.KeyId);
  const { key, plaintext, materialId } = open(call, {
    ciphertext: input.CiphertextBlob,
    keyId: input.KeyId,
    context: input.EncryptionContext,
    algorithm: input.EncryptionAlgorithm,
  });
  checkDryRun(input);
  return {
    Plaintext: plaintext,
    KeyId: keyArn(key),
    EncryptionAlgorithm: CIPHERTEXT_ALGORITHM,
    KeyMaterialId: materialId,
  };
}

export function encryptUnder(
  { now }: Pick<Call, "now">,
  key: KeyRecord,
  plaintext: Uint8Array,
  context?: EncryptionContext,
): Buffer {
  const material = currentMaterial(key, now)!;
  const bytes = Buffer.from(material.bytes!, "base64");
  return encryptEnvelope({ id: key.id, materialId: material.id, material: bytes }, plaintext, context);
}

export interface Sealed {
  ciphertext?: Uint8Array | undefined;
  /** What the caller says the key is; without it the ciphertext says so. */
  keyId?: string | undefined;
  context?: EncryptionContext | undefined;
  algorithm?: string | undefined;
}

export interface Opened {
  key: KeyRecord;
  materialId: string;
  plaintext: Buffer;
}

/** The plaintext of a ciphertext and the key that it is under: AWS checks KeyId, then the key's state, then the bytes. */
export function open(call: Call, { ciphertext, keyId, context, algorithm }: Sealed): Opened {
  if (!ciphertext)
    throw validation(
      "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null",
    );
  const named = keyId === undefined ? undefined : findKey(call, keyId, "keys and aliases");
  const envelope = parseEnvelope(Buffer.from(ciphertext));
  if (!envelope) throw invalidCiphertext();
  if (named && named.id !== envelope.keyId) {
    throw new KmsError(
      "IncorrectKeyException",
      "The key ID in the request does not identify a CMK that can perform this operation.",
    );
  }
  const key = named ?? call.store.key(call, envelope.keyId);
  if (!key) {
    throw accessDenied(
      "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.",
    );
  }
  requireState(call, key);
  checkAlgorithm(key, algorithm);
  const material = key.materials.find((other) => other.id === envelope.materialId);
  const plaintext =
    material?.bytes && decryptEnvelope(envelope, Buffer.from(material.bytes, "base64"), context);
  if (!plaintext) throw invalidCiphertext();
  return { key, materialId: envelope.materialId, plaintext };
}

export function checkAlgorithm(key: KeyRecord, algorithm: string = CIPHERTEXT_ALGORITHM): void {
  if (algorithm === CIPHERTEXT_ALGORITHM) return;
  throw new KmsError(
    "InvalidKeyUsageException",
    `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
  );
}

/** DryRun does everything but the work: https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html */
export function checkDryRun({ DryRun }: { DryRun?: boolean | undefined }): void {
  if (DryRun) throw dryRunSucceeds();
}

const dryRunSucceeds = () =>
  new KmsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.");

interface DryRunRequest {
  DryRun?: boolean | undefined;
  DryRunModifiers?: DryRunModifierType[] | undefined;
}

/** A dry run with IGNORE_CIPHERTEXT tests permissions without a ciphertext; without DryRun the modifier has no meaning. */
export const ignoresCiphertext = ({ DryRun, DryRunModifiers }: DryRunRequest): boolean =>
  DryRun === true && DryRunModifiers?.includes("IGNORE_CIPHERTEXT") === true;

/** What is left of a decryption in such a dry run; the ciphertext cannot say which key it would be. */
export function authorizeOnly(call: Call, ...keyIds: (string | undefined)[]): never {
  for (const keyId of keyIds) {
    if (keyId === undefined)
      throw validation("A key ID is required if DryRunModifiers is set to IGNORE_CIPHERTEXT");
    usableKey(call, keyId, "keys and aliases");
  }
  throw dryRunSucceeds();
}

/** Nitro enclaves are not there: an answer without CiphertextForRecipient would be a wrong one. */
export function refuseRecipient({ Recipient }: { Recipient?: unknown }): void {
  if (Recipient !== undefined)
    throw new KmsError("UnsupportedOperationException", "Recipient is not built in this local KMS");
}

/** AWS sends no message with it. */
const invalidCiphertext = () => new KmsError("InvalidCiphertextException");
