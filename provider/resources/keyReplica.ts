import { type ExpiryInputs, type ExpiryPlan, planExpiry } from "../keys/expiry";
import { isLeftOut } from "../kms/endpoints/connection";
import { withoutEndpointMistakes } from "../kms/endpoints/endpoint";
import { isRegion } from "../kms/endpoints/regions";
import { type Convergence, converge, planOf, remove, type Target } from "../lifecycle/converge";
import { refuseDeletion } from "../lifecycle/deletionGuard";
import { BY_MEANING } from "../lifecycle/drift/keyPolicy";
import { hasDrifted, refreshRegion, sayDrift } from "../lifecycle/drift/observe";
import { ownerOf, withDeletionAllowed, withFormerStack } from "../lifecycle/owner";
import { keptSentences } from "../lifecycle/plan/sentences";
import { leftOutMistakes, refuseLeftOutDeletion, sentenceOfLeftOut } from "../lifecycle/unreachableRegions";
import type { Run } from "../run";
import { difference } from "../schema/compare";
import { hasUnknown, isUnknown, known, UNKNOWN } from "../schema/unknowns";
import { schemaMistakes, withDefaults } from "../schema/validate";
import { versionsOf } from "../state/records";
import type {
  KeyRef,
  KmsKeyRecords,
  KmsRef,
  MetadataInputs,
  RegionalOutputs,
  RotationStrategy,
} from "../state/types";
import { withoutUnknownStacks } from "./distributionPlan";
import { inputsAmong, type Resource, recorded, STATE_VERSION, type Values } from "./resource";
import {
  chinaMistakes,
  deletionWindowMistakes,
  policyMistakes,
  regionMistakes,
  tagMistakes,
  tagsTogetherMistakes,
} from "./rules";

interface DistributionRef extends ExpiryInputs {
  rotationStrategy?: RotationStrategy;
  name: string;
  stack: string;
  kms: KmsRef;
  key: KeyRef;
  versions?: KmsKeyRecords;
}

interface ReplicaInputs extends MetadataInputs, ExpiryPlan {
  distribution: DistributionRef;
  region: string;
  aliasName: string;
  deletionWindowDays: number;
}

interface ReplicaOutputs extends ReplicaInputs, RegionalOutputs {
  aliasName: string;
  /** An update that was to write the stack's new name on the KMS keys failed half-way: some have this one. */
  nextStack?: string;
}

/** What neither makes work nor is worth an update by itself. The inputs in a state of 0.1.0 have a keyring. */
const IGNORED = [
  "ignored",
  "distribution.key.keyring",
  "distribution.key.formerStacks",
  "distribution.kms.unreachableRegions", // compared by itself
  "distribution.versions",
];

