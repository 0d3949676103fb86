import { deleteAlias } from "../awskms/aliases";
import { openKms } from "../awskms/client";
import { scheduleDeletion } from "../awskms/kmsKeys";
import { difference } from "../schema/compare";
import { hasUnknown, isUnknown, known, UNKNOWN } from "../schema/unknowns";
import { schemaMistakes, withDefaults } from "../schema/validate";
import { type AppliedMetadata, converge, type RegionalOutputs } from "./converge";
import { ensureReplica } from "./replicaKey";
import { type Resource, STATE_VERSION, type Values } from "./resource";
import { deletionWindowMistakes, policyMistakes, regionMistakes, tagMistakes } from "./rules";
import { declare, isHandedOver, replicasMadeReady } from "./thisRun";
import { needsWork, observe, observeAlias } from "./versions";
import {
  type KeyRef,
  type KmsKeyRecords,
  type KmsRef,
  type MetadataInputs,
  type Owner,
  versionsOf,
  withoutKeyring,
} from "./wire";

interface DistributionRef {
  name: string;
  stack: string;
  kms: KmsRef;
  key: KeyRef;
  versions: KmsKeyRecords;
}

interface ReplicaInputs extends MetadataInputs {
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
  async check(_olds, news) {
    const filled = withDefaults("KeyReplica", news);
    const key = known((filled.distribution as Partial<DistributionRef> | undefined)?.key);
    const inputs: Values = key ? { ...filled, keyVersion: key.keyVersion } : filled;
    declare("KeyReplica", idOf(inputs));
    const mistakes = [
      ...schemaMistakes("KeyReplica", inputs),
      ...regionMistakes("region", inputs.region),
      ...notDeclaredMistakes(inputs.region, key),
      ...deletionWindowMistakes(inputs),
      ...policyMistakes(inputs.policy),
      ...tagMistakes(inputs.tags),
    ];
    return { inputs, mistakes };
  },

  async diff(_id, olds, news) {
    const ignored = ["distribution.key.keyring", "distribution.versions"];
    const { changed, replaces } = difference("KeyReplica", olds, news, ignored);
    if (isUnknown(news.distribution)) return { changes: true, replaces };
    const { key, versions } = news.distribution as DistributionRef;
    const records = (olds.versions ?? {}) as KmsKeyRecords;
    const moved =
      !hasUnknown(versions) &&
      versionsOf(records).some((version) => versions[version]?.keyId !== records[version]!.keyId);
    const work = hasUnknown(withoutKeyring(key)) || needsWork(key, records, olds.aliasTarget);
    return { changes: moved || work || changed.length > 0, replaces };
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
    const versions = await observe(kms, state.versions, state.distribution.key.name);
    const aliasTarget = (await observeAlias(kms, state.aliasName)) ?? state.aliasTarget;
    return { id, outputs: { ...outputs, versions, aliasTarget } };
  },

  async update(id, olds, news) {
    const old = olds as unknown as ReplicaOutputs;
    const outputs = blank(news);
    outputs.versions = structuredClone(old.versions ?? {});
    Object.assign(outputs, { keyId: old.keyId, keyArn: old.keyArn, aliasTarget: old.aliasTarget });
    const last = {
      tags: old.tags,
      policy: old.policy,
      description: old.description,
      kmsTags: old.distribution?.kms?.tags,
    };
    await reconcile(id, outputs, news as unknown as ReplicaInputs, last);
    return outputs as unknown as Values;
  },

  /** The alias, then every version's replica, also one that a rotation has made ready and this resource has not taken up. */
  async delete(id, outputs) {
    if (isHandedOver("KeyReplica", id)) return;
    const state = outputs as unknown as ReplicaOutputs;
    const kms = openKms(state.distribution.kms, state.region);
    const context = { key: state.distribution.key.name };
    const records = { ...replicasMadeReady(state.distribution.name, state.region), ...state.versions };
    await deleteAlias(kms, state.aliasName, context);
    for (const version of versionsOf(records)) {
      await scheduleDeletion(kms, records[version]!.keyId, state.deletionWindowDays, {
        ...context,
        version,
      });
    }
  },
};

/** The same steps as in the primary Region, with ReplicateKey in the place of CreateKey. */
async function reconcile(
  id: string,
  outputs: ReplicaOutputs,
  inputs: ReplicaInputs,
  last?: AppliedMetadata,
): Promise<void> {
  const { name, ...distribution } = inputs.distribution;
  const owner: Owner = { ...distribution, distribution: name };
  const kms = openKms(owner.kms, inputs.region);
  const make = (version: number) =>
    ensureReplica(kms, owner, version, inputs.distribution.versions[version]!, inputs);
  await converge({ id, kms, owner, inputs, outputs, reached: outputs.distribution, last, make });
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
