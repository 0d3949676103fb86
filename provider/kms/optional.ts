import { isKeymgmtError, type KeymgmtError } from "../errors";
import type { Kms } from "./client/client";

/** Does work that needs an optional permission. Where AWS denies it, warns once of what is lost and returns undefined. */
export async function warnIfDenied<T>(
  kms: Kms,
  loses: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  return undefinedIfDenied(work, (error) => warnOfDenial(kms, error, loses));
}

/** The same without a warning, for callers that need none or write their own. */
export async function undefinedIfDenied<T>(
  work: () => Promise<T>,
  denied: (error: KeymgmtError) => void = () => {},
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isKeymgmtError(error, "AccessDenied")) throw error;
    denied(error);
    return undefined;
  }
}

/** Warns that a permission is missing, and of what is lost. */
export function warnOfDenial(kms: Kms, { context }: KeymgmtError, loses: string): void {
  const permission = context.permission ?? `kms:${context.operation}`;
  kms.say(`no permission ${permission}${context.region ? ` in ${context.region}` : ""}: ${loses}`);
}
