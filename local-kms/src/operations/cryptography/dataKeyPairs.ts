import { createPrivateKey } from "node:crypto";
import type {
  GenerateDataKeyPairRequest,
  GenerateDataKeyPairResponse,
  GenerateDataKeyPairWithoutPlaintextResponse,
} from "@aws-sdk/client-kms";
import { unsupported } from "../../api/errors.js";
import { generateMaterial, spki } from "../../crypto/materialForm.js";
import { keyArn } from "../../keys/arn.js";
import { isBuilt, specOf } from "../../keys/specs.js";
import { currentMaterial } from "../../keys/state.js";
import type { Call } from "../call.js";
import { checkDryRun, refuseRecipient } from "../requestOptions.js";
import { sealUnder } from "./ciphertext.js";
import { symmetricKey } from "./dataKeys.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html */
export async function generateDataKeyPair(
  call: Call,
  input: GenerateDataKeyPairRequest,
): Promise<GenerateDataKeyPairResponse> {
  refuseRecipient(input);
  const spec = input.KeyPairSpec!;
  if (!isBuilt(spec)) throw unsupported(`KeyPairSpec ${spec} is not built in this local KMS`);
  const key = symmetricKey(call, input.KeyId!);
  checkDryRun(input);
  // The key is as it was at this moment, whatever becomes of it while the pair is made.
  const privateKey = await generateMaterial(specOf({ spec }).material);
  return {
    PrivateKeyCiphertextBlob: sealUnder(call, key, privateKey, input.EncryptionContext),
    PrivateKeyPlaintext: privateKey,
    PublicKey: spki(createPrivateKey({ key: privateKey, format: "der", type: "pkcs8" })),
    KeyId: keyArn(key),
    KeyPairSpec: spec,
    KeyMaterialId: currentMaterial(key, call.now)!.id,
  };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPairWithoutPlaintext.html */
export async function generateDataKeyPairWithoutPlaintext(
  call: Call,
  input: GenerateDataKeyPairRequest,
): Promise<GenerateDataKeyPairWithoutPlaintextResponse> {
  const { PrivateKeyPlaintext: _, ...answer } = await generateDataKeyPair(call, input);
  return answer;
}
