/**
 * What the developer guide's table of permissions says beyond "the operation's own name on the key that it names":
 * https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
 */

/** Operations on no key: policies of users and roles decide, for the resource `*`. */
export const ON_THE_ACCOUNT: readonly string[] = [
  "ConnectCustomKeyStore",
  "CreateCustomKeyStore",
  "CreateKey",
  "DeleteCustomKeyStore",
  "DescribeCustomKeyStores",
  "DisconnectCustomKeyStore",
  "GenerateRandom",
  "ListAliases",
  "ListKeys",
  "UpdateCustomKeyStore",
];

/** Operations that may name a key of another account. */
export const ACROSS_ACCOUNTS: readonly string[] = [
  "CreateGrant",
  "Decapsulate",
  "Decrypt",
  "DeriveSharedSecret",
  "DescribeKey",
  "Encapsulate",
  "Encrypt",
  "GenerateDataKey",
  "GenerateDataKeyPair",
  "GenerateDataKeyPairWithoutPlaintext",
  "GenerateDataKeyWithoutPlaintext",
  "GenerateMac",
  "GetKeyRotationStatus",
  "GetPublicKey",
  "ListGrants",
  "ReEncrypt",
  "RetireGrant",
  "RevokeGrant",
  "Sign",
  "Verify",
  "VerifyMac",
];
