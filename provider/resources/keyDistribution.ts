import { deleteAlias } from "../awskms/aliases";
import { parseKmsArn } from "../awskms/arn";
import { type Kms, openKms } from "../awskms/client";
import { scheduleDeletion } from "../awskms/kmsKeys";
import { say } from "../awskms/say";
import { KeymgmtError } from "../errors";
import { type ExpiryInputs, type ExpiryPlan, planExpiry } from "../keys/planExpiry";
import { difference } from "../schema/compare";
import { hasUnknown, isUnknown, known, UNKNOWN } from "../schema/unknowns";
import { schemaMistakes, withDefaults } from "../schema/validate";
import { type Adopt, adoptKmsKeys, adoptMistakes } from "./adopt";
import { type AppliedMetadata, converge, type RegionalOutputs } from "./converge";
import { hasDrifted, LOST, observeAlias, observeRegion, sayDrift } from "./observe";
import { ensureKmsKey } from "./primaryKey";
import { type Resource, STATE_VERSION, type Values } from "./resource";
import { replicasHeld, replicateTo } from "./rotateReplicas";
import {
  aliasLengthMistakes,
  deletionWindowMistakes,
  expiryMistakes,
  partitionMistakes,
  policyMistakes,
  tagMistakes,
  tagsTogetherMistakes,
} from "./rules";
import { declare, isHandedOver, isHeldByAnother, noteKmsKeys } from "./thisRun";
import { needsWork } from "./versions";
import {
  type KeyRef,
  type KmsKeyRecord,
  type KmsKeyRecords,
  type KmsRef,
  type MetadataInputs,
  type Owner,
  versionsOf,
  withoutKeyring,
} from "./wire";

export interface DistributionInputs extends MetadataInputs, ExpiryInputs, ExpiryPlan {
  adopt?: Adopt;
  kms: KmsRef;
  key: KeyRef;
  name: string;
  aliasName: string;
  stack: string;
  multiRegion: boolean;
  deletionWindowDays: number;
}

interface DistributionOutputs extends DistributionInputs, RegionalOutputs {
  aliasName: string;
}

/** A key in AWS KMS: a KMS key with imported material for each version, behind one alias. */
export const keyDistribution: Resource = {
  async check(olds, news) {
    const inputs = planned(olds, withDefaults("KeyDistribution", news));
    const key = known(inputs.key) as Partial<KeyRef> | undefined;
    const kms = known(inputs.kms) as Partial<KmsRef> | undefined;
    declare("KeyDistribution", String(inputs.name));
    const mistakes = [
      ...schemaMistakes("KeyDistribution", inputs),
      ...purposeMistakes(inputs.purpose),
      ...protectionMistakes(inputs.protection),
      ...primaryMistakes(key, kms),
      ...partitionMistakes(key?.name, key?.replicaRegions, kms?.keyCollection),
      ...aliasLengthMistakes(kms?.aliasPrefix, key?.name),
      ...deletionWindowMistakes(inputs),
      ...adoptMistakes(inputs.adopt, key),
      ...expiryMistakes(inputs),
      ...policyMistakes(inputs.policy),
      ...tagMistakes(inputs.tags),
      ...tagsTogetherMistakes(kms?.tags, inputs.tags),
    ];
    return { inputs, mistakes };
  },

  async diff(_id, olds, news) {
    const { changed, replaces } = difference("KeyDistribution", olds, news, ["key.keyring"]);
    noteKmsKeys(String(olds.name), (olds.versions ?? {}) as KmsKeyRecords);
    const key = news.key as KeyRef;
    // An unknown keyring says nothing: the material of a version never changes, and new versions show in keyVersion.
    const work =
      hasUnknown(withoutKeyring(key)) ||
      needsWork(key, (olds.versions ?? {}) as KmsKeyRecords, olds.aliasTarget);
    const drifted = hasDrifted(olds);
    if (drifted) sayDrift(String(olds.name), olds.drift);
    return { changes: work || drifted || changed.length > 0, replaces };
  },

  async create(inputs) {
    const id = String(inputs.name);
    const outputs = blank(inputs);
    await reconcile(outputs, inputs as unknown as DistributionInputs);
    return { id, outputs: outputs as unknown as Values };
  },

  async read(id, outputs) {
    const state = outputs as unknown as DistributionOutputs;
    const observation = await observeRegion(openKms(state.kms), ownerOf(state), state, LOST.primary);
    return { id, outputs: { ...outputs, ...observation } };
  },

  async update(_id, olds, news) {
    const old = olds as unknown as DistributionOutputs;
    const inputs = news as unknown as DistributionInputs;
    refuseOtherAccount(old, inputs);
    const outputs = { ...blank(news), ...pick(old, ["versions", "keyId", "keyArn", "aliasTarget", "drift"]) };
    outputs.versions = structuredClone(old.versions ?? {});
    const last = { tags: old.tags, policy: old.policy, description: old.description, kmsTags: old.kms?.tags };
    await reconcile(outputs, inputs, last, hasDrifted(olds));
    return outputs as unknown as Values;
  },

  /**
   * The alias, then every version's KMS key. Replicas are KeyReplica's, but for those that none has taken up. What was
   * adopted stays: it was there before, and without its material no deletion could ever be made good.
   */
  async delete(id, outputs) {
    if (isHandedOver("KeyDistribution", id)) return;
    const state = outputs as unknown as DistributionOutputs;
    const kms = openKms(state.kms);
    const context = { key: state.key.name };
    const abandoned = await regionsAbandoned(state);
    if (!isAdopted(state, state.aliasTarget)) await deleteAlias(kms, state.aliasName, context);
    for (const version of versionsOf(state.versions)) {
      const { keyId, adopted, replicas = [] } = state.versions[version]!;
      if (isHeldByAnother(state.name, keyId)) continue;
      if (adopted) {
        sayLeft(state.versions[version]!, state);
        continue;
      }
      for (const region of replicas.filter((replica) => abandoned.has(replica))) {
        await scheduleDeletion(openKms(state.kms, region), keyId, state.deletionWindowDays, {
          ...context,
          version,
        });
      }
      await scheduleDeletion(kms, keyId, state.deletionWindowDays, { ...context, version });
    }
  },
};

