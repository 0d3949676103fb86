import { KeymgmtError } from "../errors";
import { utilWaiter } from "./awsSdk";

/** Seconds. KMS is eventually consistent: other calls may see a write only after this time. */
export const SETTLING_SECONDS = 120;
const MIN_DELAY_SECONDS = 0.2;
const MAX_DELAY_SECONDS = 5;

/**
 * Runs `work`, and repeats it while `notYet` accepts its error or its result as one that KMS has not caught up with.
 * Throws any other error of `work`, and Timeout after `seconds`.
 */
export async function eventually<T>(
  what: string,
  work: () => Promise<T>,
  notYet: { error?: (error: unknown) => boolean; result?: (result: T) => boolean },
  seconds = SETTLING_SECONDS,
): Promise<T> {
  const { createWaiter, WaiterState } = utilWaiter();
  let value: { result: T } | undefined;
  let failure: { error: unknown } | undefined;
  const outcome = await createWaiter(
    { client: undefined, maxWaitTime: seconds, minDelay: MIN_DELAY_SECONDS, maxDelay: MAX_DELAY_SECONDS },
    undefined,
    async () => {
      try {
        const result = await work();
        if (notYet.result?.(result)) return { state: WaiterState.RETRY };
        value = { result };
        return { state: WaiterState.SUCCESS };
      } catch (error) {
        failure = { error };
        return { state: notYet.error?.(error) ? WaiterState.RETRY : WaiterState.FAILURE };
      }
    },
  );
  if (outcome.state === WaiterState.SUCCESS) return value!.result;
  if (outcome.state === WaiterState.FAILURE) throw failure!.error;
  throw (
    failure?.error ??
    new KeymgmtError(
      "Timeout",
      `Expected ${what} within ${seconds} s; it did not happen. Run the update again: it continues from here.`,
    )
  );
}
