import { isKeymgmtError } from "../errors";

const warned = new Set<string>();

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
    const warning = `keymgmt: no permission ${permission}${error.context.region ? ` in ${error.context.region}` : ""}: ${loses}`;
    if (!warned.has(warning)) console.error(warning);
    warned.add(warning);
    return undefined;
  }
}
