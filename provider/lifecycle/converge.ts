/** A distribution or replica in its Region: brought to what its inputs say, or taken away. */

import { isKeymgmtError, KeymgmtError } from "../errors";
import type { Run } from "../run";
import { defaultOf } from "../schema/definition";
import type { Adopt, RotationStrategy } from "../schema/types";
import { kmsKeysOf, versionsOf } from "../state/records";
import type { KmsKeyRecords, MetadataInputs, RegionalOutputs } from "../state/types";
import { promoted } from "./drift/drift";
import { execute } from "./execute/execute";
import type { ProvidedKeyring } from "./memory/keyrings";
import { changedAspects } from "./metadata/aspects";
import { metadataFor } from "./metadata/desired";
import { mustApplyAgain } from "./metadata/ignoreChanges";
import type { Owner } from "./owner";
import { type Desired, type Known, knownFrom } from "./plan/known";
import { plan } from "./plan/plan";
import type { Step } from "./plan/steps";
import { RegionalDistribution } from "./regionalDistribution";

/** What a resource says of its Region, from its inputs or from its state. */
export interface Target {
  role: Desired["role"];
  region: string;
  owner: Owner;
  aliasName: string;
  /** Tags, policy and description. */
  inputs: MetadataInputs;
  strategy?: RotationStrategy;
  deletionWindowDays?: number;
  /** Of a replica: the primary's KMS keys by version. */
  primaries?: KmsKeyRecords;
}

export interface Convergence extends Target {
  keyring: ProvidedKeyring;
  /** What the last update left; undefined in a create. */
  last?: { owner: Owner; inputs: Partial<RegionalOutputs> };
  /** The state may not say what the KMS keys have, so AWS is asked. */
  repair?: boolean;
  /** An update failed half-way: some KMS keys may have its tags, policy or description, which the state does not say. */
  isHalfApplied?: boolean;
  adopt?: Adopt;
  /** Of a distribution: what its KMS keys are for. */
  purpose?: string[];
  /** Another alias may be used where another stack has this one: nothing has used it yet. */
  mayUseNextName?: boolean;
}

/** What is desired of a Region. */
function desiredOf(run: Run, target: Target, isNew: boolean, more: Partial<Desired> = {}): Desired {
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

/** Versions whose KMS key does not have the tags, policy and description that are desired. */
function staleVersions(
  { owner, inputs, last, isHalfApplied }: Pick<Convergence, "owner" | "inputs" | "last" | "isHalfApplied">,
  records: KmsKeyRecords,
): number[] {
  if (!last) return [];
  return kmsKeysOf(records)
    .filter(
      ({ version, record }) =>
        isHalfApplied ||
        record.untagged ||
        mustApplyAgain(last.inputs.applied, inputs) ||
        changedAspects(metadataFor(owner, version, inputs), metadataFor(last.owner, version, last.inputs))
          .length > 0,
    )
    .map(({ version }) => version);
}

/** The steps that an update would do, as far as the state tells: what a preview says, and whether there is anything to do. */
export function planOf(run: Run, target: Target, outputs: RegionalOutputs): Step[] {
  const records = outputs.versions;
  const { owner, inputs } = target;
  const last = { owner, inputs: { ...inputs, applied: outputs.applied } };
  const stale = staleVersions({ owner, inputs, last }, records);
  return plan(desiredOf(run, target, false), knownFrom(records, outputs, stale));
}

/**
 * Observe, ensure, sync: what is missing is made, in an order in which no moment loses anything (plan/plan.ts). Every step can
 * be run again. `outputs` says what is done while it is done; until tags, policy and description are brought over, it says what
 * AWS has.
 *
 * @param show is told whether metadata is as desired, or still as the last update left it
 */
export async function converge(
  run: Run,
  convergence: Convergence,
  outputs: RegionalOutputs,
  show: (isCurrent: boolean, regional: RegionalDistribution) => void,
): Promise<void> {
  const { last, adopt, mayUseNextName = false } = convergence;
  const regional = new RegionalDistribution(run, convergence);
  const desired = desiredOf(run, convergence, !last, { adopts: adopt !== undefined, mayUseNextName });
  const known = knownFrom(outputs.versions, outputs, staleVersions(convergence, outputs.versions));
  const record = (now: Known) => {
    // What the program names is adopted as a whole or not at all: it is there again for the next attempt.
    if (Object.values(now.candidates).some(({ isNamed }) => isNamed)) return;
    outputs.versions = now.records;
    const latest = now.records[desired.latest];
    if (now.alias.target !== undefined) outputs.aliasTarget = now.alias.target;
    if (latest && latest.keyId === now.alias.target)
      Object.assign(outputs, { keyId: latest.keyId, keyArn: latest.keyArn });
    show(now.stale.length === 0, regional);
  };
  show(known.stale.length === 0, regional);
  record(await execute(regional, desired, known, record));
  outputs.drift = promoted(outputs.versions);
}

/** A resource to take away. */
export interface Removal extends Target {
  /** The stack's name that some of the KMS keys may have already. */
  nextStack?: string;
}

/**
 * The alias is deleted and the deletion of each KMS key is scheduled, but for those that are not this resource's: by the name that
 * the state has. One with a former name of the stack is another stack's, which has taken it over.
 */
export async function remove(run: Run, target: Removal, outputs: RegionalOutputs): Promise<void> {
  const { owner, nextStack } = target;
  const formerStacks = nextStack === undefined ? [] : [nextStack];
  const keyring = run.keyrings.ofKey(owner.key.id);
  const regional = new RegionalDistribution(run, {
    ...target,
    keyring,
    owner: { ...owner, key: { ...owner.key, formerStacks } },
  });
  const { declared } = run;
  const ids = versionsOf(outputs.versions).map((version) => outputs.versions[version]!.keyId);
  const held = [...new Set(ids)].filter((keyId) =>
    declared.isHeldByAnother(target.owner.distribution, keyId),
  );
  const desired = desiredOf(run, target, false, { removal: { held } });
  let now = knownFrom(outputs.versions, outputs);
  try {
    await execute(regional, desired, now, (known) => {
      now = known;
    });
  } catch (error) {
    throw halfRemoved(regional, now, outputs, error);
  }
}

/** The engine keeps a resource whose deletion failed as it was, so its state cannot say what is done already. */
function halfRemoved(
  regional: RegionalDistribution,
  { alias, settled }: Known,
  outputs: RegionalOutputs,
  error: unknown,
): unknown {
  const isAliasGone = alias.target === "" && Boolean(outputs.aliasTarget);
  if (!isKeymgmtError(error) || (!isAliasGone && settled.length === 0)) return error;
  const { message, code, context } = error as KeymgmtError;
  return new KeymgmtError(
    code,
    `${message} ${regional.owner.distribution} was being removed in ${regional.region}: ${isAliasGone ? "its alias is deleted, and " : ""}the deletion of ${settled.length} of its KMS keys is scheduled, in ${regional.deletionWindowDays} days. Run the same command again to finish. To keep it instead, declare it again and run \`pulumi up --refresh\` within that time: the state does not know of it.`,
    context,
    { cause: error },
  );
}
