/** A distribution or replica in its Region, and the input of the plan for it. */
import { parseWait } from "../keys/period";
import type { Run } from "../run";
import { defaultOf } from "../schema/definition";
import type { RotationStrategy } from "../schema/types";
import type { KmsKeyRecords, MetadataInputs } from "../state/types";
import type { Owner } from "./owner";
import type { Desired } from "./plan/known";

/** Built from inputs or from a state. */
export interface Target {
  role: Desired["role"];
  region: string;
  owner: Owner;
  aliasName: string;
  /** Tags, policy and description. */
  inputs: MetadataInputs;
  strategy?: RotationStrategy;
  publishBefore?: string;
  deletionWindowDays?: number;
  extraAliases?: string[];
  /** The one of `extraAliases` that the program says is moved. */
  movedAlias?: string;
  /** Of a replica: the primary's KMS keys by version. */
  primaries?: KmsKeyRecords;
}

/** What is desired in the Region. @param more values for a create or a removal */
export function desiredOf(run: Run, target: Target, isNew: boolean, more: Partial<Desired> = {}): Desired {
  const { role, region, owner, primaries = {}, publishBefore, extraAliases = [] } = target;
  const { strategy = defaultOf<RotationStrategy>("KeyDistribution", "rotationStrategy") } = target;
  const { id, keyVersion, minEnabledVersion, replicaRegions } = owner.key;
  const versions = Array.from({ length: keyVersion }, (_, index) => index + 1);
  return {
    role,
    region,
    latest: keyVersion,
    minEnabled: minEnabledVersion,
    strategy,
    publishFor: (publishBefore !== undefined && parseWait(publishBefore)) || 0,
    multiRegion: replicaRegions.length > 0,
    expiry: owner.expiry,
    now: run.now().getTime(),
    fresh: versions.filter((version) => run.created.hasMaterial(id, version)),
    isNew,
    primaries,
    adopts: false,
    extraAliases,
    replaced: [],
    mayUseNextName: false,
    ...more,
  };
}
