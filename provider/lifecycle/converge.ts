/** Applies the inputs of a distribution or replica in its Region. */

import type { Run } from "../run";
import type { Adopt } from "../schema/types";
import { kmsKeysOf } from "../state/records";
import type { KmsKeyRecords, RegionalOutputs } from "../state/types";
import { promoted } from "./drift/drift";
import { execute } from "./execute/execute";
import { sayReclaimed } from "./execute/reclaimedReplicas";
import type { ProvidedKeyring } from "./memory/keyrings";
import { changedAspects } from "./metadata/aspects";
import { metadataFor } from "./metadata/desired";
import { mustApplyAgain } from "./metadata/ignoreChanges";
import type { Owner } from "./owner";
import { type Desired, type Known, knownFrom, servingVersion, sharedOf } from "./plan/known";
import { plan } from "./plan/plan";
import { sentenceOfMove, sentenceOfWait } from "./plan/sentences";
import type { Step } from "./plan/steps";
import { RegionalDistribution } from "./regionalDistribution";
import { desiredOf, type Target } from "./target";

export interface Convergence extends Target {
  keyring: ProvidedKeyring;
  /** Owner and inputs of the last update; undefined in a create. */
  last?: { owner: Owner; inputs: Partial<RegionalOutputs> };
  /** The state may differ from the KMS keys, so AWS is asked. */
  repair?: boolean;
  /** An update failed half-way: some KMS keys may already have its tags, policy or description, which are not in the state. */
  isHalfApplied?: boolean;
  adopt?: Adopt;
  /** The purpose of a distribution's KMS keys. */
  purpose?: string[];
  /** The next alias may be used where another stack has this one, because nobody uses this distribution yet. */
  mayUseNextName?: boolean;
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

/** The steps that an update would do, from the state alone. A preview describes them and decides from them whether to update. */
export function planOf(run: Run, target: Target, outputs: RegionalOutputs): Step[] {
  const records = outputs.versions;
  const { owner, inputs } = target;
  const last = { owner, inputs: { ...inputs, applied: outputs.applied } };
  const stale = staleVersions({ owner, inputs, last }, records);
  return plan(desiredOf(run, target, false), knownFrom(records, outputs, stale));
}

/** Of a replica, in a preview: whether the update of its primary, which comes first, moves the aliases, as a wait (`publishBefore`) is over. */
export function movesWithPrimary(run: Run, target: Target, outputs: RegionalOutputs): boolean {
  const { primaries = {} } = target;
  const desired: Desired = { ...desiredOf(run, target, false), role: "primary" };
  const serving = primaries[servingVersion(desired, knownFrom(primaries, outputs))];
  return serving !== undefined && serving.keyId !== outputs.keyId;
}

/** In a preview: that the alias moves to a version that waited, from the state alone. Of a replica, `primaries` have the versions. */
export function moveOf(run: Run, target: Target, outputs: RegionalOutputs): string | undefined {
  const { role, primaries = {} } = target;
  const known = knownFrom(role === "primary" ? outputs.versions : primaries, outputs);
  return sentenceOfMove({ ...desiredOf(run, target, false), role: "primary" }, known, target);
}

/** With `publishBefore`: a sentence about a version that is published and does not sign yet, from the state alone. */
export function waitOf(run: Run, target: Target, outputs: RegionalOutputs): string | undefined {
  const known = knownFrom(outputs.versions, outputs);
  return sentenceOfWait(desiredOf(run, target, false), known, target);
}

/** Where extra aliases point; "" for one that an update was about to make. One that is taken stays as the state has it. */
function extraTargets({ extraAliases }: Known, before: Record<string, string> = {}) {
  const targets = Object.entries(extraAliases).flatMap(([name, { target = "", isTaken }]) => {
    const shown = isTaken ? before[name] : target;
    return shown === undefined ? [] : [[name, shown] as const];
  });
  return targets.length > 0 ? Object.fromEntries(targets) : undefined;
}

/**
 * Observe, ensure, sync. The order of the steps is safe at every moment (plan/plan.ts), and every step can run again. `outputs` is
 * updated after each step.
 *
 * @param show gets whether every KMS key has the desired metadata; until then the metadata of the last update is valid
 */
export async function converge(
  run: Run,
  convergence: Convergence,
  outputs: RegionalOutputs,
  show: (isCurrent: boolean, regional: RegionalDistribution) => void,
): Promise<void> {
  const { last, adopt, mayUseNextName = false, movedAlias = "" } = convergence;
  const regional = new RegionalDistribution(run, convergence);
  const desired = desiredOf(run, convergence, !last, {
    adopts: adopt !== undefined,
    mayUseNextName,
    // Only what this stack has not had before: one that others have moved away since is left to them.
    movedAlias: outputs.extraAliasTargets?.[movedAlias] ? undefined : movedAlias,
    replaced: run.declared.replacedKmsKeys,
  });
  const known = knownFrom(outputs.versions, outputs, staleVersions(convergence, outputs.versions));
  const record = (now: Known) => {
    // The KMS keys that the program names are adopted all together: until then none is recorded, and the next attempt starts again.
    if (Object.values(now.candidates).some(({ isNamed }) => isNamed)) return;
    outputs.versions = now.records;
    const serving = now.records[servingVersion(desired, now)];
    if (now.alias.target !== undefined) outputs.aliasTarget = now.alias.target;
    outputs.extraAliasTargets = extraTargets(now, outputs.extraAliasTargets);
    if (serving && serving.keyId === now.alias.target)
      Object.assign(outputs, { keyId: serving.keyId, keyArn: serving.keyArn });
    show(now.stale.length === 0, regional);
  };
  show(known.stale.length === 0, regional);
  try {
    record(await execute(regional, desired, known, record));
  } catch (error) {
    if (regional.reclaimed.size > 0) sayReclaimed(regional, sharedOf(outputs.versions).keyId);
    throw error;
  }
  outputs.drift = promoted(outputs.versions);
}
