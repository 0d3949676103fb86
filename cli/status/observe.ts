import { isKeymgmtError, type KeymgmtError } from "../../provider/errors.js";
import type { SeenRegion } from "../../provider/lifecycle/drift.js";
import { lookAtRegion } from "../../provider/lifecycle/observe.js";
import { kmsKeysOf } from "../../provider/lifecycle/wire.js";
import type { Aws, Reached, ReachOptions } from "../look.js";
import type { RegionState } from "../state/stack.js";

/** Why a Region could not be looked at. */
export interface Unseen {
  unseen: string;
}

/**
 * Looks at every version and the alias, as a refresh does. With credentials of another account nothing is asked: ids would
 * mean other keys.
 */
export async function observe(
  aws: Aws,
  { region, owner, outputs, connection }: RegionState,
  options: ReachOptions,
): Promise<SeenRegion | Unseen> {
  try {
    const reached = await aws.reach(connection, region, options);
    if (reached.accountId !== reached.held) return { unseen: ofOtherAccount(reached) };
    const seen = await lookAtRegion(reached.kms, owner, outputs);
    const isWhole = seen.keys.size === kmsKeysOf(outputs.versions).length && seen.aliasTarget !== undefined;
    return isWhole ? seen : { unseen: "kms:DescribeKey is not permitted for each of its KMS keys" };
  } catch (error) {
    if (!isKeymgmtError(error)) throw error;
    return { unseen: (error as KeymgmtError).message };
  }
}

export const ofOtherAccount = ({ accountId, held }: Reached) =>
  `the credentials are of account ${accountId}, and its KMS keys in ${held}`;
