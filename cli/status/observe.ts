import { isKeymgmtError, type KeymgmtError } from "../../provider/errors.js";
import type { SeenRegion } from "../../provider/lifecycle/drift/drift.js";
import { lookAtRegion } from "../../provider/lifecycle/drift/observe.js";
import { kmsKeysOf } from "../../provider/state/records.js";
import type { Aws } from "../aws.js";
import type { RegionState } from "../state/stack.js";

/** Why a Region could not be observed. */
export interface Unseen {
  unseen: string;
}

/** What AWS shows of each distribution in a Region. A Region that was not asked is missing. */
export type Observations = Map<RegionState, SeenRegion | Unseen>;

/**
 * Describes every version and the alias, as a refresh does. With credentials of another account nothing is asked: the same ids
 * would mean other keys.
 */
export async function observe(
  aws: Aws,
  { region, owner, outputs, kmsProvider }: RegionState,
): Promise<SeenRegion | Unseen> {
  try {
    const { kms } = await aws.reach(kmsProvider, region);
    const seen = await lookAtRegion(kms, owner, outputs);
    const isWhole = seen.keys.size === kmsKeysOf(outputs.versions).length && seen.aliasTarget !== undefined;
    return isWhole ? seen : { unseen: "kms:DescribeKey is not permitted for each of its KMS keys" };
  } catch (error) {
    if (!isKeymgmtError(error)) throw error;
    return { unseen: (error as KeymgmtError).message };
  }
}
