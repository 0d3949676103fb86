import { isDeepStrictEqual } from "node:util";
import { isLeftOut } from "../kms/endpoints/connection";
import { withoutEndpointMistakes } from "../kms/endpoints/endpoint";
import { type Convergence, converge, planOf, remove, type Target } from "../lifecycle/converge";
import { refuseDeletion, refuseNotTakenOver } from "../lifecycle/deletionGuard";
import { BY_MEANING } from "../lifecycle/drift/keyPolicy";
import { hasDrifted, refreshRegion, sayDrift } from "../lifecycle/drift/observe";
import { ownerOf, withDeletionAllowed, withFormerStack } from "../lifecycle/owner";
import { adoptMistakes } from "../lifecycle/plan/adoptRules";
import { sentencesOf } from "../lifecycle/plan/sentences";
import type { Place } from "../lifecycle/regionalDistribution";
import {
  leftOutMistakes,
  leftOutOf,
  refuseLeftOutDeletion,
  sentenceOfLeftOut,
  sentenceOfRotationWithout,
} from "../lifecycle/unreachableRegions";
import type { Run } from "../run";
import { difference } from "../schema/compare";
import { hasUnknown, isUnknown, known } from "../schema/unknowns";
import { schemaMistakes, withDefaults } from "../schema/validate";
import type { KeyRef, KmsKeyRecords, KmsRef } from "../state/types";
import {
  type DistributionInputs,
  type DistributionOutputs,
  onDemandMistakes,
  planned,
  planOnDemand,
  primaryMistakes,
  protectionMistakes,
  purposeMistakes,
  rotationsLeft,
} from "./distributionPlan";
import { replacementMistakes } from "./replacement";
import { inputsAmong, type Resource, recorded, STATE_VERSION, type Values } from "./resource";
import {
  aliasLengthMistakes,
  chinaMistakes,
  deletionWindowMistakes,
  expiryMistakes,
  partitionMistakes,
  policyMistakes,
  tagMistakes,
  tagsTogetherMistakes,
} from "./rules";

/** What neither makes work nor is worth an update by itself. The inputs in a state of 0.1.0 have a keyring. */
const IGNORED = ["ignored", "key.keyring", "key.formerStacks", "kms.unreachableRegions", "adopt"];

