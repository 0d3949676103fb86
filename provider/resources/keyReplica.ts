import { planExpiry } from "../keys/expiry";
import { isLeftOut } from "../kms/endpoints/connection";
import { withoutEndpointMistakes } from "../kms/endpoints/endpoint";
import { isKnownRegion, isRegion } from "../kms/endpoints/regions";
import { moveOf, movesWithPrimary, planOf } from "../lifecycle/converge";
import { sayDrift } from "../lifecycle/drift/observe";
import { BY_MEANING } from "../lifecycle/metadata/keyPolicy";
import { keptSentences } from "../lifecycle/plan/sentences";
import { leftOutMistakes } from "../lifecycle/unreachableRegions";
import type { Run } from "../run";
import { difference } from "../schema/compare";
import { hasUnknown, isUnknown, known, UNKNOWN } from "../schema/unknowns";
import { schemaMistakes, withDefaults } from "../schema/validate";
import { STATE_VERSION } from "../state/migrations";
import type { PlannedInputs } from "../state/read";
import { versionsOf } from "../state/records";
import type { DistributionRef, KeyRef, KeyReplicaInputs, KeyReplicaOutputs } from "../state/types";
import { onRemoval, sharedAliasMistakes, withoutUnknownStacks, withSortedAliases } from "./distributionPlan";
import { chinaMistakes } from "./keyTypeRules";
import { continued, isHalfApplied, type RegionalKind, RegionalResource } from "./regionalResource";
import type { StatefulResource, Values } from "./resource";
import { deletionWindowMistakes, metadataMistakes, regionMistakes } from "./rules";

/** Properties whose change alone needs no update. */
const IGNORED = [
  "ignored",
  "distribution.key.formerStacks",
  "distribution.kms.unreachableRegions", // compared separately
  "distribution.versions",
  "distribution.movedAlias",
  "onRemoval",
];

/** A distribution in one more Region: a replica KMS key for each version, behind an alias of the same name. */
export const keyReplica = (
  run: Run,
  resource = new RegionalResource(run, KIND),
): StatefulResource<"KeyReplica"> => ({
  async check(olds, news, isPreview) {
    const filled = withDefaults("KeyReplica", plannedDistribution(news));
    const distribution = known(filled.distribution as Partial<DistributionRef> | undefined);
    const key = known(distribution?.key);
    const last = olds && { ...olds.distribution, ...olds };
    const plan = distribution && planExpiry(last, distribution, run.now(), isPreview);
    const inputs: Values = { ...filled, ...(key && { keyVersion: key.keyVersion }), ...plan };
    inputs.onRemoval = onRemoval(inputs, inputs.region);
    run.declared.recordResource("KeyReplica", idOf(run, inputs));
    const mistakes = [
      ...schemaMistakes("KeyReplica", inputs),
      ...regionMistakes("region", inputs.region, key?.replicaRegions ?? olds?.region),
      ...chinaMistakes("region", inputs.region, key),
      ...notDeclaredMistakes(inputs.region, key),
      ...withoutEndpointMistakes(known(distribution?.kms)?.endpoint, [known(inputs.region)]),
      ...(olds
        ? []
        : leftOutMistakes(
            known(distribution?.kms),
            inputs.region,
            `the new KeyReplica in ${inputs.region} to be`,
            "Take it out of the program until the Region answers and is off the list.",
          )),
      ...sharedAliasMistakes(run, known(distribution?.kms), inputs.region, {
        ...distribution,
        aliasName: inputs.aliasName,
      }),
      ...deletionWindowMistakes(inputs),
      ...metadataMistakes(inputs, known(distribution?.kms)?.tags),
    ];
    if (!olds && isPreview && mistakes.length === 0)
      await resource.sayTakenAliases({ ...distribution }, inputs.region);
    if (distribution)
      inputs.distribution = {
        ...run.primaries.take(distribution),
        key: run.keyrings.take(distribution.key, distribution),
      };
    return { inputs, mistakes };
  },

  async diff(_id, old, requested) {
    const news = withActualName(run, requested);
    const { changed, replaces } = difference("KeyReplica", old, news, IGNORED, BY_MEANING);
    if (replaces.length > 0) run.declared.recordReplaced(old.versions);
    if (isUnknown(news.distribution)) return { changes: true, replaces };
    const { name, key, kms } = news.distribution;
    const versions = run.primaries.of(news.distribution);
    const inputs = news as KeyReplicaInputs; // a plan compares no metadata, so unknown tags, policy and description do no harm
    const records = old.versions;
    const isKnown = versions !== undefined && !hasUnknown(versions) && !hasUnknown(key);
    const kmsKeys = isKnown ? versions : {};
    const wasLeftOut = isLeftOut(old.distribution.kms, old.region);
    if (isLeftOut(kms, old.region)) {
      const target = resource.targetOf({ ...inputs, region: old.region }, kmsKeys);
      resource.sayLeftOut(`${old.region}/${old.distribution.name}`, old, target);
      return { changes: !wasLeftOut, replaces: [] };
    }
    const moved =
      isKnown && versionsOf(records).some((version) => versions[version]?.keyId !== records[version]!.keyId);
    const target = resource.targetOf(inputs, kmsKeys);
    const steps = hasUnknown(key) ? [] : planOf(run, target, old);
    resource.refuseStillSigning(target, steps);
    resource.sayDisabled(target, steps);
    await resource.refuseTakenAliases(idOf(run, { ...news }), target, steps, old);
    const ofPrimary = { ...target, primaries: isKnown ? kmsKeys : run.declared.recordsOf(name) };
    const move = hasUnknown(key) ? undefined : moveOf(run, ofPrimary, old);
    if (move !== undefined) run.say(move);
    const work =
      !records[key.keyVersion] ||
      hasUnknown(key) ||
      steps.length > 0 ||
      (!isKnown && movesWithPrimary(run, ofPrimary, old));
    for (const sentence of keptSentences(`${name} in ${old.region}`, old, news)) run.say(sentence);
    const changes = wasLeftOut || moved || work || isHalfApplied(old) || changed.length > 0;
    if (changes) sayDrift(run.say, name, old.drift);
    return { changes, replaces };
  },

  async create(inputs) {
    const outputs = blank(inputs);
    const id = idOf(run, inputs);
    await resource.reconcile({
      id: () => id,
      outputs,
      inputs,
      primaries: run.primaries.of(inputs.distribution),
    });
    return { id, outputs };
  },

  async read(id, outputs) {
    return resource.refresh(id, outputs);
  },

  async update(id, old, news) {
    const { kms } = news.distribution;
    if (isLeftOut(kms, old.region)) return resource.unchangedState(old, kms);
    const outputs = { ...blank(news), ...continued(old) };
    await resource.reconcile({
      id: () => id,
      outputs,
      inputs: news,
      primaries: run.primaries.of(news.distribution),
      old,
    });
    return outputs;
  },

  /** Deletes the alias, then the replica of every version, including one that a rotation has created ahead of this resource. */
  async delete(id, old) {
    const { name, kms } = old.distribution;
    if (run.declared.isHandedOver("KeyReplica", id, run.say)) return;
    const all = { ...run.declared.replicasOfRotations(name, old.region), ...old.versions };
    const versions = Object.fromEntries(
      Object.entries(all).map(([version, { replicas: _, ...record }]) => [version, record]),
    );
    const state = KIND.withDistribution({ ...old, versions }, { kms: run.declared.withUnreachable(kms) });
    resource.refuseRemoval(id, state);
    await resource.remove(state);
  },
});

