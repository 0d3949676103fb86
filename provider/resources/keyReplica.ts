import { deleteAlias, ensureAlias } from "../awskms/aliases";
import { relatedKeyArn } from "../awskms/arn";
import { type Kms, openKms } from "../awskms/client";
import { describeKmsKey, scheduleDeletion, waitEnabled } from "../awskms/kmsKeys";
import { ensureReplicaKey } from "../awskms/replicas";
import { syncTags } from "../awskms/taggedKeys";
import { kcvOf, parseKeyring } from "../keys/keyring";
import { difference } from "../schema/compare";
import { hasUnknown, isUnknown, known } from "../schema/unknowns";
import { schemaMistakes, withDefaults } from "../schema/validate";
import { PartialFailure, type Resource, recording, STATE_VERSION, type Values } from "./resource";
import { deletionWindowMistakes, policyMistakes, regionMistakes, tagMistakes } from "./rules";
import {
  ensureUsable,
  needsWork,
  observe,
  observeAlias,
  syncMetadata,
  syncState,
  takeBack,
  wantedVersions,
} from "./versions";
import {
  contextOf,
  type KeyRef,
  type KmsKeyRecord,
  type KmsKeyRecords,
  type KmsRef,
  type MetadataInputs,
  metadataFor,
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

interface ReplicaOutputs extends ReplicaInputs {
  versions: KmsKeyRecords;
  keyArn?: string;
  aliasTarget?: string;
}

/** A distribution in one more Region: a replica KMS key for each version, behind an alias of the same name. */
export const keyReplica: Resource = {
  async check(_olds, news) {
    const filled = withDefaults("KeyReplica", news);
    const key = known((filled.distribution as Partial<DistributionRef> | undefined)?.key);
    const inputs: Values = key ? { ...filled, keyVersion: key.keyVersion } : filled;
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
    const id = `${outputs.region}/${outputs.distribution.name}`;
    await reconcile(id, outputs, inputs as unknown as ReplicaInputs).catch((error) => {
      if (error instanceof PartialFailure && !versionsOf(outputs.versions).length) throw error.cause;
      throw error;
    });
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
    Object.assign(outputs, { keyArn: old.keyArn, aliasTarget: old.aliasTarget });
    const last = {
      tags: old.tags,
      policy: old.policy,
      description: old.description,
      kmsTags: old.distribution?.kms?.tags,
    };
    await reconcile(id, outputs, news as unknown as ReplicaInputs, last);
    return outputs as unknown as Values;
  },

  async delete(_id, outputs) {
    const state = outputs as unknown as ReplicaOutputs;
    const kms = openKms(state.distribution.kms, state.region);
    const context = { key: state.distribution.key.name };
    await deleteAlias(kms, state.aliasName, context);
    for (const version of versionsOf(state.versions)) {
      await scheduleDeletion(kms, state.versions[version]!.keyId, state.deletionWindowDays, {
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
  last?: MetadataInputs & { kmsTags?: Record<string, string> },
): Promise<void> {
  const { distribution, region } = inputs;
  const { key } = distribution;
  const owner: Owner = {
    distribution: distribution.name,
    stack: distribution.stack,
    kms: distribution.kms,
    key,
  };
  const kms = openKms(distribution.kms, region);
  const records = outputs.versions;
  const before = versionsOf(records);

  await recording(id, outputs, async () => {
    if (last) {
      // Until they are applied, state says what AWS has.
      const { tags, policy, description, kmsTags } = last;
      const shown = outputs.distribution;
      Object.assign(outputs, { tags, policy, description });
      outputs.distribution = { ...shown, kms: { ...shown.kms, tags: kmsTags } };
      await syncMetadata(
        kms,
        owner,
        before.map((version) => records[version]!),
        last,
        inputs,
      );
      Object.assign(outputs, { tags: inputs.tags, policy: inputs.policy, description: inputs.description });
      outputs.distribution = shown;
    }
    for (const version of before) await takeBack(kms, owner, version, records[version]!);
    for (const version of wantedVersions(key)) {
      const record = records[version] ?? (await ensureReplica(kms, owner, version, inputs));
      records[version] = record;
      await ensureUsable(kms, owner, version, record);
      if (record.state === "Disabled") await syncState(kms, owner, version, record);
    }
    const latest = records[key.keyVersion]!;
    const context = contextOf(owner, key.keyVersion);
    const target = outputs.aliasTarget || undefined;
    if (before.length && target !== latest.keyId) await waitEnabled(kms, latest.keyId, context);
    const ours = Object.values(records).map((record) => record.keyId);
    await ensureAlias(kms, outputs.aliasName, latest.keyId, target, ours, context);
    Object.assign(outputs, { keyArn: latest.keyArn, aliasTarget: latest.keyId });
    for (const version of versionsOf(records)) await syncState(kms, owner, version, records[version]!);
  });
}

/** The replica of one version: the one that a rotation has made ready, else a new one. */
async function ensureReplica(
  kms: Kms,
  owner: Owner,
  version: number,
  inputs: ReplicaInputs,
): Promise<KmsKeyRecord> {
  const primary = inputs.distribution.versions[version]!;
  const context = contextOf(owner, version);
  const metadata = metadataFor(owner, version, inputs);
  const record = {
    keyId: primary.keyId,
    keyArn: relatedKeyArn(primary.keyArn, kms.region),
    kcv: kcvOf(parseKeyring(owner.key.keyring), version),
  };
  if (!primary.replicas?.includes(kms.region)) {
    const seen = await ensureReplicaKey(openKms(owner.kms), kms, primary.keyId, metadata, context);
    return { ...record, state: seen.state };
  }
  const seen = await describeKmsKey(kms, primary.keyId, context);
  await syncTags(kms, primary.keyId, metadataFor(owner, version, {}).tags, metadata.tags);
  if (inputs.policy !== undefined) {
    await kms.call(
      "PutKeyPolicy",
      { KeyId: primary.keyId, PolicyName: "default", Policy: inputs.policy },
      context,
    );
  }
  return { ...record, state: seen.state, importedAt: primary.importedAt, keyMaterialId: seen.keyMaterialId };
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
