import type { Call } from "./call.js";
import { decrypt, encrypt, reEncrypt } from "./cryptography/crypto.js";
import { generateDataKeyPair, generateDataKeyPairWithoutPlaintext } from "./cryptography/dataKeyPairs.js";
import { generateDataKey, generateDataKeyWithoutPlaintext, generateRandom } from "./cryptography/dataKeys.js";
import { deriveSharedSecret } from "./cryptography/keyAgreement.js";
import { generateMac, verifyMac } from "./cryptography/mac.js";
import { getPublicKey } from "./cryptography/publicKey.js";
import { sign, verify } from "./cryptography/signing.js";
import { createAlias, deleteAlias, listAliases, updateAlias } from "./management/aliases.js";
import { createKey } from "./management/creation.js";
import {
  describeKey,
  getKeyPolicy,
  listKeyPolicies,
  listKeys,
  listResourceTags,
  putKeyPolicy,
  tagResource,
  untagResource,
  updateKeyDescription,
} from "./management/description.js";
import {
  createGrant,
  listGrants,
  listRetirableGrants,
  retireGrant,
  revokeGrant,
} from "./management/grants.js";
import { cancelKeyDeletion, disableKey, enableKey, scheduleKeyDeletion } from "./management/lifeCycle.js";
import { replicateKey, updatePrimaryRegion } from "./management/replication.js";
import {
  disableKeyRotation,
  enableKeyRotation,
  getKeyRotationStatus,
  rotateKeyOnDemand,
} from "./management/rotation.js";
import { listKeyRotations } from "./management/rotationsList.js";
import { getParametersForImport, importKeyMaterial } from "./material/import.js";
import { deleteImportedKeyMaterial } from "./material/materialDeletion.js";

/**
 * Carries out an operation on an input that has passed validate.ts; resolves when what it changed is durable. A
 * handler reads, decides and commits without waiting in between, so requests need no locks.
 */
// biome-ignore lint/suspicious/noExplicitAny: each handler has its own input type, which the API model guarantees by name.
type Handler = (call: Call, input: any) => unknown;

/** What is carried out, by operation; the others of AWS KMS are refused by name. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  CancelKeyDeletion: cancelKeyDeletion,
  CreateAlias: createAlias,
  CreateGrant: createGrant,
  CreateKey: createKey,
  Decrypt: decrypt,
  DeleteAlias: deleteAlias,
  DeleteImportedKeyMaterial: deleteImportedKeyMaterial,
  DeriveSharedSecret: deriveSharedSecret,
  DescribeKey: describeKey,
  DisableKey: disableKey,
  DisableKeyRotation: disableKeyRotation,
  EnableKey: enableKey,
  EnableKeyRotation: enableKeyRotation,
  Encrypt: encrypt,
  GenerateDataKey: generateDataKey,
  GenerateDataKeyPair: generateDataKeyPair,
  GenerateDataKeyPairWithoutPlaintext: generateDataKeyPairWithoutPlaintext,
  GenerateDataKeyWithoutPlaintext: generateDataKeyWithoutPlaintext,
  GenerateMac: generateMac,
  GenerateRandom: generateRandom,
  GetKeyPolicy: getKeyPolicy,
  GetKeyRotationStatus: getKeyRotationStatus,
  GetParametersForImport: getParametersForImport,
  GetPublicKey: getPublicKey,
  ImportKeyMaterial: importKeyMaterial,
  ListAliases: listAliases,
  ListGrants: listGrants,
  ListKeyPolicies: listKeyPolicies,
  ListKeyRotations: listKeyRotations,
  ListKeys: listKeys,
  ListResourceTags: listResourceTags,
  ListRetirableGrants: listRetirableGrants,
  PutKeyPolicy: putKeyPolicy,
  ReEncrypt: reEncrypt,
  ReplicateKey: replicateKey,
  RetireGrant: retireGrant,
  RevokeGrant: revokeGrant,
  RotateKeyOnDemand: rotateKeyOnDemand,
  ScheduleKeyDeletion: scheduleKeyDeletion,
  Sign: sign,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateAlias: updateAlias,
  UpdateKeyDescription: updateKeyDescription,
  Verify: verify,
  VerifyMac: verifyMac,
  UpdatePrimaryRegion: updatePrimaryRegion,
};