/** A distribution in one more Region: a replica KMS key for each version, behind an alias of the same name. */
export const keyReplica = (run: Run): Resource => ({
  async check(olds, news, isPreview) {
    const filled = withDefaults("KeyReplica", withoutUnknownStacksOf(news));
    const distribution = known(filled.distribution as Partial<DistributionRef> | undefined);
    const key = known(distribution?.key);
    const before = known(olds?.distribution as Partial<DistributionRef> | undefined);
    const last = olds && { ...before, ...olds };
    const plan = distribution && planExpiry(last, distribution, run.now(), isPreview);
    const inputs: Values = { ...filled, ...(key && { keyVersion: key.keyVersion }), ...plan };
    run.declared.recordResource("KeyReplica", idOf(run, inputs));
    const mistakes = [
      ...schemaMistakes("KeyReplica", inputs),
      ...regionMistakes("region", inputs.region),
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
      ...deletionWindowMistakes(inputs),
      ...policyMistakes(inputs.policy),
      ...tagMistakes(inputs.tags),
      ...tagsTogetherMistakes(known(distribution?.kms)?.tags, inputs.tags),
    ];
    if (distribution)
      inputs.distribution = { ...distribution, key: run.keyrings.take(distribution.key, distribution) };
    return { inputs, mistakes };
  },

  async diff(_id, olds, given) {
    const news = asNamed(run, given);
    const old = { ...olds, distribution: withDefaultsOfKey(olds.distribution) } as unknown as ReplicaOutputs;
    const now = { ...news, distribution: withDefaultsOfKey(news.distribution) };
    const before = old as unknown as Values;
    const { changed, replaces } = difference("KeyReplica", before, now, IGNORED, BY_MEANING);
    if (isUnknown(news.distribution)) return { changes: true, replaces };
    const { key, versions } = news.distribution as DistributionRef;
    const records = old.versions ?? {};
    // A refresh compares with the inputs that another refresh gave back, which have no versions.
    const isKnown = versions !== undefined && !hasUnknown(versions) && !hasUnknown(key);
    const wasLeftOut = isLeftOut(old.distribution.kms, old.region);
    if (isLeftOut((news.distribution as DistributionRef).kms, old.region)) {
      sayLeftOut(run, old, news as unknown as ReplicaInputs, isKnown ? versions : {});
      return { changes: !wasLeftOut, replaces: [] };
    }
    const moved =
      isKnown && versionsOf(records).some((version) => versions[version]?.keyId !== records[version]!.keyId);
    const work =
      !records[key.keyVersion] ||
      hasUnknown(key) ||
      planOf(run, targetOf(news as unknown as ReplicaInputs, isKnown ? versions : {}), old).length > 0;
    const { name } = news.distribution as DistributionRef;
    for (const sentence of keptSentences(`${name} in ${old.region}`, old, news)) run.say(sentence);
    const isHalfDone = old.nextStack !== undefined || old.isHalfGiven === true;
    const changes = wasLeftOut || moved || work || isHalfDone || changed.length > 0;
    if (changes) sayDrift(run.say, name, olds.drift);
    return { changes, replaces };
  },

  async create(inputs) {
    const outputs = blank(inputs);
    const id = idOf(run, inputs);
    await reconcile(run, id, outputs, inputs as unknown as ReplicaInputs);
    return { id, outputs: outputs as unknown as Values };
  },

  async read(id, outputs) {
    const state = outputs as unknown as ReplicaOutputs;
    const { owner, region } = targetOf(state);
    const { seen, shown } = await refreshRegion(run, owner, region, state, "replica");
    if (!shown) return { id, outputs: { ...outputs, ...seen } };
    const { kmsTags: tags, ...metadata } = shown;
    const { distribution } = state;
    const now = {
      ...outputs,
      ...seen,
      ...metadata,
      distribution: { ...distribution, kms: { ...distribution.kms, tags } },
    };
    return { id, outputs: now, inputs: inputsAmong("KeyReplica", now) };
  },

  async update(id, olds, news) {
    const old = olds as unknown as ReplicaOutputs;
    const { kms } = news.distribution as DistributionRef;
    if (isLeftOut(kms, old.region)) return leftAsItIs(old, kms) as unknown as Values;
    const outputs = blank(news);
    outputs.versions = structuredClone(old.versions ?? {});
    const { keyId, keyArn, aliasTarget, drift } = old;
    Object.assign(outputs, { keyId, keyArn, aliasTarget, drift });
    await reconcile(run, id, outputs, news as unknown as ReplicaInputs, old);
    return outputs as unknown as Values;
  },

  /** The alias, then every version's replica, also one that a rotation has made ready and this resource does not have yet. */
  async delete(id, outputs) {
    const state = asReached(run, outputs as unknown as ReplicaOutputs);
    const { name, key, kms } = state.distribution;
    if (run.declared.isHandedOver("KeyReplica", id, run.say)) return;
    const versions = { ...run.declared.replicasMadeReady(name, state.region), ...state.versions };
    const here = Object.fromEntries(
      Object.entries(versions).map(([version, { replicas: _, ...record }]) => [version, record]),
    );
    refuseLeftOutDeletion(`KeyReplica ${id}`, kms, state.region, here);
    refuseDeletion(run, `KeyReplica ${id}`, key);
    const { deletionWindowDays, nextStack } = state;
    await remove(run, { ...targetOf(state), deletionWindowDays, nextStack }, { ...state, versions: here });
  },
});

/** Nothing is done in the Region: the state goes on saying what AWS has there, and remembers that it is left out. */
function leftAsItIs(
  { distribution, ...state }: ReplicaOutputs,
  { unreachableRegions }: KmsRef,
): ReplicaOutputs {
  return {
    ...state,
    distribution: { ...distribution, kms: { ...distribution.kms, unreachableRegions } },
  };
}

/** With the Regions that the program leaves out now, where this run has seen it declare the KmsProvider. */
function asReached(run: Run, state: ReplicaOutputs): ReplicaOutputs {
  const { distribution } = state;
  return { ...state, distribution: { ...distribution, kms: run.declared.withUnreachable(distribution.kms) } };
}

function sayLeftOut(run: Run, old: ReplicaOutputs, inputs: ReplicaInputs, primaries: KmsKeyRecords): void {
  const now = targetOf({ ...inputs, region: old.region }, primaries);
  const steps = hasUnknown(inputs.distribution.key) ? [] : planOf(run, now, old);
  const name = `KeyReplica ${old.region}/${old.distribution.name}`;
  run.say(sentenceOfLeftOut(name, targetOf(old), now, old.versions ?? {}, steps));
}

