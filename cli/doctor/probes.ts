/**
 * How each permission is tried without changing anything. Reads use a KMS key of the state where there is one; their result is then certain.
 * KMS has DryRun for cryptographic operations and grants only. So every other call names a KMS key that does not exist: a denial says
 * something, and any other answer proves nothing.
 */
import { randomUUID } from "node:crypto";
import type { KeyType } from "../../provider/keys/keyTypes.js";
import { defaultOf } from "../../provider/schema/definition.js";

export interface Target {
  /** Id of one of our KMS keys, or an invented id. */
  keyId: string;
  real: boolean;
  keyType: KeyType;
  /** The Region that a ReplicateKey call names. */
  replicaRegion: string;
  /** The Region has only replicas. */
  isReplica?: boolean;
  /** `organization/project/stack`, as its KMS keys are tagged. */
  stack?: string;
  /** Of the KMS key. */
  aliasName?: string;
}

export interface Probe {
  operation: string;
  input: object;
  /** Whether a denial proves that the permission is missing: it depends on no KMS key, or the KMS key is real. */
  certain: boolean;
}

/** Multi-Region keys have ids of a form of their own, by which policies tell them. */
export const madeUpKey = (multiRegion = false) =>
  multiRegion ? `mrk-${randomUUID().replaceAll("-", "")}` : randomUUID();

const NO_ALIAS = "alias/keymgmt-doctor/no-such-alias";
const TAG_KEY = "keymgmt:doctor";
const POLICY = JSON.stringify({ Version: "2012-10-17", Statement: [] });

/** The encryption context that policies require (provider/keys/keystores). */
const SEALED = { "keymgmt:key": "doctor" };

/** Reads: they change nothing on a real KMS key either. */
const READS: Readonly<Record<string, (target: Target) => object>> = {
  DescribeKey: () => ({}),
  GetKeyPolicy: () => ({ PolicyName: "default" }),
  GetParametersForImport: ({ keyType }) => ({
    WrappingAlgorithm: keyType.wrapping.algorithm,
    WrappingKeySpec: defaultOf("KmsProvider", "wrappingKeySpec"),
  }),
  GetPublicKey: () => ({}),
  ListGrants: () => ({}),
  ListResourceTags: () => ({}),
};

/** Inputs of writes, without the KMS key: writes name one that does not exist. */
const WRITES: Readonly<Record<string, (target: Target) => object>> = {
  CancelKeyDeletion: () => ({}),
  Decrypt: () => ({ CiphertextBlob: new Uint8Array(1), EncryptionContext: SEALED }),
  DisableKey: () => ({}),
  EnableKey: () => ({}),
  GenerateDataKey: () => ({ KeySpec: "AES_256", EncryptionContext: SEALED }),
  ImportKeyMaterial: () => ({
    ImportToken: new Uint8Array(1),
    EncryptedKeyMaterial: new Uint8Array(1),
    ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE",
  }),
  PutKeyPolicy: () => ({ PolicyName: "default", Policy: POLICY }),
  ReplicateKey: ({ replicaRegion }) => ({ ReplicaRegion: replicaRegion }),
  RotateKeyOnDemand: () => ({}),
  ScheduleKeyDeletion: () => ({ PendingWindowInDays: defaultOf("KeyDistribution", "deletionWindowDays") }),
  TagResource: () => ({ Tags: [{ TagKey: TAG_KEY, TagValue: "" }] }),
  UntagResource: () => ({ TagKeys: [TAG_KEY] }),
  UpdateKeyDescription: () => ({ Description: "" }),
};

/** The call that tries a permission, or undefined where AWS has no call that changes nothing. */
export function probeFor(action: string, target: Target): Probe | undefined {
  const operation = action.replace(/^kms:/, "");
  if (operation === "ListKeys" || operation === "ListAliases")
    return { operation, input: { Limit: 1 }, certain: true };
  const read = READS[operation];
  // A symmetric KMS key has no public key.
  const isReal = target.real && (operation !== "GetPublicKey" || target.keyType.publicKeyOf !== undefined);
  const keyId = isReal && read ? target.keyId : madeUpKey();
  if (read) return { operation, input: { KeyId: keyId, ...read(target) }, certain: isReal };
  if (operation === "CreateAlias" || operation === "UpdateAlias")
    return { operation, input: { AliasName: NO_ALIAS, TargetKeyId: keyId }, certain: false };
  if (operation === "DeleteAlias") return { operation, input: { AliasName: NO_ALIAS }, certain: false };
  const write = WRITES[operation];
  return write && { operation, input: { KeyId: keyId, ...write(target) }, certain: false };
}
