import { createAlias, deleteAlias, listAliases, updateAlias } from "./aliases.js";
import type { Call } from "./call.js";
import { createKey } from "./creation.js";
import { decrypt, encrypt } from "./crypto.js";
import { generateDataKey, generateDataKeyWithoutPlaintext, generateRandom, reEncrypt } from "./dataKeys.js";
import {
  describeKey,
  getKeyPolicy,
  listKeys,
  listResourceTags,
  putKeyPolicy,
  tagResource,
  untagResource,
  updateKeyDescription,
} from "./description.js";
import { getParametersForImport, importKeyMaterial } from "./import.js";
import { cancelKeyDeletion, disableKey, enableKey, scheduleKeyDeletion } from "./lifeCycle.js";
import { deleteImportedKeyMaterial } from "./materialDeletion.js";
import { replicateKey, updatePrimaryRegion } from "./replication.js";
import {
  disableKeyRotation,
  enableKeyRotation,
  getKeyRotationStatus,
  rotateKeyOnDemand,
} from "./rotation.js";
import { listKeyRotations } from "./rotationsList.js";

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
  CreateKey: createKey,
  Decrypt: decrypt,
  DeleteAlias: deleteAlias,
  DeleteImportedKeyMaterial: deleteImportedKeyMaterial,
  DescribeKey: describeKey,
  DisableKey: disableKey,
  DisableKeyRotation: disableKeyRotation,
  EnableKey: enableKey,
  EnableKeyRotation: enableKeyRotation,
  Encrypt: encrypt,
  GenerateDataKey: generateDataKey,
  GenerateDataKeyWithoutPlaintext: generateDataKeyWithoutPlaintext,
  GenerateRandom: generateRandom,
  GetKeyPolicy: getKeyPolicy,
  GetKeyRotationStatus: getKeyRotationStatus,
  GetParametersForImport: getParametersForImport,
  ImportKeyMaterial: importKeyMaterial,
  ListAliases: listAliases,
  ListKeyRotations: listKeyRotations,
  ListKeys: listKeys,
  ListResourceTags: listResourceTags,
  PutKeyPolicy: putKeyPolicy,
  ReEncrypt: reEncrypt,
  ReplicateKey: replicateKey,
  RotateKeyOnDemand: rotateKeyOnDemand,
  ScheduleKeyDeletion: scheduleKeyDeletion,
  TagResource: tagResource,
  UntagResource: untagResource,
  UpdateAlias: updateAlias,
  UpdateKeyDescription: updateKeyDescription,
  UpdatePrimaryRegion: updatePrimaryRegion,
};
