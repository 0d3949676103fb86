import { isDeepStrictEqual } from "node:util";
import { isLeftOut } from "../kms/endpoints/connection";
import { withoutEndpointMistakes } from "../kms/endpoints/endpoint";
import { moveOf, planOf, waitOf } from "../lifecycle/converge";
import { refuseNotTakenOver } from "../lifecycle/deletionProtection";
import { sayDrift } from "../lifecycle/drift/observe";
import { BY_MEANING } from "../lifecycle/metadata/keyPolicy";
import { adoptMistakes } from "../lifecycle/plan/adoptRules";
import { sentencesOf } from "../lifecycle/plan/sentences";
import type { RegionalDistribution } from "../lifecycle/regionalDistribution";
import { leftOutMistakes, leftOutOf, sentenceOfRotationWithout } from "../lifecycle/unreachableRegions";
import type { Run } from "../run";
import { difference } from "../schema/compare";
import { hasUnknown, isUnknown, known } from "../schema/unknowns";
import { schemaMistakes, withDefaults } from "../schema/validate";
import { STATE_VERSION } from "../state/migrations";
import type { PlannedInputs } from "../state/read";
import type { KeyDistributionInputs, KeyDistributionOutputs, KeyRef, KmsRef } from "../state/types";
import { DistributionNaming, NAMES, timeOf, UNNAMED } from "./distributionNames";
import {
  onDemandMistakes,
  planned,
  planOnDemand,
  primaryMistakes,
  rotationsLeft,
  sharedAliasMistakes,
} from "./distributionPlan";
import {
  abilityMistakes,
  chinaMistakes,
  publishBeforeMistakes,
  purposeMistakes,
  wrappingMistakes,
} from "./keyTypeRules";
import { continued, isHalfApplied, type RegionalKind, RegionalResource } from "./regionalResource";
import { replacementMistakes } from "./replacement";
import { inputsAmong, type StatefulResource, type Values } from "./resource";
import {
  aliasLengthMistakes,
  deletionWindowMistakes,
  expiryMistakes,
  extraAliasMistakes,
  metadataMistakes,
  partitionMistakes,
} from "./rules";

/** Properties whose change alone needs no update. */
const IGNORED = ["ignored", "key.formerStacks", "kms.unreachableRegions", "adopt", "movedAlias", "onRemoval"];

