/** A distribution or replica in its Region, and the input of the plan for it. */
import { createdAtIn } from "../keys/keyring";
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
  /** Of a replica: the primary's KMS keys by version. */
  primaries?: KmsKeyRecords;
}

/** What is desired in the Region. @param more values for a create or a removal */
export function desiredOf(run: Run, target: Target, isNew: boolean, more: Partial<Desired> = {}): Desired {
  const { role, region, owner, primaries = {} } = target;
  const { strategy = defaultOf<RotationStrategy>("KeyDistribution", "rotationStrategy") } = target;
  const { id, keyVersion, minEnabledVersion, replicaRegions } = owner.key;
  const versions = Array.from({ length: keyVersion }, (_, index) => index + 1);
  return {
    role,
    region,
    latest: keyVersion,
    minEnabled: minEnabledVersion,
    strategy,
    ...publicationOf(run, target),
    multiRegion: replicaRegions.length > 0,
    expiry: owner.expiry,
    now: run.now().getTime(),
    fresh: versions.filter((version) => run.created.hasMaterial(id, version)),
    isNew,
    primaries,
    adopts: false,
    mayUseNextName: false,
    ...more,
  };
}

/** A ManagedKey publishes the public key of a version when it makes it. While it waits for its own update, a preview knows its state alone. */
function publicationOf(run: Run, { owner, publishBefore }: Target): Pick<Desired, "publication"> {
  const wait = publishBefore === undefined ? 0 : (parseWait(publishBefore) ?? 0);
  if (wait === 0) return {};
  const provided = run.keyrings.find(owner) ?? run.keyrings.ofKey(owner.key.id);
  const times = createdAtIn(provided?.keyring);
  return {
    publication: { for: wait, since: Object.fromEntries(times.map((time, index) => [index + 1, time])) },
  };
}
