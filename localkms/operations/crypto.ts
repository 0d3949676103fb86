import type {
  DecryptRequest,
  DecryptResponse,
  EncryptRequest,
  EncryptResponse,
  ReEncryptRequest,
  ReEncryptResponse,
} from "@aws-sdk/client-kms";
import { keyArn } from "../keys/arn.js";
import { currentMaterial } from "../keys/state.js";
import type { Call } from "./call.js";
import { encryptBytes, open, readEncrypting } from "./ciphertext.js";
import { authorizeOnly, checkDryRun, ignoresCiphertext, refuseRecipient } from "./requestOptions.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html */
export function encrypt(call: Call, input: EncryptRequest): EncryptResponse {
  const request = {
    keyId: input.KeyId,
    algorithm: input.EncryptionAlgorithm,
    context: input.EncryptionContext,
  };
  const encrypting = readEncrypting(call, request, input.Plaintext!);
  checkDryRun(input);
  return {
    CiphertextBlob: encryptBytes(call, encrypting, input.Plaintext!),
    KeyId: keyArn(encrypting.key),
    EncryptionAlgorithm: encrypting.algorithm,
  };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html */
export function decrypt(call: Call, input: DecryptRequest): DecryptResponse {
  refuseRecipient(input);
  if (ignoresCiphertext(input)) authorizeOnly(call, input.KeyId);
  const request = {
    keyId: input.KeyId,
    algorithm: input.EncryptionAlgorithm,
    context: input.EncryptionContext,
  };
  const { key, algorithm, plaintext, materialId } = open(call, request, input.CiphertextBlob);
  checkDryRun(input);
  return {
    Plaintext: plaintext,
    KeyId: keyArn(key),
    EncryptionAlgorithm: algorithm,
    KeyMaterialId: materialId,
  };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html: both keys must be usable. */
export function reEncrypt(call: Call, input: ReEncryptRequest): ReEncryptResponse {
  if (ignoresCiphertext(input)) authorizeOnly(call, input.SourceKeyId, input.DestinationKeyId);
  const from = {
    keyId: input.SourceKeyId,
    algorithm: input.SourceEncryptionAlgorithm,
    context: input.SourceEncryptionContext,
  };
  const to = {
    keyId: input.DestinationKeyId,
    algorithm: input.DestinationEncryptionAlgorithm,
    context: input.DestinationEncryptionContext,
  };
  const source = open(call, from, input.CiphertextBlob);
  const destination = readEncrypting(call, to, source.plaintext);
  checkDryRun(input);
  const { key, algorithm } = destination;
  return {
    CiphertextBlob: encryptBytes(call, destination, source.plaintext),
    SourceKeyId: keyArn(source.key),
    KeyId: keyArn(key),
    SourceEncryptionAlgorithm: source.algorithm,
    DestinationEncryptionAlgorithm: algorithm,
    SourceKeyMaterialId: source.materialId,
    DestinationKeyMaterialId:
      algorithm === "SYMMETRIC_DEFAULT" ? currentMaterial(key, call.now)!.id : undefined,
  };
}
