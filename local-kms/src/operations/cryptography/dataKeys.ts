import { randomBytes } from "node:crypto";
import type {
  GenerateDataKeyRequest,
  GenerateDataKeyResponse,
  GenerateDataKeyWithoutPlaintextResponse,
  GenerateRandomRequest,
  GenerateRandomResponse,
} from "@aws-sdk/client-kms";
import { unsupported, validation } from "../../api/errors.js";
import { keyArn } from "../../keys/arn.js";
import type { KeyRecord } from "../../keys/record.js";
import { usableKey } from "../../keys/resolve.js";
import { specOf } from "../../keys/specs.js";
import { currentMaterial } from "../../keys/state.js";
import { invalidUsage, requireUsage } from "../../keys/usage.js";
import type { Call } from "../call.js";
import { checkDryRun, refuseRecipient } from "../requestOptions.js";
import { sealUnder } from "./ciphertext.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html */
export function generateDataKey(call: Call, input: GenerateDataKeyRequest): GenerateDataKeyResponse {
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw validation("Please specify either number of bytes or key spec.");
  }
  refuseRecipient(input);
  const key = symmetricKey(call, input.KeyId!);
  checkDryRun(input);
  const Plaintext = randomBytes(input.NumberOfBytes ?? (input.KeySpec === "AES_256" ? 32 : 16));
  return {
    CiphertextBlob: sealUnder(call, key, Plaintext, input.EncryptionContext),
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

/** Data keys and data key pairs are encrypted by symmetric encryption keys only. */
export function symmetricKey(call: Call, keyId: string): KeyRecord {
  const key = usableKey(call, keyId, "keys and aliases");
  requireUsage(call, key, "ENCRYPT_DECRYPT");
  if (specOf(key).type === "symmetric") return key;
  throw invalidUsage(`${keyArn(key)} KeySpec is ${key.spec} which is not valid for ${call.operation}.`);
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html */
export function generateRandom(_call: Call, input: GenerateRandomRequest): GenerateRandomResponse {
  refuseRecipient(input);
  if (input.CustomKeyStoreId !== undefined)
    throw unsupported("Custom key stores are not built in this local KMS");
  if (input.NumberOfBytes === undefined) throw validation("NumberOfBytes is required.");
  return { Plaintext: randomBytes(input.NumberOfBytes) };
}