async function reconcile(
  outputs: DistributionOutputs,
  inputs: DistributionInputs,
  last?: AppliedMetadata,
  repair = false,
): Promise<void> {
  const owner = ownerOf(inputs);
  const kms = openKms(inputs.kms);
  if (!last && inputs.adopt) await adopt(kms, owner, inputs.adopt, outputs);
  noteKmsKeys(inputs.name, outputs.versions);
  const settled = versionsOf(outputs.versions).find(
    (version) => outputs.versions[version]!.keyId === outputs.keyId,
  );
  await converge({
    id: inputs.name,
    kms,
    owner,
    inputs,
    outputs,
    reached: outputs,
    last,
    repair,
    make: (version) => ensureKmsKey(kms, owner, version, inputs),
    async prepare(version, record) {
      if (settled === undefined || version <= settled || !outputs.multiRegion) return;
      await replicateNew(kms, owner, version, record, settled, outputs.versions[settled]!.keyId);
    },
  });
}

/** What is adopted counts as made; an adopted alias as pointing where it points. */
async function adopt(kms: Kms, owner: Owner, wanted: Adopt, outputs: DistributionOutputs): Promise<void> {
  outputs.versions = await adoptKmsKeys(kms, owner, wanted);
  if (wanted.aliasName) outputs.aliasTarget = outputs.versions[owner.key.keyVersion]!.keyId;
}

/**
 * A replicated key's new version goes to every Region that holds a replica of the version in use, before any alias moves:
 * what is encrypted through an alias can then be decrypted in every one of them.
 *
 * @param settled the version that the last finished update left in use, at the KMS key `inUse`
 */
async function replicateNew(
  kms: Kms,
  owner: Owner,
  version: number,
  record: KmsKeyRecord,
  settled: number,
  inUse: string,
): Promise<void> {
  const ready = new Set(record.replicas);
  const missing = (await replicasHeld(kms, owner, settled, inUse)).filter((region) => !ready.has(region));
  await Promise.all(
    missing.map(async (region) => {
      await replicateTo(kms, region, owner, version, record, inUse);
      record.replicas = [...ready.add(region)].sort();
    }),
  );
}

/**
 * Regions for which rotations have made replicas and in which the alias is gone. Its KeyReplica deletes the alias first, so
 * what is left there is nobody's; where the alias is, the KeyReplica was retained (`retainOnDelete`), and all that is its.
 */
