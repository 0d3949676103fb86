/** What KeyDistribution and KeyReplica share: each is a distribution in one Region. */
import { type Convergence, converge, planOf } from "../lifecycle/converge";
import { refuseDeletion } from "../lifecycle/deletionProtection";
import { hasDrifted, refreshRegion } from "../lifecycle/drift/observe";
import { stillSigning } from "../lifecycle/execute/refusals";
import { ownerOf, withFormerStack } from "../lifecycle/owner";
import { sentenceOfDisabled } from "../lifecycle/plan/sentences";
import type { Step } from "../lifecycle/plan/steps";
import type { RegionalDistribution } from "../lifecycle/regionalDistribution";
import { remove } from "../lifecycle/remove";
import { refuseTaken, sayTakenOfNew } from "../lifecycle/takenAliases";
import type { Target } from "../lifecycle/target";
import { refuseLeftOutDeletion, sentenceOfLeftOut } from "../lifecycle/unreachableRegions";
import type { Run } from "../run";
import { hasUnknown, known, UNKNOWN } from "../schema/unknowns";
import type {
  DistributionRef,
  KeyDistributionInputs,
  KeyDistributionOutputs,
  KeyReplicaInputs,
  KeyReplicaOutputs,
  KmsKeyRecords,
  KmsRef,
} from "../state/types";
import { inputsAmong, PartialFailure, type ReadResult, type Values } from "./resource";

type RegionalInputs = KeyDistributionInputs | KeyReplicaInputs;
type RegionalState = KeyDistributionOutputs | KeyReplicaOutputs;

/** How the two resources differ. */
export interface RegionalKind<I extends RegionalInputs, S extends I & RegionalState> {
  type: "KeyDistribution" | "KeyReplica";
  role: Target["role"];
  regionOf(values: I): string;
  /** The distribution: a KeyDistribution itself, or the distribution of a KeyReplica. */
  distributionOf(values: I): DistributionRef & { requestedName?: string };
  withDistribution(state: S, change: Partial<DistributionRef>): S;
}

/** One of the two resources in a run. */
export class RegionalResource<I extends RegionalInputs, S extends I & RegionalState> {
  constructor(
    readonly run: Run,
    readonly kind: RegionalKind<I, S>,
  ) {}

  /**
   * @param primaries for a replica: the primary's KMS keys by version
   * @param formerStack the stack's name in the state
   */
  targetOf(values: I, primaries?: KmsKeyRecords, formerStack?: string): Target {
    const distribution = this.kind.distributionOf(values);
    const { key, stack, rotationStrategy, publishBefore, extraAliases, movedAlias } = distribution;
    const { aliasName, tags, policy, description, ignored } = values;
    return {
      role: this.kind.role,
      region: this.kind.regionOf(values),
      owner: ownerOf({ ...distribution, key: withFormerStack(key, stack, formerStack) }, values),
      aliasName,
      inputs: { tags, policy, description, ignored },
      strategy: rotationStrategy,
      publishBefore,
      extraAliases: hasUnknown(extraAliases) ? [] : extraAliases,
      movedAlias,
      primaries,
    };
  }

  /** Says in a preview which work waits in a Region that is left out. */
  sayLeftOut(name: string, old: S, now: Target): void {
    const steps = hasUnknown(now.owner.key) ? [] : planOf(this.run, now, old);
    const resource = `${this.kind.type} ${name}`;
    this.run.say(sentenceOfLeftOut(resource, this.targetOf(old), now, old.versions, steps));
  }

  /** Throws in a preview where the update would disable a version that the alias points to. */
  refuseStillSigning({ region, owner: { key } }: Target, steps: Step[]): void {
    for (const step of steps)
      if (step.do === "refuse" && step.why === "still signing")
        throw stillSigning({ key: key.name, region }, step.version, key);
  }

  /**
   * Throws in a preview where an extra alias is another's, if the program declares the resource: a refresh calls `diff` too.
   *
   * @param id by which `check` has recorded the resource
   */
  async refuseTakenAliases(id: string, target: Target, steps: Step[], old: S): Promise<void> {
    if (!this.run.declared.hasResource(this.kind.type, id) || hasUnknown(target.owner.kms)) return;
    await refuseTaken(this.run, target, steps, old);
  }

  /** Says in a preview which extra aliases of a new resource exist. @param distribution inputs, of which some may be unknown */
  async sayTakenAliases({ kms, extraAliases = [], movedAlias }: Values, region: unknown): Promise<void> {
    const { accountId, ...connection } = (known(kms) ?? { keyCollection: UNKNOWN }) as KmsRef;
    if (hasUnknown([connection, region, extraAliases, movedAlias])) return;
    const names = (extraAliases as string[]).filter((name) => name !== movedAlias);
    await sayTakenOfNew(this.run, { ...connection, accountId: known(accountId) }, region as string, names);
  }