/** A key in AWS KMS: a KMS key with imported material for each version, behind one alias. */
export const keyDistribution = (
  run: Run,
  resource = new RegionalResource(run, KIND),
  naming = new DistributionNaming(run),
): StatefulResource<"KeyDistribution"> => ({
  async check(olds, { restoredElsewhere, declared, place, ...news }, isPreview) {
    const unnamed: Values = {
      ...planned(olds, withDefaults("KeyDistribution", news), run.now(), isPreview),
      ...UNNAMED,
    };
    const key = known(unnamed.key) as Partial<KeyRef> | undefined;
    const kms = known(unnamed.kms) as Partial<KmsRef> | undefined;
    if (kms && typeof declared === "number") run.connections.countDistribution(kms, declared);
    const mistakes = [
      ...schemaMistakes("KeyDistribution", unnamed),
      ...purposeMistakes(key, unnamed.purpose),
      ...abilityMistakes(key, unnamed),
      ...wrappingMistakes(key, kms?.wrappingKeySpec),
      ...publishBeforeMistakes(unnamed.purpose, unnamed.publishBefore),
      ...primaryMistakes(key, kms),
      ...partitionMistakes(key?.name, key?.replicaRegions, kms?.keyCollection),
      ...chinaMistakes("keyCollection", kms?.keyCollection, key),
      ...withoutEndpointMistakes(kms?.endpoint, known(key?.replicaRegions) ?? []),
      ...aliasLengthMistakes(kms?.aliasPrefix, key?.name),
      ...deletionWindowMistakes(unnamed),
      ...adoptMistakes(unnamed.adopt, key, unnamed.rotationStrategy),
      ...onDemandMistakes(unnamed),
      ...expiryMistakes(unnamed),
      ...metadataMistakes(unnamed, kms?.tags),
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
    else if (mistakes.length === 0)
      mistakes.push(
        ...replacementMistakes(olds, unnamed, {
          key: olds.key.name,
          isAllowed: olds.key.deletionAllowed || unnamed.adopt !== undefined,
          ignore: IGNORED,
        }),
      );
    // Then the engine checks it once more, as new.
    const isReplaced =
      olds !== undefined && difference("KeyDistribution", olds, unnamed, IGNORED).replaces.length > 0;
    const names = olds
      ? naming.keep(olds, unnamed, place, isReplaced)
      : await naming.choose(unnamed, place, isPreview || mistakes.length > 0);
    const inputs: Values = { ...unnamed, ...names };
    run.declared.warnOfSharedName(key, kms, olds === undefined, run.say);
    mistakes.push(...extraAliasMistakes(inputs.extraAliases, inputs.aliasName, kms?.aliasPrefix));
    if (!isReplaced) {
      run.declared.recordResource("KeyDistribution", run.names.actualOf(names.name));
      mistakes.push(...sharedAliasMistakes(run, kms, kms?.keyCollection, inputs));
    }
    if (!olds) sayRestoredElsewhere(run, restoredElsewhere, key?.name, kms?.keyCollection);
    if (!olds && isPreview && mistakes.length === 0)
      await resource.sayTakenAliases(inputs, kms?.keyCollection);
    return { inputs: { ...inputs, key: run.keyrings.take(inputs.key, inputs) }, mistakes };
  },

  async diff(_id, old, news) {
    run.declared.recordDistribution(old, old.versions);
    if (old.requestedName) run.names.recordActual(old.requestedName, old.name);
    const { kms, key } = news;
    const leftOut = isUnknown(kms) || isUnknown(key) ? [] : leftOutOf(kms, old.key.replicaRegions);
    const isRelisted = !isDeepStrictEqual(leftOut, leftOutOf(old.kms, old.key.replicaRegions));
    if (leftOut.includes(old.kms.keyCollection)) {
      resource.sayLeftOut(old.name, old, resource.targetOf(withActualName(old, news)));
      return { changes: isRelisted, replaces: [] };
    }
    const before = withRequestedName(old, news);
    const { changed, replaces } = difference("KeyDistribution", before, news, IGNORED, BY_MEANING);
    if (news.rotationStrategy === "on-demand" && replaces.length === 0)
      planOnDemand(run.say, old.versions, known(key) ?? {});
    if (replaces.length > 0) run.declared.recordReplaced(old.versions);
    const isUndecided = hasUnknown(key);
    const target = isUndecided || isUnknown(kms) ? undefined : resource.targetOf(withActualName(old, news));
    const steps = target ? planOf(run, target, old) : [];
    if (target) resource.refuseStillSigning(target, steps);
    if (target) resource.sayDisabled(target, steps);
    if (target) await resource.refuseTakenAliases(old.name, target, steps, old);
    for (const sentence of sentencesOf(old, news, steps, replaces)) run.say(sentence);
    for (const sentence of target ? [waitOf(run, target, old), moveOf(run, target, old)] : [])
      if (sentence !== undefined) run.say(sentence);
    for (const step of leftOut.length > 0 ? steps : [])
      if (step.do === "createKey" || step.do === "importNewMaterial")
        run.say(sentenceOfRotationWithout(old.key.name, step, leftOut));
    const changes = isRelisted || isUndecided || steps.length > 0 || isHalfApplied(old) || changed.length > 0;
    if (changes) sayDrift(run.say, old.name, old.drift);
    return { changes, replaces };
  },

  async create(inputs) {
    const outputs = blank(inputs);
    run.created.recordDistribution(outputs);
    await reconcile(resource, outputs, inputs);
    return { id: outputs.name, outputs };
  },

  async read(id, outputs) {
    const read = await resource.refresh(id, outputs);
    const isRenamed = outputs.requestedName !== undefined;
    return isRenamed ? { ...read, inputs: inputsAmong("KeyDistribution", read.outputs) } : read;
  },

  async update(_id, old, news) {
    if (isLeftOut(news.kms)) return resource.unchangedState(old, news.kms);
    const inputs = withActualName(old, news);
    const outputs = { ...blank(inputs), ...continued(old) };
    await reconcile(resource, outputs, inputs, old);
    return outputs;
  },

  async delete(id, old) {
    const state = { ...old, kms: run.declared.withUnreachable(old.kms) };
    if (run.declared.isHandedOver("KeyDistribution", state.name, run.say)) return;
    resource.refuseRemoval(id, state);
    refuseNotTakenOver(run, state);
    await resource.remove(state);
  },
});

const KIND: RegionalKind<KeyDistributionInputs, KeyDistributionOutputs> = {
  type: "KeyDistribution",
  role: "primary",
  regionOf: ({ kms }) => kms.keyCollection,
  distributionOf: (values) => values,
  withDistribution: (state, change) => ({ ...state, ...change }),
};

/** Applies the inputs in the primary Region and, in a rotation, in every Region with a replica. */
async function reconcile(
  resource: RegionalResource<KeyDistributionInputs, KeyDistributionOutputs>,
  outputs: KeyDistributionOutputs,
  inputs: KeyDistributionInputs,
  old?: KeyDistributionOutputs,
): Promise<void> {
  const { run } = resource;
  run.declared.recordDistribution(inputs, outputs.versions);
  const onStep = (regional: RegionalDistribution) => {
    if (regional.aliasName !== outputs.aliasName) showName(run, outputs, regional);
    run.declared.recordDistribution(outputs, outputs.versions);
  };
  const { adopt, purpose } = inputs;
  const isAdopting = !old && adopt !== undefined && !run.names.isReturn(inputs.name);
  const more = {
    purpose,
    ...(isAdopting && { adopt }),
    mayUseNextName: !outputs.keyId && adopt?.aliasName === undefined,
  };
  try {
    await resource.reconcile({ id: () => outputs.name, inputs, outputs, old, more, onStep });
  } finally {
    if (inputs.rotationStrategy === "on-demand") outputs.rotationsLeft = rotationsLeft(outputs.versions);
  }
}

/** Another stack had the alias, so the next name was used. The inputs have the requested one until a refresh. */
function showName(run: Run, outputs: KeyDistributionOutputs, regional: RegionalDistribution): void {
  outputs.requestedName ??= outputs.name;
  const { aliasName, aliasArn } = regional;
  const name = aliasName.slice(`alias/${outputs.kms.aliasPrefix}/`.length);
  Object.assign(outputs, { name, aliasName, aliasArn, distributionTime: timeOf(name) });
  run.names.recordActual(outputs.requestedName, name);
  run.declared.recordResource("KeyDistribution", name);
}

/** The inputs with the distribution's actual name, where it differs from the requested one. */
function withActualName(
  old: KeyDistributionOutputs,
  news: PlannedInputs<"KeyDistribution">,
): KeyDistributionInputs {
  const inputs = news as KeyDistributionInputs;
  if (old.requestedName === undefined || old.requestedName !== inputs.name) return inputs;
  return { ...inputs, ...pick(old, ["requestedName", ...NAMES]) };
}

/** The outputs with the requested name, for a comparison with the inputs. */
function withRequestedName(old: KeyDistributionOutputs, news: PlannedInputs<"KeyDistribution">): Values {
  if (old.requestedName === undefined || old.requestedName !== news.name) return old;
  return { ...old, ...pick(news, NAMES) };
}

function blank(inputs: KeyDistributionInputs): KeyDistributionOutputs {
  return { ...inputs, versions: {}, stateVersion: STATE_VERSION };
}

/** The key is restored in an account or Region that has none of its KMS keys. Only those decrypt what they encrypted. */
function sayRestoredElsewhere(run: Run, elsewhere: unknown, key: unknown, region: unknown): void {
  if (!Array.isArray(elsewhere) || hasUnknown(elsewhere) || elsewhere.length === 0) return;
  run.say(
    `key "${key}" is restored from a backup whose KMS keys are elsewhere: ${elsewhere.join(", ")}. New ones are made in ${region}; they cannot decrypt what was encrypted under those. To use those, also distribute the key through a KmsProvider of their account and Region; a multi-Region key can have a KeyReplica here instead`,
  );
}

function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}
