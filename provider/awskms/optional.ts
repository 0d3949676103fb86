import { isKeymgmtError } from "../errors";
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
    const permission = error.context.permission ?? `kms:${error.context.operation}`;
    say(`no permission ${permission}${error.context.region ? ` in ${error.context.region}` : ""}: ${loses}`);
    return undefined;
  }
}
