/** The operations on one KMS key: create, import material, enable, disable, describe, schedule the deletion. */
import type { CreateKeyRequest, ImportType, Tag } from "@aws-sdk/client-kms";
import { isKeymgmtError } from "../errors";
import { defaultOf } from "../schema/definition";
import type { WrappingKeySpec } from "../schema/types";
import type { CallContext, Kms } from "./client/client";
import { eventually } from "./eventually";
import { type KeyState, keyStateOf } from "./keyState";
import { warnIfDenied } from "./optional";
import { oncePrincipalsAreKnown } from "./principals";
import type { WrappableMaterial } from "./wrapping";
import { wrappingKeyOf } from "./wrappingKey";

/** The only name that AWS accepts (PutKeyPolicy's reference). */
const POLICY_NAME = "default";

/** Options of an import. */
export interface ImportOptions {
  /** Default: RSA_4096, the longest, as AWS recommends. */
  wrappingKeySpec?: WrappingKeySpec;
  /** When the material expires in AWS. Without it the material never expires. */
  validTo?: Date;
  /** AWS's default: new material for a key without former material, and existing material for any other key. */
  importType?: ImportType;
  /** Id of the key's material. AWS refuses the import of any other material. */
  keyMaterialId?: string;
}

/** The metadata of a KMS key, as CreateKey and ReplicateKey set it. */
export interface KmsKeyMetadata {
  tags: Record<string, string>;
  policy?: string;
  description?: string;
}

/** What AWS shows of a KMS key. */
export interface SeenKmsKey {
  state: KeyState;
  /** ISO 8601 UTC. */
  validTo?: string;
  keyMaterialId?: string;
  /** Whether it holds material. A KMS key that is pending deletion can decrypt again after a reclaim only with its material. */
  hasMaterial?: boolean;
  description?: string;
  /** When AWS deletes it, ISO 8601 UTC. Set in the state PendingDeletion, but not in PendingReplicaDeletion. */
  deletionDate?: string;
  /** ISO 8601 UTC. */
  createdAt?: string;
  /** Region of its primary. Set for a replica of a multi-Region key. */
  primaryRegion?: string;
  /** Regions of the replicas of a multi-Region key. The list of a replica includes its own Region. */
  replicaRegions: string[];
}

/** Other Regions that hold a multi-Region key, including the primary's. AWS does not list the primary among the replicas. */
export function otherRegions(
  { primaryRegion, replicaRegions }: Pick<SeenKmsKey, "primaryRegion" | "replicaRegions">,
  here: string,
): string[] {
  const all = new Set([...(primaryRegion === undefined ? [] : [primaryRegion]), ...replicaRegions]);
  return [...all].filter((region) => region !== here).sort();
}

/**
 * CreateKey. It is repeated only while AWS does not know a principal of the policy. Throws OutcomeUnknown where the response was lost:
 * then look for the key by its tags before another call.
 */
export async function createKmsKey(
  kms: Kms,
  kind: Pick<CreateKeyRequest, "KeySpec" | "KeyUsage" | "MultiRegion">,
  metadata: KmsKeyMetadata,
  context: CallContext,
): Promise<{ keyId: string; keyArn: string }> {
  const input = { Origin: "EXTERNAL", ...kind, ...metadataInput(metadata) } as const;
  const { KeyMetadata: made } = await oncePrincipalsAreKnown(kms, context, () =>
    kms.call("CreateKey", input, context),
  );
  return { keyId: made!.KeyId!, keyArn: made!.Arn! };
}

/** GetKeyPolicy. A KMS key has one policy, which is named "default". */
export async function keyPolicyOf(kms: Kms, keyId: string): Promise<string> {
  return (await kms.call("GetKeyPolicy", { KeyId: keyId, PolicyName: POLICY_NAME })).Policy!;
}

/** GetPublicKey: the SubjectPublicKeyInfo in DER. AWS gives it only of an Enabled asymmetric KMS key. */
export async function publicKeyDerOf(kms: Kms, keyId: string, context: CallContext): Promise<Uint8Array> {
  return (await kms.call("GetPublicKey", { KeyId: keyId }, context)).PublicKey!;
}

/** PutKeyPolicy. */
export async function putKeyPolicy(
  kms: Kms,
  keyId: string,
  policy: string,
  context: CallContext,
): Promise<void> {
  const input = { KeyId: keyId, PolicyName: POLICY_NAME, Policy: policy };
  await oncePrincipalsAreKnown(kms, context, () => kms.call("PutKeyPolicy", input, context));
}

/** Tags, policy and description as CreateKey and ReplicateKey take them. */
export function metadataInput({ tags, policy, description }: KmsKeyMetadata) {
  return { Tags: tagList(tags), Policy: policy, Description: description };
}

export function tagList(tags: Record<string, string>): Tag[] {
  return Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
}

/**
 * Wraps and imports material: GetParametersForImport and ImportKeyMaterial. The client repeats an import with the same token and
 * ciphertext. New parameters are requested only where AWS refuses the token, because an account gets one set a second. The expiration
 * model is always sent, because by AWS's default material expires.
 */
export async function importMaterial(
  kms: Kms,
  keyId: string,
  material: WrappableMaterial,
  how: ImportOptions,
  context: CallContext,
): Promise<{ importedAt: string; keyMaterialId?: string }> {
  const attempt = () => importOnce(kms, keyId, material, how, context);
  const imported = await attempt().catch((error) => {
    if (isKeymgmtError(error, "InvalidImportToken")) return attempt();
    throw error;
  });
  return { importedAt: new Date().toISOString(), keyMaterialId: imported.KeyMaterialId };
}

