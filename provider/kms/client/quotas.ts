import { KeymgmtError } from "../../errors";
import type { KmsOperation } from "./operations";

/**
 * Requests a second that AWS allows by default for each account and Region. Every operation has its own quota, which all principals of
 * the account share. Source: https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html (2026).
 */
export const DEFAULT_QUOTAS: Readonly<Record<KmsOperation, number>> = {
  CancelKeyDeletion: 5,
  CreateAlias: 5,
  CreateKey: 5,
  Decrypt: 10_000,
  DeleteAlias: 15,
  DeleteImportedKeyMaterial: 15,
  DescribeKey: 2000,
  DisableKey: 5,
  EnableKey: 5,
  GenerateDataKey: 10_000,
  GetKeyPolicy: 1000,
  GetParametersForImport: 1,
  GetPublicKey: 2000,
  ImportKeyMaterial: 15,
  ListAliases: 500,
  ListGrants: 100,
  ListKeys: 500,
  ListResourceTags: 2000,
  PutKeyPolicy: 15,
  ReplicateKey: 5,
  RotateKeyOnDemand: 5,
  ScheduleKeyDeletion: 15,
  TagResource: 10,
  UntagResource: 5,
  UpdateAlias: 5,
  UpdateKeyDescription: 5,
};

/** The requests that one call takes from one bucket. */
export interface QuotaUse {
  region: string;
  operation: KmsOperation;
  requests: number;
}

/**
 * The quotas that one call uses, the scarcest first: the others are not held while it is waited for. ReplicateKey is one request in the primary Region and, by the same page, two CreateKey requests in the
 * replica's Region.
 */
export function quotaUses(operation: KmsOperation, region: string, replicaRegion?: string): QuotaUse[] {
  const own: QuotaUse = { region, operation, requests: 1 };
  if (operation !== "ReplicateKey" || replicaRegion === undefined) return [own];
  return [{ region: replicaRegion, operation: "CreateKey", requests: 2 }, own];
}

/** Requests a second for an operation: the user's value, or else AWS's default. Throws InvalidInput. */
export function quotaOf(operation: KmsOperation, quotas: Record<string, number> = {}): number {
  const quota = quotas[operation] ?? DEFAULT_QUOTAS[operation];
  if (!Number.isFinite(quota) || quota <= 0) {
    throw new KeymgmtError(
      "InvalidInput",
      `Expected \`quotas.${operation}\` to be a number of requests a second above 0, got ${quota}.`,
      { operation },
    );
  }
  return quota;
}
