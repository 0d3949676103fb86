import type { SignRequest, SignResponse, VerifyRequest, VerifyResponse } from "@aws-sdk/client-kms";
import { KmsError, validation } from "../../api/errors.js";
import {
  SIGNING_ALGORITHMS,
  type SignedMessage,
  type SigningAlgorithm,
  signMessage,
  verifyMessage,
} from "../../crypto/signing.js";
import { keyArn } from "../../keys/arn.js";
import { privateKeyOf } from "../../keys/material/presentMaterial.js";
import type { KeyRecord } from "../../keys/record.js";
import { usableKey } from "../../keys/resolve.js";
import { requireAlgorithm, requireUsage } from "../../keys/usage.js";
import type { Call } from "../call.js";
import { checkDryRun } from "../requestOptions.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html */
export async function sign(call: Call, input: SignRequest): Promise<SignResponse> {
  const { key, algorithm, message } = readSigning(call, input);
  const Signature = await signMessage(algorithm, privateKeyOf(key, call.now), message);
  return { KeyId: keyArn(key), Signature, SigningAlgorithm: algorithm };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html: AWS sends no message with a failed verification. */
export async function verify(call: Call, input: VerifyRequest): Promise<VerifyResponse> {
  const { key, algorithm, message } = readSigning(call, input);
  if (!(await verifyMessage(algorithm, privateKeyOf(key, call.now), message, input.Signature!)))
    throw new KmsError("KMSInvalidSignatureException");
  return { KeyId: keyArn(key), SignatureValid: true, SigningAlgorithm: algorithm };
}

interface Signing {
  key: KeyRecord;
  algorithm: SigningAlgorithm;
  message: SignedMessage;
}

function readSigning(call: Call, input: SignRequest | VerifyRequest): Signing {
  const key = usableKey(call, input.KeyId!, "keys and aliases");
  requireUsage(call, key, "SIGN_VERIFY");
  requireAlgorithm(key, input.SigningAlgorithm!);
  const algorithm = input.SigningAlgorithm as SigningAlgorithm;
  const message = readMessage(key, algorithm, input);
  checkDryRun(input);
  return { key, algorithm, message };
}

/** What MessageType may be with the algorithm, and how long a digest then is. */
function readMessage(
  key: KeyRecord,
  algorithm: SigningAlgorithm,
  { Message, MessageType = "RAW" }: SignRequest | VerifyRequest,
): SignedMessage {
  if (MessageType === "EXTERNAL_MU")
    throw validation(`Message type ${MessageType} is incompatible with key spec ${key.spec}.`);
  if (MessageType !== (ONLY_MESSAGE_TYPE[algorithm] ?? MessageType))
    throw validation(`Message type ${MessageType} is incompatible with algorithm ${algorithm}.`);
  const isDigest = MessageType === "DIGEST";
  if (isDigest && Message!.length !== SIGNING_ALGORITHMS[algorithm].digestBytes)
    throw validation(`Digest is invalid length for algorithm ${algorithm}.`);
  return { bytes: Message!, isDigest };
}

const ONLY_MESSAGE_TYPE: Partial<Record<SigningAlgorithm, "RAW" | "DIGEST">> = {
  ED25519_SHA_512: "RAW",
  ED25519_PH_SHA_512: "DIGEST",
};