/** A key in AWS KMS: a KMS key with imported material for each version, behind one alias. */
export const keyDistribution = (run: Run): Resource => ({
  async check(olds, { restoredElsewhere, ...news }, isPreview) {
    const inputs = planned(olds, withDefaults("KeyDistribution", news), run.now(), isPreview);
    const key = known(inputs.key) as Partial<KeyRef> | undefined;
    const kms = known(inputs.kms) as Partial<KmsRef> | undefined;
    run.declared.recordResource("KeyDistribution", run.names.actualOf(String(inputs.name)));
    const before = known(olds?.key as Partial<KeyRef> | undefined);
    const mistakes = [
      ...schemaMistakes("KeyDistribution", inputs),
      ...purposeMistakes(inputs.purpose),
      ...protectionMistakes(inputs.protection),
      ...primaryMistakes(key, kms),
      ...replacementMistakes("KeyDistribution", olds, inputs, {
        key: before?.name,
        isAllowed: before?.deletionAllowed === true || inputs.adopt !== undefined,
        ignore: [...IGNORED, "name"], // that is the DistributionAlias's, which says the same of what its name follows from
      }),
      ...partitionMistakes(key?.name, key?.replicaRegions, kms?.keyCollection),
      ...chinaMistakes("keyCollection", kms?.keyCollection, key),
      ...withoutEndpointMistakes(kms?.endpoint, known(key?.replicaRegions) ?? []),
      ...aliasLengthMistakes(kms?.aliasPrefix, key?.name),
      ...deletionWindowMistakes(inputs),
      ...adoptMistakes(inputs.adopt, key, inputs.rotationStrategy),
      ...onDemandMistakes(inputs),
      ...expiryMistakes(inputs),
      ...policyMistakes(inputs.policy),
      ...tagMistakes(inputs.tags),
      ...tagsTogetherMistakes(kms?.tags, inputs.tags),
    ];
    if (!olds)
      mistakes.push(
        ...leftOutMistakes(
          kms,
          kms?.keyCollection,
          `the new distribution of key "${key?.name}" to be`,
          "Distribute the key through a KmsProvider whose `keyCollection` answers.",
        ),
      );
    if (!olds) sayRestoredElsewhere(run, restoredElsewhere, key?.name, kms?.keyCollection);
    return { inputs: { ...inputs, key: run.keyrings.take(inputs.key, inputs) }, mistakes };
  },

  async diff(_id, olds, news) {
    const old = olds as unknown as DistributionOutputs;
    run.declared.recordDistribution(old, old.versions ?? {});
    if (old.requestedName) run.names.recordActual(old.requestedName, old.name);
    const { kms, key: wantedKey } = news as unknown as DistributionInputs;
    const leftOut = isUnknown(kms) || isUnknown(wantedKey) ? [] : leftOutOf(kms, old.key.replicaRegions);
    const isRelisted = !isDeepStrictEqual(leftOut, leftOutOf(old.kms, old.key.replicaRegions));
    if (leftOut.includes(old.kms.keyCollection)) {
      sayLeftOut(run, old, news);
      return { changes: isRelisted, replaces: [] };
    }
    const now = { ...news, key: withDeletionAllowed(news.key) };
    const before = asRequested(olds, news);
    const { changed, replaces } = difference("KeyDistribution", before, now, IGNORED, BY_MEANING);
    const records = (olds.versions ?? {}) as KmsKeyRecords;
    const key = news.key as KeyRef;
    if (news.rotationStrategy === "on-demand" && replaces.length === 0)
      planOnDemand(run.say, records, known(key) ?? {});
    const isUndecided = hasUnknown(key);
    const steps = isUndecided || isUnknown(news.kms) ? [] : planOf(run, targetOf(asWritten(old, news)), old);
    for (const sentence of sentencesOf(old, news as unknown as DistributionInputs, steps, replaces))
      run.say(sentence);
    for (const step of leftOut.length > 0 ? steps : [])
      if (step.do === "createKey" || step.do === "importNew")
        run.say(sentenceOfRotationWithout(old.key.name, step, leftOut));
    const isHalfDone = old.nextStack !== undefined || old.isHalfGiven === true;
    const changes = isRelisted || isUndecided || steps.length > 0 || isHalfDone || changed.length > 0;
    if (changes) sayDrift(run.say, String(olds.name), olds.drift);
    return { changes, replaces };
  },

  async create(inputs) {
    const outputs = blank(inputs);
    run.created.recordDistribution(outputs);
    await reconcile(run, outputs, inputs as unknown as DistributionInputs);
    return { id: outputs.name, outputs: outputs as unknown as Values };
  },

  async read(id, outputs) {
    const state = outputs as unknown as DistributionOutputs;
    const { owner } = targetOf(state);
    const { seen, shown } = await refreshRegion(run, owner, state.kms.keyCollection, state, "primary");
    if (!shown) return { id, outputs: { ...outputs, ...seen } };
    const { kmsTags: tags, ...metadata } = shown;
    const now = { ...outputs, ...seen, ...metadata, kms: { ...state.kms, tags } };
    return { id, outputs: now, inputs: inputsAmong("KeyDistribution", now) };
  },

  async update(_id, olds, news) {
    const old = olds as unknown as DistributionOutputs;
    const { kms } = news as unknown as DistributionInputs;
    if (isLeftOut(kms)) return leftAsItIs(old, kms) as unknown as Values;
    const outputs = { ...blank(asWritten(old, news) as unknown as Values), ...pick(old, KEPT) };
    outputs.versions = structuredClone(old.versions ?? {});
    await reconcile(run, outputs, asWritten(old, news), old);
    return outputs as unknown as Values;
  },

  async delete(id, outputs) {
    const given = outputs as unknown as DistributionOutputs;
    const state = { ...given, kms: run.declared.withUnreachable(given.kms) };
    if (run.declared.isHandedOver("KeyDistribution", state.name, run.say)) return;
    refuseLeftOutDeletion(`KeyDistribution ${id}`, state.kms, state.kms.keyCollection, state.versions ?? {});
    refuseDeletion(run, `KeyDistribution ${id}`, state.key);
    refuseNotTakenOver(run, state);
    const { deletionWindowDays, nextStack } = state;
    await remove(run, { ...targetOf(state), deletionWindowDays, nextStack }, state);
  },
});

/** Nothing is done: the state goes on saying what AWS has, and remembers that the Region is left out. */
function leftAsItIs(old: DistributionOutputs, { unreachableRegions }: KmsRef): DistributionOutputs {
  return { ...old, kms: { ...old.kms, unreachableRegions } };
}

function sayLeftOut(run: Run, old: DistributionOutputs, news: Values): void {
  const inputs = asWritten(old, news);
  const steps = hasUnknown(inputs.key) ? [] : planOf(run, targetOf(inputs), old);
  const name = `KeyDistribution ${old.name}`;
  run.say(sentenceOfLeftOut(name, targetOf(old), targetOf(inputs), old.versions ?? {}, steps));
}

/** Of the outputs, what an update goes on from. */
const KEPT = ["keyId", "keyArn", "aliasTarget", "drift"] as const;

