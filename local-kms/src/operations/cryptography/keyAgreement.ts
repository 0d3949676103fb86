import { createPublicKey, diffieHellman, type KeyObject } from "node:crypto";
import type { DeriveSharedSecretRequest, DeriveSharedSecretResponse } from "@aws-sdk/client-kms";
import { validation } from "../../api/errors.js";
import { keyArn } from "../../keys/arn.js";
import { privateKeyOf } from "../../keys/material/presentMaterial.js";
import { usableKey } from "../../keys/resolve.js";
import { requireAlgorithm, requireUsage } from "../../keys/usage.js";
import type { Call } from "../call.js";
import { checkDryRun, refuseRecipient } from "../requestOptions.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html: the raw secret, as long as the curve's field. */
export function deriveSharedSecret(call: Call, input: DeriveSharedSecretRequest): DeriveSharedSecretResponse {
  refuseRecipient(input);
  const key = usableKey(call, input.KeyId!, "keys and aliases");
  requireUsage(call, key, "KEY_AGREEMENT");
  requireAlgorithm(key, input.KeyAgreementAlgorithm!);
  const privateKey = privateKeyOf(key, call.now);
  const publicKey = readPeer(privateKey, input.PublicKey!);
  checkDryRun(input);
  return {
    KeyId: keyArn(key),
    SharedSecret: diffieHellman({ privateKey, publicKey }),
    KeyAgreementAlgorithm: input.KeyAgreementAlgorithm,
    KeyOrigin: key.origin,
  };
}

/** The peer's public key: SubjectPublicKeyInfo DER of a point on the KMS key's own curve. */
function readPeer(own: KeyObject, der: Uint8Array): KeyObject {
  try {
    const peer = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    if (peer.asymmetricKeyDetails?.namedCurve === own.asymmetricKeyDetails?.namedCurve) return peer;
  } catch {
    // No public key: refused as one of another curve is.
  }
  // AWS sends no message with it.
  throw validation("");
}
