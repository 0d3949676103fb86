import { isKeymgmtError, type KeymgmtError } from "../errors";
import { say } from "./say";

/**
 * Does what needs a permission beyond the minimum. Where it is not granted: says so once, with what is lost, and
 * returns undefined.
 */
export async function ifPermitted<T>(loses: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isKeymgmtError(error, "AccessDenied")) throw error;
    warnOnce(error, loses);
    return undefined;
  }
}

/** Says once that a permission is not granted, and what is lost. */
export function warnOnce({ context }: KeymgmtError, loses: string): void {
  const permission = context.permission ?? `kms:${context.operation}`;
  say(`no permission ${permission}${context.region ? ` in ${context.region}` : ""}: ${loses}`);
}