/** Brings the primary Region, and in a rotation every Region with a replica, to what the inputs say. */
async function reconcile(
  run: Run,
  outputs: DistributionOutputs,
  inputs: DistributionInputs,
  old?: DistributionOutputs,
): Promise<void> {
  const isNew = old === undefined;
  run.declared.recordDistribution(inputs, outputs.versions);
  const target = targetOf(inputs, old?.stack);
  const convergence: Convergence = {
    ...target,
    keyring: run.keyrings.of(target.owner),
    ...(old && { last: { owner: targetOf(old).owner, inputs: old } }),
    repair: old !== undefined && (hasDrifted(old) || old.nextStack !== undefined),
    isHalfRenamed: old?.nextStack !== undefined,
    ...(isNew && inputs.adopt && { adopt: inputs.adopt }),
    mayTakeNextName: !outputs.keyId && inputs.adopt?.aliasName === undefined,
  };
  const show = (isCurrent: boolean, place: Place) => {
    showMetadata(outputs, isCurrent ? inputs : (old ?? inputs), inputs);
    outputs.isHalfGiven = isCurrent ? undefined : true;
    if (place.aliasName !== outputs.aliasName) showName(run, outputs, place);
    run.declared.recordDistribution(outputs, outputs.versions);
  };
  try {
    await recorded(
      isNew,
      () => outputs.name,
      outputs,
      () => converge(run, convergence, outputs, show),
    );
  } finally {
    if (inputs.rotationStrategy === "on-demand") outputs.rotationsLeft = rotationsLeft(outputs.versions);
  }
}

/** Until metadata is applied, the outputs say what AWS has. Some KMS keys may have the stack's next name by then. */
function showMetadata(
  outputs: DistributionOutputs,
  { kms, tags, policy, description, stack }: DistributionInputs,
  inputs: DistributionInputs,
): void {
  outputs.kms = { ...outputs.kms, tags: kms?.tags };
  Object.assign(outputs, { tags, policy, description, stack });
  outputs.nextStack = stack === inputs.stack ? undefined : inputs.stack;
}

/** Another stack had the alias, so the next name was taken. The DistributionAlias learns it from a refresh. */
function showName(run: Run, outputs: DistributionOutputs, place: Place): void {
  outputs.requestedName ??= outputs.name;
  const { aliasName, aliasArn } = place;
  const name = aliasName.slice(`alias/${outputs.kms.aliasPrefix}/`.length);
  const distributionTime = new Date(Number(/-(\d+)$/.exec(name)![1]) * 1000).toISOString();
  Object.assign(outputs, { name, aliasName, aliasArn, distributionTime });
  run.names.recordActual(outputs.requestedName, name);
  run.declared.recordResource("KeyDistribution", name);
}

/** @param formerStack name of the stack in the state */
function targetOf(values: DistributionInputs | DistributionOutputs, formerStack?: string): Target {
  const { kms, aliasName, tags, policy, description, ignored, rotationStrategy, stack, key } = values;
  return {
    role: "primary",
    region: kms.keyCollection,
    owner: ownerOf({ ...values, key: withFormerStack(key, stack, formerStack) }, values),
    aliasName,
    inputs: { tags, policy, description, ignored },
    strategy: rotationStrategy,
  };
}

/** The inputs with the name that the distribution really has, where it was not the one that the DistributionAlias says. */
function asWritten(old: DistributionOutputs, news: Values): DistributionInputs {
  const inputs = news as unknown as DistributionInputs;
  if (old.requestedName === undefined || old.requestedName !== inputs.name) return inputs;
  return { ...inputs, ...pick(old, ["requestedName", "name", "aliasName", "aliasArn", "distributionTime"]) };
}

/** The other way: the outputs with the name that the DistributionAlias says, to be compared with the inputs. */
function asRequested(olds: Values, news: Values): Values {
  const old = { ...olds, key: withDeletionAllowed(olds.key) };
  if (olds.requestedName === undefined || olds.requestedName !== news.name) return old;
  const { name, aliasName, aliasArn, distributionTime } = news;
  return { ...old, name, aliasName, aliasArn, distributionTime };
}

function blank(inputs: Values): DistributionOutputs {
  return { ...inputs, versions: {}, stateVersion: STATE_VERSION } as unknown as DistributionOutputs;
}

/** A key that is restored where none of its KMS keys are: what they encrypted stays with them. */
function sayRestoredElsewhere(run: Run, elsewhere: unknown, key: unknown, region: unknown): void {
  if (!Array.isArray(elsewhere) || hasUnknown(elsewhere) || elsewhere.length === 0) return;
  run.say(
    `key "${key}" is restored from a backup whose KMS keys are elsewhere: ${elsewhere.join(", ")}. New ones are made in ${region}; they cannot decrypt what was encrypted under those. To get to them, distribute the key through a KmsProvider of their account and Region too; a multi-Region key can have a KeyReplica here instead`,
  );
}

function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}
