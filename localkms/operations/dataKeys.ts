import { randomBytes } from "node:crypto";
import type {
  GenerateDataKeyRequest,
  GenerateDataKeyResponse,
  GenerateDataKeyWithoutPlaintextResponse,
  GenerateRandomRequest,
  GenerateRandomResponse,
  ReEncryptRequest,
  ReEncryptResponse,
} from "@aws-sdk/client-kms";
import { unsupported, validation } from "../api/errors.js";
import { keyArn } from "../keys/arn.js";
import { usableKey } from "../keys/resolve.js";
import { currentMaterial } from "../keys/state.js";
import type { Call } from "./call.js";
import {
  authorizeOnly,
  checkAlgorithm,
  checkDryRun,
  encryptUnder,
  ignoresCiphertext,
  open,
  refuseRecipient,
} from "./crypto.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html */
export function generateDataKey(call: Call, input: GenerateDataKeyRequest): GenerateDataKeyResponse {
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw validation("Please specify either number of bytes or key spec.");
  }
  refuseRecipient(input);
  const key = usableKey(call, input.KeyId!, "keys and aliases");
  checkDryRun(input);
  const Plaintext = randomBytes(input.NumberOfBytes ?? (input.KeySpec === "AES_256" ? 32 : 16));
  return {
    CiphertextBlob: encryptUnder(call, key, Plaintext, input.EncryptionContext),
    Plaintext,
    KeyId: keyArn(key),
    KeyMaterialId: currentMaterial(key, call.now)!.id,
  };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html */
export function generateDataKeyWithoutPlaintext(
  call: Call,
  input: GenerateDataKeyRequest,
): GenerateDataKeyWithoutPlaintextResponse {
  const { Plaintext: _, ...answer } = generateDataKey(call, input);
  return answer;
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html: both keys must be usable. */
export function reEncrypt(call: Call, input: ReEncryptRequest): ReEncryptResponse {
  if (ignoresCiphertext(input)) authorizeOnly(call, input.SourceKeyId, input.DestinationKeyId);
  const source = open(call, {
    ciphertext: input.CiphertextBlob,
    keyId: input.SourceKeyId,
    context: input.SourceEncryptionContext,
    algorithm: input.SourceEncryptionAlgorithm,
  });
  const destination = usableKey(call, input.DestinationKeyId!, "keys and aliases");
  checkAlgorithm(destination, input.DestinationEncryptionAlgorithm);
  checkDryRun(input);
  return {
    CiphertextBlob: encryptUnder(call, destination, source.plaintext, input.DestinationEncryptionContext),
    SourceKeyId: keyArn(source.key),
    KeyId: keyArn(destination),
    SourceEncryptionAlgorithm: "SYMMETRIC_DEFAULT",
    DestinationEncryptionAlgorithm: "SYMMETRIC_DEFAULT",
    SourceKeyMaterialId: source.materialId,
    DestinationKeyMaterialId: currentMaterial(destination, call.now)!.id,
  };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html */
export function generateRandom(_call: Call, input: GenerateRandomRequest): GenerateRandomResponse {
  refuseRecipient(input);
  if (input.CustomKeyStoreId !== undefined)
    throw unsupported("Custom key stores are not built in this local KMS");
  if (input.NumberOfBytes === undefined) throw validation("NumberOfBytes is required.");
  return { Plaintext: randomBytes(input.NumberOfBytes) };
}
