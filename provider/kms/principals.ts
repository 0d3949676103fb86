/** Users and roles that a key policy names. AWS KMS sees a new one some seconds after IAM. */
import { isKeymgmtError, KeymgmtError } from "../errors";
import type { CallContext, Kms } from "./client/client";
import { SETTLING_SECONDS } from "./eventually";

/** Seconds between two attempts. The pause doubles from the first value up to the longest. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 5;

/**
 * Runs `work`, which sends a key policy, and repeats it while AWS KMS does not know a principal of the policy. A refused call has no
 * effect. The time limit applies to the pauses, not to the calls or their wait for a quota. Throws any other error of `work`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export async function oncePrincipalsAreKnown<T>(
  { region, say }: Kms,
  { key }: CallContext,
  work: () => Promise<T>,
): Promise<T> {
  let waited = 0;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE, SETTLING_SECONDS - waited)) {
    try {
      return await work();
    } catch (error) {
      if (!isKeymgmtError(error, "UnknownPrincipal")) throw error;
      if (waited >= SETTLING_SECONDS) throw stillUnknown(error);
      say(
        `AWS KMS in ${region} does not know a principal of the key policy of key "${key}", as happens for some seconds after a principal is created; waiting for it, at most ${SETTLING_SECONDS} seconds`,
      );
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
      waited += pause;
    }
  }
}

function stillUnknown(error: KeymgmtError): KeymgmtError {
  return new KeymgmtError(
    error.code,
    `${error.message} It was still unknown after ${SETTLING_SECONDS} seconds. Check that each user and role that \`policy\` names exists (aws iam get-role, aws iam get-user), was not deleted, and is spelt right; then run again.`,
    error.context,
    { cause: error },
  );
}
