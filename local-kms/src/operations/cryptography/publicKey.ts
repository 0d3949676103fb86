import type { GetPublicKeyRequest, GetPublicKeyResponse } from "@aws-sdk/client-kms";
import { unsupported } from "../../api/errors.js";
import { spki } from "../../crypto/materialForm.js";
import { keyArn } from "../../keys/arn.js";
import { privateKeyOf } from "../../keys/material/presentMaterial.js";
import { findKey, requireState } from "../../keys/resolve.js";
import { shownAlgorithms, specOf } from "../../keys/specs.js";
import type { Call } from "../call.js";

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html */
export function getPublicKey(call: Call, input: GetPublicKeyRequest): GetPublicKeyResponse {
  const key = findKey(call, input.KeyId!, "keys and aliases");
  if (specOf(key).type !== "asymmetric")
    throw unsupported(`${keyArn(key)} KeySpec is ${key.spec} which is not valid for GetPublicKey.`);
  requireState(call, key);
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