  /** Says in a preview which versions the update disables. */
  sayDisabled({ owner: { key } }: Target, steps: Step[]): void {
    const sentence = sentenceOfDisabled(steps, key.name);
    if (sentence !== undefined) this.run.say(sentence);
  }

  /** A refresh: returns the outputs as AWS has them, and the inputs where AWS has others. */
  async refresh(id: string, state: S): Promise<ReadResult> {
    const { run, kind } = this;
    const { owner, region } = this.targetOf(state);
    const { seen, actual } = await refreshRegion(run, owner, region, state, kind.role);
    if (!actual) return { id, outputs: { ...state, ...seen } };
    const { kmsTags: tags, ...metadata } = actual;
    const { kms } = kind.distributionOf(state);
    const outputs = kind.withDistribution({ ...state, ...seen, ...metadata }, { kms: { ...kms, tags } });
    return { id, outputs, inputs: inputsAmong(kind.type, outputs) };
  }

  /** Nothing is done in a Region that is left out. The state keeps what AWS had, and records that the Region is left out. */
  unchangedState(state: S, { unreachableRegions }: KmsRef): S {
    const { kms } = this.kind.distributionOf(state);
    return this.kind.withDistribution(state, { kms: { ...kms, unreachableRegions } });
  }

  /**
   * Applies the inputs in the Region. A failure is thrown as a PartialFailure with the outputs at that moment, unless the resource is
   * new and has no KMS key yet.
   */
  async reconcile({
    id,
    inputs,
    outputs,
    old,
    primaries,
    more,
    onStep,
  }: Reconciliation<I, S>): Promise<void> {
    const { run, kind } = this;
    const target = this.targetOf(inputs, primaries, old && kind.distributionOf(old)?.stack);
    const convergence: Convergence = {
      ...target,
      keyring: run.keyrings.of(target.owner),
      ...(old && {
        last: { owner: this.targetOf(old).owner, inputs: old },
        repair: hasDrifted(old) || isHalfApplied(old),
        isHalfApplied: isHalfApplied(old),
      }),
      ...more,
    };
    const show = (isCurrent: boolean, regional: RegionalDistribution) => {
      this.#showMetadata(outputs, isCurrent ? inputs : (old ?? inputs), inputs);
      outputs.isHalfGiven = isCurrent ? undefined : true;
      onStep?.(regional);
    };
    try {
      await converge(run, convergence, outputs, show);
    } catch (error) {
      if (!old && Object.keys(outputs.versions).length === 0) throw error;
      throw new PartialFailure(id(), outputs, error as Error);
    }
  }

  /** Until metadata is applied to every KMS key, the outputs keep the last values. Some KMS keys may have the stack's next name already. */
  #showMetadata(outputs: S, applied: I, inputs: I): void {
    const { kind } = this;
    const { tags, policy, description } = applied;
    const { stack, kms } = kind.distributionOf(applied) ?? {};
    const { stack: nextStack } = kind.distributionOf(inputs);
    const change = { stack, kms: { ...kind.distributionOf(outputs).kms, tags: kms?.tags } };
    Object.assign(outputs, kind.withDistribution(outputs, change), { tags, policy, description });
    outputs.nextStack = stack === nextStack ? undefined : nextStack;
  }

  /** Throws where the resource must not be deleted. @param state contains all KMS keys that would be deleted */
  refuseRemoval(id: string, state: S): void {
    const { type, regionOf, distributionOf } = this.kind;
    const { kms, key } = distributionOf(state);
    const what = `${type} ${id}`;
    refuseLeftOutDeletion(what, kms, regionOf(state), state.versions);
    refuseDeletion(this.run, what, key);
  }

  /** Deletes the alias, then schedules the deletion of every KMS key. */
  remove(state: S): Promise<void> {
    const { deletionWindowDays, nextStack } = state;
    return remove(this.run, { ...this.targetOf(state), deletionWindowDays, nextStack }, state);
  }
}

export interface Reconciliation<I extends RegionalInputs, S extends I & RegionalState> {
  /** The resource's id, which may change while it is created. */
  id: () => string;
  inputs: I;
  /** Kept up to date with AWS after each step. */
  outputs: S;
  /** The outputs before an update. */
  old?: S;
  primaries?: KmsKeyRecords;
  more?: Pick<Convergence, "adopt" | "purpose" | "mayUseNextName">;
  /** Is called after each step. */
  onStep?: (regional: RegionalDistribution) => void;
}

/** Whether an update failed before every KMS key had the desired metadata. */
export function isHalfApplied({ nextStack, isHalfGiven }: RegionalState): boolean {
  return nextStack !== undefined || isHalfGiven === true;
}

/** The part of the outputs from which an update continues. */
export function continued(state: RegionalState) {
  const { keyId, keyArn, aliasTarget, extraAliasTargets, drift, versions } = state;
  return { keyId, keyArn, aliasTarget, extraAliasTargets, drift, versions: structuredClone(versions) };
}
