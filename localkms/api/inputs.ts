import {
  blob,
  boolean,
  integer,
  list,
  oneOf,
  type Structure,
  string,
  stringMap,
  structure,
  timestamp,
} from "./shapes.js";

/** Input shapes of the operations that are built, as AWS's API model (service-2.json of kms, 2014-11-01) gives them. */

const keyId = string(1, 2048);
const aliasName = string(1, 256, /^[a-zA-Z0-9:/_-]+$/);
const description = string(0, 8192);
// biome-ignore lint/suspicious/noControlCharactersInRegex: tab and line ends are what the model allows.
const policy = string(1, 131072, /[\u0009\u000A\u000D\u0020-\u00FF]+/);
const policyName = string(1, 128, /[\w]+/);
const region = string(1, 32, /^([a-z]+-){2,3}\d+$/);
const limit = integer(1, 1000);
const marker = string(1, 1024, /[\u0020-\u00FF]*/);
const ciphertext = blob(1, 6144);
const tagKey = string(1, 128);
const tags = list(structure({ "TagKey!": tagKey, "TagValue!": string(0, 256) }));
const grantTokens = list(string(1, 8192), 0, 10);
const keyMaterialId = string(64, 64, /^[a-f0-9]+$/);
const encryptionAlgorithm = oneOf("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE");
const recipient = structure({
  KeyEncryptionAlgorithm: oneOf("RSAES_OAEP_SHA_256"),
  AttestationDocument: blob(1, 262144),
});
const dryRunModifiers = list(oneOf("IGNORE_CIPHERTEXT"));

const keySpec = oneOf(
  ...[
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
  ],
  ...["SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512", "SM2", "ML_DSA_44", "ML_DSA_65"],
  ...["ML_DSA_87", "ECC_NIST_EDWARDS25519", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"],
);
const customerMasterKeySpec = oneOf(
  ...[
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
  ],
  ...["SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512", "SM2"],
);
const keyUsage = oneOf(
  ...["SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"],
);

const keyOnly = structure({ "KeyId!": keyId });
const dataKey = {
  "KeyId!": keyId,
  EncryptionContext: stringMap,
  NumberOfBytes: integer(1, 1024),
  KeySpec: oneOf("AES_256", "AES_128"),
  GrantTokens: grantTokens,
  DryRun: boolean,
};

export const INPUTS = {
  CreateKey: structure({
    Policy: policy,
    Description: description,
    KeyUsage: keyUsage,
    CustomerMasterKeySpec: customerMasterKeySpec,
    KeySpec: keySpec,
    Origin: oneOf("AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"),
    CustomKeyStoreId: string(1, 64),
    BypassPolicyLockoutSafetyCheck: boolean,
    Tags: tags,
    MultiRegion: boolean,
    XksKeyId: string(1, 128, /^[a-zA-Z0-9-_.]+$/),
  }),
  ReplicateKey: structure({
    "KeyId!": keyId,
    "ReplicaRegion!": region,
    Policy: policy,
    BypassPolicyLockoutSafetyCheck: boolean,
    Description: description,
    Tags: tags,
  }),
  DescribeKey: structure({ "KeyId!": keyId, GrantTokens: grantTokens }),
  ListKeys: structure({
    Limit: limit,
    Marker: marker,
    ResourceOwners: list(oneOf("SELF", "OTHER_ACCOUNTS_VIA_RAM"), 1, 2),
  }),
  UpdateKeyDescription: structure({ "KeyId!": keyId, "Description!": description }),
  EnableKey: keyOnly,
  DisableKey: keyOnly,
  ScheduleKeyDeletion: structure({ "KeyId!": keyId, PendingWindowInDays: integer(1, 365) }),
  CancelKeyDeletion: keyOnly,
  GetParametersForImport: structure({
    "KeyId!": keyId,
    "WrappingAlgorithm!": oneOf(
      ...["RSAES_PKCS1_V1_5", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
      ...["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256", "SM2PKE"],
    ),
    "WrappingKeySpec!": oneOf("RSA_2048", "RSA_3072", "RSA_4096", "SM2"),
  }),
  ImportKeyMaterial: structure({
    "KeyId!": keyId,
    "ImportToken!": ciphertext,
    "EncryptedKeyMaterial!": ciphertext,
    ValidTo: timestamp,
    ExpirationModel: oneOf("KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"),
    ImportType: oneOf("NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"),
    KeyMaterialDescription: string(0, 256, /^[a-zA-Z0-9:/_\s.-]+$/),
    KeyMaterialId: keyMaterialId,
  }),
  DeleteImportedKeyMaterial: structure({ "KeyId!": keyId, KeyMaterialId: keyMaterialId }),
  CreateAlias: structure({ "AliasName!": aliasName, "TargetKeyId!": keyId }),
  UpdateAlias: structure({ "AliasName!": aliasName, "TargetKeyId!": keyId }),
  DeleteAlias: structure({ "AliasName!": aliasName }),
  ListAliases: structure({ KeyId: keyId, Limit: limit, Marker: marker }),
  TagResource: structure({ "KeyId!": keyId, "Tags!": tags }),
  UntagResource: structure({ "KeyId!": keyId, "TagKeys!": list(tagKey) }),
  ListResourceTags: structure({ "KeyId!": keyId, Limit: limit, Marker: marker }),
  PutKeyPolicy: structure({
    "KeyId!": keyId,
    PolicyName: policyName,
    "Policy!": policy,
    BypassPolicyLockoutSafetyCheck: boolean,
  }),
  GetKeyPolicy: structure({ "KeyId!": keyId, PolicyName: policyName }),
  Encrypt: structure({
    "KeyId!": keyId,
    "Plaintext!": blob(1, 4096),
    EncryptionContext: stringMap,
    GrantTokens: grantTokens,
    EncryptionAlgorithm: encryptionAlgorithm,
    DryRun: boolean,
  }),
  Decrypt: structure({
    CiphertextBlob: ciphertext,
    EncryptionContext: stringMap,
    GrantTokens: grantTokens,
    KeyId: keyId,
    EncryptionAlgorithm: encryptionAlgorithm,
    Recipient: recipient,
    DryRun: boolean,
    DryRunModifiers: dryRunModifiers,
  }),
  ReEncrypt: structure({
    CiphertextBlob: ciphertext,
    SourceEncryptionContext: stringMap,
    SourceKeyId: keyId,
    "DestinationKeyId!": keyId,
    DestinationEncryptionContext: stringMap,
    SourceEncryptionAlgorithm: encryptionAlgorithm,
    DestinationEncryptionAlgorithm: encryptionAlgorithm,
    GrantTokens: grantTokens,
    DryRun: boolean,
    DryRunModifiers: dryRunModifiers,
  }),
  GenerateDataKey: structure({ ...dataKey, Recipient: recipient }),
  GenerateDataKeyWithoutPlaintext: structure(dataKey),
  GenerateRandom: structure({
    NumberOfBytes: integer(1, 1024),
    CustomKeyStoreId: string(1, 64),
    Recipient: recipient,
  }),
} satisfies Record<string, Structure>;

/** The operations that this local KMS carries out. */
export type Operation = keyof typeof INPUTS;