const KIND: RegionalKind<KeyReplicaInputs, KeyReplicaOutputs> = {
  type: "KeyReplica",
  role: "replica",
  regionOf: ({ region }) => region,
  distributionOf: ({ distribution }) => distribution,
  withDistribution: (state, change) => ({ ...state, distribution: { ...state.distribution, ...change } }),
};

/** The id of a replica: a Region has at most one of a distribution. */
function idOf(run: Run, inputs: Values): string {
  const { name } = (known(inputs.distribution) ?? { name: UNKNOWN }) as DistributionRef;
  return hasUnknown([inputs.region, name]) ? UNKNOWN : `${inputs.region}/${run.names.actualOf(name)}`;
}

/** In a preview an updated distribution has the requested name. The actual name may differ. */
function withActualName(run: Run, news: PlannedInputs<"KeyReplica">): PlannedInputs<"KeyReplica"> {
  const { distribution, aliasName, aliasArn } = news;
  if (isUnknown(distribution) || isUnknown(distribution.name)) return news;
  const { name } = distribution;
  const actual = run.names.actualOf(name);
  if (actual === name) return news;
  return {
    ...news,
    distribution: { ...distribution, name: actual },
    aliasName: aliasName.replace(name, actual),
    aliasArn: aliasArn?.replace(name, actual),
  };
}

/** What is planned of a KeyDistribution too. */
function plannedDistribution(news: Values): Values {
  const distribution = known(news.distribution) as DistributionRef | undefined;
  const key = known(distribution?.key);
  if (!distribution || !key) return news;
  const planned = { key: withoutUnknownStacks(key), ...withSortedAliases({ ...distribution }) };
  return { ...news, distribution: { ...distribution, ...planned } };
}

function blank(inputs: KeyReplicaInputs): KeyReplicaOutputs {
  const { versions: _, ...distribution } = inputs.distribution;
  return { ...inputs, distribution, versions: {}, stateVersion: STATE_VERSION };
}

function notDeclaredMistakes(region: unknown, key: Partial<KeyRef> | undefined): string[] {
  const declared = known(key?.replicaRegions);
  if (
    typeof region !== "string" ||
    !isKnownRegion(region) ||
    !Array.isArray(declared) ||
    hasUnknown(declared) ||
    declared.includes(region)
  )
    return [];
  return [
    `Expected \`region\` to be one of \`replicaRegions\` of key "${key?.name}" (${declared.filter(isRegion).join(", ") || "there are none"}), got "${region}". Regions are fixed when the key is made, because a KMS key cannot become multi-Region later.`,
  ];
}
