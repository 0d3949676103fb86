/** Users and roles that a key policy names, which AWS KMS knows some time after IAM does. */
import { isKeymgmtError, KeymgmtError } from "../errors";
import type { CallContext, Kms } from "./client/client";
import { SETTLING_SECONDS } from "./eventually";

/** Seconds between two attempts: doubles from the first up to the longest. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 5;

/**
 * Does the work, which sends a key policy, and again while AWS KMS does not know a principal of it: such a refusal has no effect.
 * Pauses count, not the time that calls take or wait for their quota. Throws what the work throws otherwise.
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
        `AWS KMS in ${region} does not know a principal of the key policy of key "${key}", as happens for some seconds after it was made; waiting for it, ${SETTLING_SECONDS} seconds at the most`,
      );
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
      waited += pause;
    }
  }
}

function stillUnknown(error: KeymgmtError): KeymgmtError {
  return new KeymgmtError(
    error.code,
    `${error.message} It was waited for ${SETTLING_SECONDS} seconds. Look whether each user and role that \`policy\` names is there (aws iam get-role, aws iam get-user), was not deleted, and is not typed wrong; then run again.`,
    error.context,
    { cause: error },
  );
}
