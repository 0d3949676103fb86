import type { DryRunModifierType } from "@aws-sdk/client-kms";
import { KmsError, unsupported, validation } from "../api/errors.js";
import { usableKey } from "../keys/resolve.js";
import type { Call } from "./call.js";

/** DryRun does everything but the work: https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html */
export function checkDryRun({ DryRun }: { DryRun?: boolean | undefined }): void {
  if (DryRun) throw dryRunSucceeds();
}

const dryRunSucceeds = () =>
  new KmsError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.");

interface DryRunRequest {
  DryRun?: boolean | undefined;
  DryRunModifiers?: DryRunModifierType[] | undefined;
}

/** A dry run with IGNORE_CIPHERTEXT tests permissions without a ciphertext; without DryRun the modifier has no meaning. */
export const ignoresCiphertext = ({ DryRun, DryRunModifiers }: DryRunRequest): boolean =>
  DryRun === true && DryRunModifiers?.includes("IGNORE_CIPHERTEXT") === true;

/** What is left of a decryption in such a dry run; the ciphertext cannot say which key it would be. */
export function authorizeOnly(call: Call, ...keys: { keyId: string | undefined; action?: string }[]): never {
  for (const { keyId, action } of keys) {
    if (keyId === undefined)
      throw validation("A key ID is required if DryRunModifiers is set to IGNORE_CIPHERTEXT");
    usableKey(call, keyId, "keys and aliases", { action });
  }
  throw dryRunSucceeds();
}

/** Nitro enclaves are not there: an answer without CiphertextForRecipient would be a wrong one. */
export function refuseRecipient({ Recipient }: { Recipient?: unknown }): void {
  if (Recipient !== undefined) throw unsupported("Recipient is not built in this local KMS");
}
