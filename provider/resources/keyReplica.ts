import { deleteAlias } from "../awskms/aliases";
import { openKms } from "../awskms/client";
import { scheduleDeletion } from "../awskms/kmsKeys";
import { type ExpiryInputs, type ExpiryPlan, planExpiry } from "../keys/planExpiry";
import { difference } from "../schema/compare";
import { hasUnknown, isUnknown, known, UNKNOWN } from "../schema/unknowns";
import { schemaMistakes, withDefaults } from "../schema/validate";
import { converge } from "./converge";
import { hasDrifted, observeRegion, sayDrift } from "./observe";
import { convergeOnDemand, joinVersion } from "./onDemand";
import { ensureReplica, findOlderReplicas } from "./replicaKey";
import { type Resource, STATE_VERSION, type Values } from "./resource";
import {
  deletionWindowMistakes,
  policyMistakes,
  regionMistakes,
  tagMistakes,
  tagsTogetherMistakes,
} from "./rules";
import { declare, isHandedOver, isHeldByAnother, replicasMadeReady } from "./thisRun";
import { needsWork } from "./versions";
import {
  type AppliedMetadata,
  type KeyRef,
  type KmsKeyRecord,
  type KmsKeyRecords,
  type KmsRef,
  kmsKeysOf,
  type MetadataInputs,
  ownerOf,
  type RegionalOutputs,
  type RotationStrategy,
  versionsOf,
  withoutKeyring,
} from "./wire";

interface DistributionRef extends ExpiryInputs {
  rotationStrategy?: RotationStrategy;
  name: string;
  stack: string;
  kms: KmsRef;
  key: KeyRef;
  versions: KmsKeyRecords;
}

interface ReplicaInputs extends MetadataInputs, ExpiryPlan {
  distribution: DistributionRef;
  region: string;
  aliasName: string;
  deletionWindowDays: number;
}

interface ReplicaOutputs extends ReplicaInputs, RegionalOutputs {
  aliasName: string;
}

/** A distribution in one more Region: a replica KMS key for each version, behind an alias of the same name. */
export const keyReplica: Resource = {
  async check(olds, news) {
    const filled = withDefaults("KeyReplica", news);
    const distribution = known(filled.distribution as Partial<DistributionRef> | undefined);
    const key = known(distribution?.key);
    const before = known(olds?.distribution as Partial<DistributionRef> | undefined);
    const plan = distribution && planExpiry(olds && { ...before, ...olds }, distribution, new Date());
    const inputs: Values = { ...filled, ...(key && { keyVersion: key.keyVersion }), ...plan };
    declare("KeyReplica", idOf(inputs));
    const mistakes = [
      ...schemaMistakes("KeyReplica", inputs),
      ...regionMistakes("region", inputs.region),
      ...notDeclaredMistakes(inputs.region, key),
      ...deletionWindowMistakes(inputs),
      ...policyMistakes(inputs.policy),
      ...tagMistakes(inputs.tags),
      ...tagsTogetherMistakes(known(distribution?.kms)?.tags, inputs.tags),
    ];
    return { inputs, mistakes };
  },

  async diff(_id, olds, news) {
    const ignored = ["distribution.key.keyring", "distribution.key.deletionAllowed", "distribution.versions"];
    const { changed, replaces } = difference("KeyReplica", olds, news, ignored);
    if (isUnknown(news.distribution)) return { changes: true, replaces };
    const { key, versions, rotationStrategy } = news.distribution as DistributionRef;
    const records = (olds.versions ?? {}) as KmsKeyRecords;
    const moved =
      !hasUnknown(versions) &&
      versionsOf(records).some((version) => versions[version]?.keyId !== records[version]!.keyId);
    const work =
      hasUnknown(withoutKeyring(key)) || needsWork(key, records, olds.aliasTarget, rotationStrategy);
    const drifted = hasDrifted(olds);
    if (drifted) sayDrift((news.distribution as DistributionRef).name, olds.drift);
    return { changes: moved || work || drifted || changed.length > 0, replaces };
  },

  async create(inputs) {
    const outputs = blank(inputs);
    const id = idOf(inputs);
    await reconcile(id, outputs, inputs as unknown as ReplicaInputs);
    return { id, outputs: outputs as unknown as Values };
  },

  async read(id, outputs) {
    const state = outputs as unknown as ReplicaOutputs;
    const kms = openKms(state.distribution.kms, state.region);
    const owner = ownerOf(state.distribution, state);
    const observation = await observeRegion(kms, owner, state, "replica");
    return { id, outputs: { ...outputs, ...observation } };
  },

  async update(id, olds, news) {
    const old = olds as unknown as ReplicaOutputs;
    const outputs = blank(news);
    outputs.versions = structuredClone(old.versions ?? {});
    const { keyId, keyArn, aliasTarget, drift } = old;
    Object.assign(outputs, { keyId, keyArn, aliasTarget, drift });
    const last = {
      tags: old.tags,
      policy: old.policy,
      description: old.description,
      kmsTags: old.distribution?.kms?.tags,
    };
    await reconcile(id, outputs, news as unknown as ReplicaInputs, last, hasDrifted(olds));
    return outputs as unknown as Values;
  },

  /** The alias, then every version's replica, also one that a rotation has made ready and this resource has not taken up. */
  async delete(id, outputs) {
    if (isHandedOver("KeyReplica", id)) return;
    const state = outputs as unknown as ReplicaOutputs;
    const kms = openKms(state.distribution.kms, state.region);
    const context = { key: state.distribution.key.name };
    const records = { ...replicasMadeReady(state.distribution.name, state.region), ...state.versions };
    if (!Object.values(records).some((record) => record.adopted && record.keyId === state.aliasTarget))
      await deleteAlias(kms, state.aliasName, context);
    for (const { version, record } of kmsKeysOf(records)) {
      if (record.adopted || isHeldByAnother(state.distribution.name, record.keyId)) continue;
      await scheduleDeletion(kms, record.keyId, state.deletionWindowDays, { ...context, version });
    }
  },
};