async function importOnce(
  kms: Kms,
  keyId: string,
  material: WrappableMaterial,
  {
    wrappingKeySpec = defaultOf<WrappingKeySpec>("KmsProvider", "wrappingKeySpec"),
    validTo,
    importType,
    keyMaterialId,
  }: ImportOptions,
  context: CallContext,
) {
  const parameters = await eventually(
    `KMS key ${keyId} to be visible in ${kms.region}`,
    () =>
      kms.call(
        "GetParametersForImport",
        { KeyId: keyId, WrappingAlgorithm: material.wrappingAlgorithm, WrappingKeySpec: wrappingKeySpec },
        context,
      ),
    { error: (error) => isKeymgmtError(error, "NotFound") || isCreatingError(error) },
  );
  const wrappingKey = wrappingKeyOf(parameters, { keyId, region: kms.region, wrappingKeySpec }, context);
  return kms.call(
    "ImportKeyMaterial",
    {
      KeyId: keyId,
      ImportToken: parameters.ImportToken,
      EncryptedKeyMaterial: await material.wrap(wrappingKey),
      ...(validTo
        ? { ExpirationModel: "KEY_MATERIAL_EXPIRES", ValidTo: validTo }
        : { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" }),
      ImportType: importType,
      KeyMaterialId: keyMaterialId,
    },
    context,
  );
}

/** EnableKey or DisableKey. It is repeated while KMS does not yet see an import that has just finished. */
export async function setEnabled(
  kms: Kms,
  keyId: string,
  enabled: boolean,
  context: CallContext,
): Promise<void> {
  await eventually(
    `KMS key ${keyId} to be imported in ${kms.region}`,
    () => kms.call(enabled ? "EnableKey" : "DisableKey", { KeyId: keyId }, context),
    { error: isPendingImportError },
    30,
  );
}

/** AWS's longest waiting period. It is used where no `deletionWindowDays` applies. */
export const LONGEST_WINDOW_DAYS = 30;

/**
 * ScheduleKeyDeletion. A KMS key that is deleted or pending deletion already is a success.
 *
 * @returns AWS's KeyState after it, where AWS says it
 */
export async function scheduleDeletion(
  kms: Kms,
  keyId: string,
  days: number,
  context: CallContext,
): Promise<KeyState | undefined> {
  try {
    const { KeyState } = await eventually(
      `KMS key ${keyId} in ${kms.region} to leave the state Creating or Updating`,
      () => kms.call("ScheduleKeyDeletion", { KeyId: keyId, PendingWindowInDays: days }, context),
      { error: isCreatingError },
    );
    return KeyState && keyStateOf(KeyState);
  } catch (error) {
    if (!isKeymgmtError(error, "NotFound") && !isPendingDeletionError(error)) throw error;
    return undefined;
  }
}

/** DescribeKey. The minimal permissions include kms:DescribeKey only for multi-Region keys. */
export async function describeKmsKey(
  kms: Kms,
  keyId: string,
  context: CallContext = {},
): Promise<SeenKmsKey> {
  try {
    const { KeyMetadata: seen } = await kms.call("DescribeKey", { KeyId: keyId }, context);
    const related = seen!.MultiRegionConfiguration;
    return {
      state: keyStateOf(seen!.KeyState!),
      validTo: seen!.ValidTo?.toISOString(),
      keyMaterialId: seen!.CurrentKeyMaterialId,
      // AWS shows no ExpirationModel before the first import, nor after the material was deleted or has expired.
      hasMaterial: seen!.ExpirationModel !== undefined,
      description: seen!.Description,
      deletionDate: seen!.DeletionDate?.toISOString(),
      createdAt: seen!.CreationDate?.toISOString(),
      primaryRegion: related?.MultiRegionKeyType === "REPLICA" ? related.PrimaryKey?.Region : undefined,
      replicaRegions: (related?.ReplicaKeys ?? []).map((replica) => replica.Region!),
    };
  } catch (error) {
    if (isKeymgmtError(error, "NotFound")) return { state: "Deleted", description: "", replicaRegions: [] };
    throw error;
  }
}

/** Waits until KMS shows the import, and returns the key's state. Undefined without kms:DescribeKey. */
export async function waitEnabled(
  kms: Kms,
  keyId: string,
  context: CallContext,
): Promise<KeyState | undefined> {
  const shown = await warnIfDenied(kms, "the alias moves to a new version without waiting for it", () =>
    eventually(`KMS key ${keyId} to be Enabled in ${kms.region}`, () => describeKmsKey(kms, keyId, context), {
      result: (seen) =>
        seen.state === "PendingImport" || seen.state === "Creating" || seen.state === "Deleted",
    }),
  );
  return shown?.state;
}

/** Whether AWS refused a call because the KMS key is in one of these states, as the error's text says (errors/texts.ts). */
const isInState = (error: unknown, ...states: KeyState[]) =>
  isKeymgmtError(error) && states.some((state) => state === error.context.keyState);

export function isPendingDeletionError(error: unknown): boolean {
  return isInState(error, "PendingDeletion", "PendingReplicaDeletion");
}

/** AWS refuses nearly every call for a KMS key that is pending deletion. If the state did not know that, the plan first cancels the deletion. */
export async function unlessPendingDeletion<T>(work: () => Promise<T>): Promise<T | "pendingDeletion"> {
  try {
    return await work();
  } catch (error) {
    if (isPendingDeletionError(error)) return "pendingDeletion";
    throw error;
  }
}

export function isPendingImportError(error: unknown): boolean {
  return isInState(error, "PendingImport");
}

/** Creating: a new replica. Updating: for some seconds after UpdatePrimaryRegion. */
export function isCreatingError(error: unknown): boolean {
  return isInState(error, "Creating", "Updating");
}