/** The same steps as in the primary Region, with ReplicateKey in the place of CreateKey. */
async function reconcile(
  run: Run,
  id: string,
  outputs: ReplicaOutputs,
  inputs: ReplicaInputs,
  old?: ReplicaOutputs,
): Promise<void> {
  const { versions, stack } = inputs.distribution;
  const target = targetOf(inputs, versions, old?.distribution?.stack);
  const convergence: Convergence = {
    ...target,
    keyring: run.keyrings.of(target.owner),
    ...(old && {
      last: { owner: targetOf(old).owner, inputs: old },
      repair: hasDrifted(old) || old.nextStack !== undefined,
      isHalfRenamed: old.nextStack !== undefined,
    }),
  };
  const show = (isCurrent: boolean) => {
    const shown = isCurrent ? inputs : (old ?? inputs);
    const { tags, policy, description, distribution } = shown;
    Object.assign(outputs, { tags, policy, description });
    outputs.distribution = {
      ...outputs.distribution,
      stack: distribution?.stack,
      kms: { ...outputs.distribution.kms, tags: distribution?.kms?.tags },
    };
    outputs.nextStack = distribution?.stack === stack ? undefined : stack;
    outputs.isHalfGiven = isCurrent ? undefined : true;
  };
  await recorded(
    !old,
    () => id,
    outputs,
    () => converge(run, convergence, outputs, show),
  );
}

function targetOf(
  values: ReplicaInputs | ReplicaOutputs,
  primaries?: KmsKeyRecords,
  formerStack?: string,
): Target {
  const { distribution, region, aliasName, tags, policy, description, ignored } = values;
  const { key, stack } = distribution;
  return {
    role: "replica",
    region,
    owner: ownerOf({ ...distribution, key: withFormerStack(key, stack, formerStack) }, values),
    aliasName,
    inputs: { tags, policy, description, ignored },
    strategy: distribution.rotationStrategy,
    primaries,
  };
}

/** What tells replicas apart: a Region holds one of a distribution. */
function idOf(run: Run, inputs: Values): string {
  const { name } = (known(inputs.distribution) ?? { name: UNKNOWN }) as DistributionRef;
  return hasUnknown([inputs.region, name]) ? UNKNOWN : `${inputs.region}/${run.names.actualOf(name)}`;
}

/** In a preview an updated distribution shows the name that was asked for; it may have another. */
function asNamed(run: Run, news: Values): Values {
  const { distribution } = news;
  if (hasUnknown((distribution as Partial<DistributionRef>)?.name) || isUnknown(distribution)) return news;
  const { name } = distribution as DistributionRef;
  const actual = run.names.actualOf(name);
  if (actual === name) return news;
  const renamed = (text: unknown) => (typeof text === "string" ? text.replace(name, actual) : text);
  return {
    ...news,
    distribution: { ...(distribution as DistributionRef), name: actual },
    aliasName: renamed(news.aliasName),
    aliasArn: renamed(news.aliasArn),
  };
}

function withDefaultsOfKey(distribution: unknown): unknown {
  if (isUnknown(distribution)) return distribution;
  const { key, ...rest } = (distribution ?? {}) as DistributionRef;
  return { ...rest, key: withDeletionAllowed(key) };
}

/** A key of an earlier release has none in its state, so that they are unknown in its next preview. */
function withoutUnknownStacksOf(news: Values): Values {
  const distribution = known(news.distribution) as DistributionRef | undefined;
  const key = known(distribution?.key);
  if (!distribution || !key) return news;
  return { ...news, distribution: { ...distribution, key: withoutUnknownStacks(key) } };
}

function blank(inputs: Values): ReplicaOutputs {
  const { versions: _, ...distribution } = inputs.distribution as DistributionRef;
  return { ...inputs, distribution, versions: {}, stateVersion: STATE_VERSION } as unknown as ReplicaOutputs;
}

function notDeclaredMistakes(region: unknown, key: Partial<KeyRef> | undefined): string[] {
  const declared = known(key?.replicaRegions);
  if (
    typeof region !== "string" ||
    !isRegion(region) ||
    !Array.isArray(declared) ||
    hasUnknown(declared) ||
    declared.includes(region)
  )
    return [];
  return [
    `Expected \`region\` to be one of \`replicaRegions\` of key "${key?.name}" (${declared.filter(isRegion).join(", ") || "there are none"}), got "${region}". Regions are fixed when the key is made, because a KMS key cannot become multi-Region later.`,
  ];
}
