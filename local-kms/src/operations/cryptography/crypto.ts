import type {
  DecryptRequest,
  DecryptResponse,
  EncryptRequest,
  EncryptResponse,
  ReEncryptRequest,
  ReEncryptResponse,
} from "@aws-sdk/client-kms";
import { keyArn } from "../../keys/arn.js";
import type { KeyRecord } from "../../keys/record.js";
import { locateKey } from "../../keys/resolve.js";
import { currentMaterial } from "../../keys/state.js";
import type { Call } from "../call.js";
import { authorizeOnly, checkDryRun, ignoresCiphertext, refuseRecipient } from "../requestOptions.js";
import { encryptBytes, open, readEncrypting } from "./ciphertext.js";

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
  if (ignoresCiphertext(input)) authorizeOnly(call, { keyId: input.KeyId });
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

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html: both keys must be usable, each by a permission of its own. */
export function reEncrypt(call: Call, input: ReEncryptRequest): ReEncryptResponse {
  const [fromAction, toAction] = ["ReEncryptFrom", "ReEncryptTo"];
  if (ignoresCiphertext(input)) {
    authorizeOnly(
      call,
      { keyId: input.SourceKeyId, action: fromAction },
      { keyId: input.DestinationKeyId, action: toAction },
    );
  }
  const { key: target } = locateKey(call, input.DestinationKeyId!, "keys and aliases");
  const from = {
    keyId: input.SourceKeyId,
    algorithm: input.SourceEncryptionAlgorithm,
    context: input.SourceEncryptionContext,
    use: (key: KeyRecord) => ({ action: fromAction, onSameKey: isSame(key, target) }),
  };
  const source = open(call, from, input.CiphertextBlob);
  const to = {
    keyId: input.DestinationKeyId,
    algorithm: input.DestinationEncryptionAlgorithm,
    context: input.DestinationEncryptionContext,
    use: (key: KeyRecord) => ({ action: toAction, onSameKey: isSame(source.key, key) }),
  };
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

const isSame = (one: KeyRecord, other: KeyRecord) => keyArn(one) === keyArn(other);