async function regionsAbandoned({ kms, versions, aliasName }: DistributionOutputs): Promise<Set<string>> {
  const regions = new Set(Object.values(versions).flatMap(({ replicas }) => replicas ?? []));
  for (const region of regions) {
    const loses = "replicas that no KeyReplica has taken up are left to themselves";
    if ((await observeAlias(openKms(kms, region), aliasName, loses)) !== "") regions.delete(region);
  }
  return regions;
}

function isAdopted({ versions }: DistributionOutputs, keyId: string | undefined): boolean {
  return Object.values(versions).some((record) => record.adopted && record.keyId === keyId);
}

function sayLeft({ keyArn }: KmsKeyRecord, { name, deletionWindowDays }: DistributionOutputs): void {
  const command = `aws kms schedule-key-deletion --key-id ${keyArn} --pending-window-in-days ${deletionWindowDays}`;
  say(`${keyArn} was adopted by ${name} and is left as it is; to delete it as well: ${command}`);
}

function ownerOf({ name, stack, kms, key, ...expiry }: DistributionInputs): Owner {
  return { distribution: name, stack, kms, key, expiry };
}

/** Fills what follows from the inputs, so that it stays known in previews and the plan can be read there. */
function planned(olds: Values | undefined, inputs: Values): Values {
  const key = known(inputs.key) as Partial<KeyRef> | undefined;
  const kms = known(inputs.kms) as Partial<KmsRef> | undefined;
  const purpose = inputs.purpose ?? ["encrypt", "decrypt"];
  return {
    ...inputs,
    purpose: Array.isArray(purpose) ? [...purpose].sort() : purpose,
    ...(key && { keyVersion: key.keyVersion, multiRegion: isMultiRegion(key.replicaRegions) }),
    ...(kms && { primaryRegion: kms.keyCollection }),
    ...planExpiry(olds, inputs, new Date()),
  };
}

function isMultiRegion(replicaRegions: string[] | undefined): boolean | string {
  return isUnknown(replicaRegions) ? UNKNOWN : (replicaRegions?.length ?? 0) > 0;
}

function blank(inputs: Values): DistributionOutputs {
  const key = withoutKeyring(inputs.key as KeyRef);
  return { ...inputs, key, versions: {}, stateVersion: STATE_VERSION } as unknown as DistributionOutputs;
}

function purposeMistakes(purpose: unknown): string[] {
  if (!Array.isArray(purpose) || hasUnknown(purpose)) return [];
  if (purpose.join() === "decrypt,encrypt") return [];
  return [
    `Expected \`purpose\` to be ["encrypt", "decrypt"], which is what an aes256-gcm96 key is for in AWS KMS, got ${JSON.stringify(purpose)}.`,
  ];
}

function protectionMistakes(protection: unknown): string[] {
  if (protection === "hsm" || typeof protection !== "string" || isUnknown(protection)) return [];
  return [
    `Expected \`protection\` to be "hsm", because AWS KMS keeps every key in HSMs, got "${protection}".`,
  ];
}

function primaryMistakes(key: Partial<KeyRef> | undefined, kms: Partial<KmsRef> | undefined): string[] {
  const region = known(kms?.keyCollection);
  const replicaRegions = known(key?.replicaRegions);
  if (region === undefined || !Array.isArray(replicaRegions) || !replicaRegions.includes(region)) return [];
  return [
    `Expected \`replicaRegions\` of key "${key?.name}" without "${region}": it is the primary Region (\`keyCollection\` of the KmsProvider), which cannot hold a replica too.`,
  ];
}

function refuseOtherAccount(old: DistributionOutputs, inputs: DistributionInputs): void {
  const { accountId } = inputs.kms;
  const held = old.keyArn ? parseKmsArn(old.keyArn).accountId : accountId;
  if (!accountId || accountId === held) return;
  throw new KeymgmtError(
    "AccountMismatch",
    `Expected a KmsProvider of AWS account ${held}, which holds the KMS keys of ${inputs.name}, got one of account ${accountId}. Nothing was changed. Declare a new KeyDistribution for ${accountId} instead.`,
    { key: inputs.key.name },
  );
}

function pick<T extends object, K extends keyof T>(from: T, names: K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}