/** The same steps as in the primary Region, with ReplicateKey in the place of CreateKey. */
async function reconcile(
  id: string,
  outputs: ReplicaOutputs,
  inputs: ReplicaInputs,
  last?: AppliedMetadata,
  repair = false,
): Promise<void> {
  const owner = ownerOf(inputs.distribution, inputs);
  forgetLost(outputs.versions);
  const kms = openKms(owner.kms, inputs.region);
  const make = (version: number) =>
    ensureReplica(kms, owner, version, inputs.distribution.versions[version]!, inputs);
  const common = { id, kms, owner, inputs, outputs, reached: outputs.distribution, last, repair, make };
  const { rotationStrategy, versions: held } = inputs.distribution;
  if (rotationStrategy !== "on-demand") {
    if (!last) Object.assign(outputs.versions, await findOlderReplicas(kms, owner, held));
    return converge(common);
  }
  await convergeOnDemand({
    ...common,
    held,
    async add(version, records) {
      const [shared] = Object.values(records) as [KmsKeyRecord];
      records[version] = await joinVersion(kms, owner, version, held[version]!, shared);
    },
  });
}

/** A replica that is gone can be made again, unlike a primary: with the same key id and material it decrypts the same. */
function forgetLost(records: KmsKeyRecords): void {
  for (const version of versionsOf(records))
    if (records[version]!.state === "Deleted") delete records[version];
}

/** What tells replicas apart: a Region holds one of a distribution. */
function idOf(inputs: Values): string {
  const { name } = (known(inputs.distribution) ?? { name: UNKNOWN }) as DistributionRef;
  return hasUnknown([inputs.region, name]) ? UNKNOWN : `${inputs.region}/${name}`;
}

function blank(inputs: Values): ReplicaOutputs {
  const { key, versions: _, ...distribution } = inputs.distribution as DistributionRef;
  return {
    ...inputs,
    distribution: { ...distribution, key: withoutKeyring(key) },
    versions: {},
    stateVersion: STATE_VERSION,
  } as unknown as ReplicaOutputs;
}

function notDeclaredMistakes(region: unknown, key: Partial<KeyRef> | undefined): string[] {
  const declared = known(key?.replicaRegions);
  if (
    typeof region !== "string" ||
    isUnknown(region) ||
    !Array.isArray(declared) ||
    hasUnknown(declared) ||
    declared.includes(region)
  )
    return [];
  return [
    `Expected \`region\` to be one of \`replicaRegions\` of key "${key?.name}" (${declared.join(", ") || "there are none"}), got "${region}". Regions are fixed when the key is made, because a KMS key cannot become multi-Region later.`,
  ];
}
