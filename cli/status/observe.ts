import { isKeymgmtError } from "../../provider/errors.js";
import type { SeenRegion } from "../../provider/lifecycle/drift/drift.js";
import { lookAtRegion } from "../../provider/lifecycle/drift/observe.js";
import { kmsKeysOf } from "../../provider/state/records.js";
import type { Aws } from "../aws.js";
import type { RegionState } from "../state/stack.js";
import { type Unseen, unseenBy } from "./unseen.js";

/** What AWS shows, and who was asked. */
export interface Seen extends SeenRegion {
  accountId: string;
  /** Undefined for AWS's own. */
  endpoint: string | undefined;
}

/** What AWS shows of each distribution in a Region. A Region that was not asked is missing. */
export type Observations = Map<RegionState, Seen | Unseen>;

/**
 * Describes every version and the alias, as a refresh does. With credentials of another account nothing is asked: the same ids
 * would mean other keys.
 */
export async function observe(
  aws: Aws,
  { region, owner, outputs, kmsProvider }: RegionState,
): Promise<Seen | Unseen> {
  try {
    const { accountId, kms } = await aws.reach(kmsProvider, region);
    const seen = await lookAtRegion(kms, owner, outputs);
    const isWhole = seen.keys.size === kmsKeysOf(outputs.versions).length && seen.aliasTarget !== undefined;
    const unseen = `kms:DescribeKey is not permitted for each KMS key of ${owner.distribution}`;
    if (!isWhole) return { unseen, isSilent: false };
    return { ...seen, accountId, endpoint: aws.endpointOf(kmsProvider, region) };
  } catch (error) {
    if (!isKeymgmtError(error)) throw error;
    return unseenBy(error);
  }
}
