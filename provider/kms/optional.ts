import { isKeymgmtError, type KeymgmtError } from "../errors";
import type { Kms } from "./client/client";

/**
 * Does work that needs an optional permission. Where the permission is not granted, it warns once of what is lost and returns
 * undefined.
 */
export async function ifPermitted<T>(
  kms: Kms,
  loses: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  return permitted(work, (error) => warn(kms, error, loses));
}

/** The same without a warning, for callers that need none or write their own. */
export async function permitted<T>(
  work: () => Promise<T>,
  refused: (error: KeymgmtError) => void = () => {},
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isKeymgmtError(error, "AccessDenied")) throw error;
    refused(error);
    return undefined;
  }
}

/** Warns that a permission is not granted, and of what is lost. */
export function warn(kms: Kms, { context }: KeymgmtError, loses: string): void {
  const permission = context.permission ?? `kms:${context.operation}`;
  kms.say(`no permission ${permission}${context.region ? ` in ${context.region}` : ""}: ${loses}`);
}
