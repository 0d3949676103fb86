import { INPUTS, type Operation } from "./inputs.js";

/** Operations of AWS KMS (API version 2014-11-01) that are refused for now, by name and not as unknown. */
const NOT_BUILT = new Set([
  ...["ConnectCustomKeyStore", "CreateCustomKeyStore", "CreateGrant", "Decapsulate", "DeleteCustomKeyStore"],
  ...["DeriveSharedSecret", "DescribeCustomKeyStores", "DisableKeyRotation", "DisconnectCustomKeyStore"],
  ...["EnableKeyRotation", "Encapsulate", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"],
  ...[
    "GenerateMac",
    "GetKeyLastUsage",
    "GetKeyRotationStatus",
    "GetPublicKey",
    "ListGrants",
    "ListKeyPolicies",
  ],
  ...["ListKeyRotations", "ListRetirableGrants", "RetireGrant", "RevokeGrant", "RotateKeyOnDemand", "Sign"],
  ...["UpdateCustomKeyStore", "UpdatePrimaryRegion", "Verify", "VerifyMac"],
]);

export const isBuilt = (name: string): name is Operation => Object.hasOwn(INPUTS, name);

/** True for every operation of AWS KMS, carried out here or not. */
export const isKnown = (name: string): boolean => isBuilt(name) || NOT_BUILT.has(name);
