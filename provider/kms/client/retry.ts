import { failureOf } from "../errors/failures";
import type { Allowance } from "./limiter";
import type { KmsOperation } from "./operations";

/**
 * Calls that would do their work twice when sent twice: AWS takes no idempotency token for them, and a second KMS key
 * that nobody knows of stays, is billed, and (a replica) is in the way of the next.
 *
 * All others may be repeated after a lost answer. Reads and TagResource, UntagResource, PutKeyPolicy, UpdateAlias,
 * UpdateKeyDescription, EnableKey, DisableKey and DeleteImportedKeyMaterial end in the same state. RotateKeyOnDemand
 * takes the one material that waits, so that a second one fails. ImportKeyMaterial is
 * sent again with the same token and ciphertext, so the same material. GetParametersForImport gives a second set, and
 * both are good. CreateAlias, DeleteAlias, ScheduleKeyDeletion and CancelKeyDeletion then fail with AlreadyExists,
 * NotFound or InvalidState: harmless, and `context.afterLostAnswer` tells the caller that it may be their own doing.
 */
const NOT_REPEATABLE: ReadonlySet<KmsOperation> = new Set<KmsOperation>(["CreateKey", "ReplicateKey"]);

/** Whether a call may be sent again when nobody knows whether the first had its effect. */
export function isRepeatable(operation: KmsOperation): boolean {
  return !NOT_REPEATABLE.has(operation);
}

/** Whether a call only reads. AWS makes an RSA key for GetParametersForImport, which takes its time. */
export function isReading(operation: KmsOperation): boolean {
  return operation !== "GetParametersForImport" && /^(Describe|List|Get)/.test(operation);
}

export interface RetryLimits {
  /** Times that a call is sent in all, throttled ones not counted. */
  attempts: number;
  /** Milliseconds that one call may be held back by throttling in all. */
  throttledMs: number;
  /** The longest wait before the second attempt; doubles from there up to 25 times that. */
  firstPauseMs: number;
  /** A number from 0 up to 1. */
  random: () => number;
}

export const DEFAULT_RETRY_LIMITS: RetryLimits = {
  attempts: 4,
  throttledMs: 5 * 60_000,
  firstPauseMs: 200,
  random: Math.random,
};

/** How often `withRetries` sent the call and got no answer that tells its effect: for the error, if it fails. */
export interface Attempts {
  lost: number;
}

/**
 * Sends a call when its quotas allow it, and again where that is safe and of use. Throws the last failure as it came.
 * The AWS SDK's own retries are off: they would repeat CreateKey as well.
 */
export async function withRetries<T>(
  operation: KmsOperation,
  allowance: Allowance,
  send: () => Promise<T>,
  limits: RetryLimits,
  attempts: Attempts,
): Promise<T> {
  let failed = 0;
  let heldBackMs = 0;
  for (;;) {
    await allowance.take();
    try {
      const answer = await send();
      allowance.accepted();
      return answer;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === "throttled") {
        heldBackMs += allowance.backOff();
        if (heldBackMs > limits.throttledMs) throw error;
        continue;
      }
      if (failure === "final" || (failure === "lost" && !isRepeatable(operation))) throw error;
      if (++failed >= limits.attempts) throw error;
      if (failure === "lost") attempts.lost++;
      await pause(limits, failed);
    }
  }
}

function pause({ firstPauseMs, random }: RetryLimits, failed: number): Promise<void> {
  const most = firstPauseMs * Math.min(25, 2 ** (failed - 1));
  return new Promise((resolve) => setTimeout(resolve, most * random()));
}
