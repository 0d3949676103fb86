import type { GetPublicKeyRequest, GetPublicKeyResponse } from "@aws-sdk/client-kms";
import { unsupported } from "../../api/errors.js";
import { spki } from "../../crypto/materialForm.js";
import { keyArn } from "../../keys/arn.js";
import { privateKeyOf } from "../../keys/material/presentMaterial.js";
import { usableKey } from "../../keys/resolve.js";
import { shownAlgorithms, specOf } from "../../keys/specs.js";
import type { Call } from "../call.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html */
export function getPublicKey(call: Call, input: GetPublicKeyRequest): GetPublicKeyResponse {
  const key = usableKey(call, input.KeyId!, "keys and aliases");
  // AWS sends no message with it.
  if (specOf(key).type !== "asymmetric") throw unsupported("");
  const { MacAlgorithms: _, ...algorithms } = shownAlgorithms(key);
  return {
    KeyId: keyArn(key),
    PublicKey: spki(privateKeyOf(key, call.now)),
    CustomerMasterKeySpec: key.spec as GetPublicKeyResponse["CustomerMasterKeySpec"],
    KeySpec: key.spec,
    KeyUsage: key.usage,
    ...algorithms,
  };
}
