import { createAlias, deleteAlias, listAliases, updateAlias } from "./aliases.js";
import type { Call } from "./call.js";
import { createKey } from "./creation.js";
import { decrypt, encrypt, reEncrypt } from "./crypto.js";
import { generateDataKeyPair, generateDataKeyPairWithoutPlaintext } from "./dataKeyPairs.js";
import { generateDataKey, generateDataKeyWithoutPlaintext, generateRandom } from "./dataKeys.js";
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
} from "./description.js";
import { createGrant, listGrants, listRetirableGrants, retireGrant, revokeGrant } from "./grants.js";
import { getParametersForImport, importKeyMaterial } from "./import.js";
import { deriveSharedSecret } from "./keyAgreement.js";
import { cancelKeyDeletion, disableKey, enableKey, scheduleKeyDeletion } from "./lifeCycle.js";
import { generateMac, verifyMac } from "./mac.js";
import { deleteImportedKeyMaterial } from "./materialDeletion.js";
import { getPublicKey } from "./publicKey.js";
import { replicateKey, updatePrimaryRegion } from "./replication.js";
import {
  disableKeyRotation,
  enableKeyRotation,
  getKeyRotationStatus,
  rotateKeyOnDemand,
} from "./rotation.js";
import { listKeyRotations } from "./rotationsList.js";
import { sign, verify } from "./signing.js";

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
