/** The life of one KMS key: made, given its material, enabled and disabled, scheduled for deletion and taken back. */
import type { CreateKeyRequest, ImportType, Tag } from "@aws-sdk/client-kms";
import { isKeymgmtError } from "../errors";
import { defaultOf } from "../schema/definition";
import type { WrappingKeySpec } from "../schema/types";
import type { CallContext, Kms } from "./client/client";
import { eventually } from "./eventually";
import { type KeyState, keyStateOf } from "./keyState";
import { ifPermitted } from "./optional";
import { oncePrincipalsAreKnown } from "./principals";
import type { WrappableMaterial } from "./wrapping";
import { wrappingKeyOf } from "./wrappingKey";

/** How material is imported. */
export interface ImportOptions {
  /** RSA_4096 by default, AWS's advice: the longest. */
  wrappingKeySpec?: WrappingKeySpec;
  /** When it expires in AWS; never where it is not given. */
  validTo?: Date;
  /** By AWS's default new material where the key has never had any, else material that it has had. */
  importType?: ImportType;
  /** Which of the key's materials it is: AWS refuses the import where it is another. */
  keyMaterialId?: string;
}

/** What a KMS key has besides its material; all of it goes into CreateKey or ReplicateKey. */
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
  /** Of one that waits for its deletion, whether it decrypts again when that is taken back. */
  hasMaterial?: boolean;
  description?: string;
  /** When AWS deletes it, ISO 8601 UTC; of a key that waits for its deletion, but not of a primary that waits for its replicas. */
  deletionDate?: string;
  /** ISO 8601 UTC. */
  createdAt?: string;
  /** Region of its primary, for a replica of a multi-Region key. */
  primaryRegion?: string;
  /** Regions of its replicas, for a multi-Region key; of a replica its own is among them. */
  replicaRegions: string[];
}

/** Other Regions that hold a multi-Region key, the primary's among them. AWS lists the primary apart from the replicas. */
export function otherRegions(
  { primaryRegion, replicaRegions }: Pick<SeenKmsKey, "primaryRegion" | "replicaRegions">,
  here: string,
): string[] {
  const all = new Set([...(primaryRegion === undefined ? [] : [primaryRegion]), ...replicaRegions]);
  return [...all].filter((region) => region !== here).sort();
}

/** One CreateKey that is not refused for its principals. Throws OutcomeUnknown where the answer was lost: then look for the key by its tags first. */
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

/** PutKeyPolicy. */
export async function putKeyPolicy(
  kms: Kms,
  keyId: string,
  policy: string,
  context: CallContext,
): Promise<void> {
  const input = { KeyId: keyId, PolicyName: "default", Policy: policy };
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
 * Has the material wrapped and imports it: GetParametersForImport and ImportKeyMaterial. The call layer repeats an import with
 * the token and ciphertext it has; new parameters, of which an account gets one a second, are asked for only where AWS
 * refuses the token. The expiration model is always sent: AWS's default is that material expires.
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
      EncryptedKeyMaterial: material.wrap(wrappingKey),
      ...(validTo
        ? { ExpirationModel: "KEY_MATERIAL_EXPIRES", ValidTo: validTo }
        : { ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE" }),
      ImportType: importType,
      KeyMaterialId: keyMaterialId,
    },
    context,
  );
}

/** EnableKey or DisableKey; waits while KMS has not yet seen an import that was just made. */
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

/** For what nobody has asked to be deleted soon. */
export const LONGEST_WINDOW_DAYS = 30;

/**
 * ScheduleKeyDeletion. A KMS key that is gone, or scheduled already, is as wanted.
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

/** DescribeKey. Needs kms:DescribeKey, which the minimum has only for multi-Region keys. */
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
      // AWS shows none before the first import, and none after the material is gone.
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

/** Waits until KMS shows the key imported, where DescribeKey is permitted; gives its state then. */
export async function waitEnabled(
  kms: Kms,
  keyId: string,
  context: CallContext,
): Promise<KeyState | undefined> {
  const shown = await ifPermitted(kms, "a new version is not waited for before the alias moves to it", () =>
    eventually(`KMS key ${keyId} to be Enabled in ${kms.region}`, () => describeKmsKey(kms, keyId, context), {
      result: (seen) =>
        seen.state === "PendingImport" || seen.state === "Creating" || seen.state === "Deleted",
    }),
  );
  return shown?.state;
}

/** Whether AWS refused a call because of the state of the KMS key; one of these, as its text says (errors/texts.ts). */
const isInState = (error: unknown, ...states: KeyState[]) =>
  isKeymgmtError(error) && states.some((state) => state === error.context.keyState);

export function isPendingDeletionError(error: unknown): boolean {
  return isInState(error, "PendingDeletion", "PendingReplicaDeletion");
}

export function isPendingImportError(error: unknown): boolean {
  return isInState(error, "PendingImport");
}

/** Creating: a new replica. Updating: for some seconds after UpdatePrimaryRegion. */
export function isCreatingError(error: unknown): boolean {
  return isInState(error, "Creating", "Updating");
}
