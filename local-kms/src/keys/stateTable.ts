import type { KeyState } from "@aws-sdk/client-kms";
import { invalidState, KmsError } from "../api/errors.js";

/**
 * Which operation is allowed on a key in which state: one table, consulted by every operation that names a key.
 * `ok` allows; anything else refuses. Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
 * Unavailable is left out: only keys in custom key stores have it.
 */
export type Verdict = "ok" | "X";
type Row = Record<Exclude<KeyState, "Unavailable">, Verdict>;

/** Columns: Enabled, Disabled, PendingDeletion and PendingReplicaDeletion, PendingImport, Creating, Updating. */
function row(columns: string): Row {
  const [Enabled, Disabled, PendingDeletion, PendingImport, Creating, Updating] = columns.split(
    /\s+/,
  ) as Verdict[];
  return {
    Enabled: Enabled!,
    Disabled: Disabled!,
    PendingDeletion: PendingDeletion!,
    PendingReplicaDeletion: PendingDeletion!,
    PendingImport: PendingImport!,
    Creating: Creating!,
    Updating: Updating!,
  };
}

// Columns:               E  D  PD PI Cr Up
const usesMaterial = row("ok X  X  X  X  ok");
const reads = row("ok ok ok ok ok ok");

/** Operations that name no existing key, or any number of them, have no row. */
export const STATE_TABLE: Readonly<Record<string, Row>> = {
  CreateGrant: usesMaterial,
  DescribeKey: reads,
  ListAliases: reads,
  ListGrants: reads,
  ListKeyPolicies: reads,
  ListResourceTags: reads,
  GetKeyPolicy: reads,
  RetireGrant: reads,
  RevokeGrant: reads,
  PutKeyPolicy: row("ok ok ok ok ok ok"),
  UpdateKeyDescription: row("ok ok X  ok ok ok"),
  TagResource: row("ok ok X  ok ok ok"),
  UntagResource: row("ok ok X  ok ok ok"),
  CreateAlias: row("ok ok X  ok ok ok"),
  // The row is for the new target; the key that the alias leaves may be in any state.
  UpdateAlias: row("ok ok X  ok ok ok"),
  EnableKey: row("ok ok X  X  X  X"),
  DisableKey: row("ok ok X  X  X  X"),
  ScheduleKeyDeletion: row("ok ok X  ok ok X"),
  CancelKeyDeletion: row("X  X  ok X  X  X"),
  // A key that awaits its import is refused for its origin.
  EnableKeyRotation: row("ok X  X  ok X  X"),
  DisableKeyRotation: row("ok X  X  ok X  X"),
  GetKeyRotationStatus: reads,
  ListKeyRotations: reads,
  RotateKeyOnDemand: row("ok X  X  X  X  X"),
  ReplicateKey: row("ok X  X  X  X  X"),
  UpdatePrimaryRegion: row("ok X  X  X  X  ok"),
  GetParametersForImport: row("ok ok X  ok X  X"),
  ImportKeyMaterial: row("ok ok X  ok X  ok"),
  DeleteImportedKeyMaterial: row("ok ok ok ok X  X"),
  Encrypt: usesMaterial,
  Decrypt: usesMaterial,
  ReEncrypt: usesMaterial,
  GenerateDataKey: usesMaterial,
  GenerateDataKeyWithoutPlaintext: usesMaterial,
  GenerateDataKeyPair: usesMaterial,
  GenerateDataKeyPairWithoutPlaintext: usesMaterial,
  GetPublicKey: usesMaterial,
  Sign: usesMaterial,
  Verify: usesMaterial,
  GenerateMac: usesMaterial,
  VerifyMac: usesMaterial,
  DeriveSharedSecret: usesMaterial,
};

/** Throws what AWS answers where the table refuses. */
export function checkState(operation: string, state: KeyState, arn: string): void {
  if (STATE_TABLE[operation]?.[state as keyof Row] !== "ok") throw refusal(operation, state, arn);
}

/** The table's footnotes: a disabled key is a DisabledException, every other wrong state a KMSInvalidStateException. */
function refusal(operation: string, state: KeyState, arn: string): KmsError {
  if (operation === "CancelKeyDeletion") return invalidState(`${arn} is not pending deletion.`);
  if (state === "Disabled") return new KmsError("DisabledException", `${arn} is disabled.`);
  return invalidState(`${arn} is ${WORDS[state]}.`);
}

const WORDS: Record<KeyState, string> = {
  Enabled: "enabled",
  Disabled: "disabled",
  PendingDeletion: "pending deletion",
  PendingReplicaDeletion: "pending replica deletion",
  PendingImport: "pending import",
  Creating: "creating",
  Updating: "updating",
  Unavailable: "unavailable",
};
