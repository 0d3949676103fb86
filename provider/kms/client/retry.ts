import { failureOf } from "../errors/failures";
import type { Allowance } from "./limiter";
import type { KmsOperation } from "./operations";

/**
 * Calls that have a second effect when they are sent twice. AWS takes no idempotency token for them. An unrecorded second KMS key is
 * billed, and a second replica blocks the next one.
 *
 * All others may be repeated after a lost response:
 * - Reads, TagResource, UntagResource, PutKeyPolicy, UpdateAlias, UpdateKeyDescription, EnableKey, DisableKey and
 *   DeleteImportedKeyMaterial end in the same state.
 * - RotateKeyOnDemand uses the one pending material, so a second call fails.
 * - ImportKeyMaterial is repeated with the same token and ciphertext, so with the same material.
 * - GetParametersForImport returns a second set of parameters, and both sets are valid.
 * - CreateAlias, DeleteAlias, ScheduleKeyDeletion and CancelKeyDeletion fail with AlreadyExists, NotFound or InvalidState. That does no
 *   harm, and `context.afterLostAnswer` tells the caller that the first call may have caused it.
 */
const NOT_REPEATABLE: ReadonlySet<KmsOperation> = new Set<KmsOperation>(["CreateKey", "ReplicateKey"]);

/** Whether a call may be sent again when the effect of the first is unknown. */
export function isRepeatable(operation: KmsOperation): boolean {
  return !NOT_REPEATABLE.has(operation);
}

/** Whether a call only reads. GetParametersForImport is excluded: AWS generates an RSA key for it, which takes longer. */
export function isReading(operation: KmsOperation): boolean {
  return operation !== "GetParametersForImport" && /^(Describe|List|Get)/.test(operation);
}

export interface RetryLimits {
  /** How often a call is sent in total, not counting throttled attempts. */
  attempts: number;
  /** For how long one call waits for answers that do not come, in milliseconds: no further attempt begins after that. */
  unansweredMs: number;
  /** For how long AWS may throttle one call, in milliseconds. */
  throttledMs: number;
  /** The longest wait before the second attempt, in milliseconds. It doubles with each attempt, up to 25 times this value. */
  firstPauseMs: number;
  /** A number from 0 up to 1. */
  random: () => number;
}

export const DEFAULT_RETRY_LIMITS: RetryLimits = {
  attempts: 4,
  unansweredMs: 25_000,
  throttledMs: 5 * 60_000,
  firstPauseMs: 200,
  random: Math.random,
};

/** How often `withRetries` repeated the call after a lost response. The error of the call needs it. */
export interface Attempts {
  lost: number;
}

/**
 * Sends a call when its quotas allow it, and repeats it where that is safe and can help. Throws the last failure unchanged.
 * The AWS SDK's own retries are off, because they would repeat CreateKey too.
 */
export async function withRetries<T>(
  operation: KmsOperation,
  allowance: Allowance,
  send: (sent: () => void) => Promise<T>,
  limits: RetryLimits,
  attempts: Attempts,
): Promise<T> {
  let failed = 0;
  let unanswered = 0;
  for (;;) {
    await allowance.take();
    const begun = performance.now();
    try {
      const answer = await send(() => allowance.sent());
      allowance.accepted();
      return answer;
    } catch (error) {
      const failure = failureOf(error);
      if (failure === "throttled") {
        if (allowance.throttled() > limits.throttledMs) throw error;
        continue;
      }
      allowance.failed();
      if (failure === "final" || (failure === "lost" && !isRepeatable(operation))) throw error;
      unanswered += performance.now() - begun;
      if (++failed >= limits.attempts || unanswered >= limits.unansweredMs) throw error;
      if (failure === "lost") attempts.lost++;
      await pause(limits, failed);
    }
  }
}

function pause({ firstPauseMs, random }: RetryLimits, failed: number): Promise<void> {
  const most = firstPauseMs * Math.min(25, 2 ** (failed - 1));
  return new Promise((resolve) => setTimeout(resolve, most * random()));
}
