import { parseKmsArn } from "../awskms/arn";
import { openKms } from "../awskms/client";
import { KeymgmtError } from "../errors";
import { difference } from "../schema/compare";
import { hasUnknown, known } from "../schema/unknowns";
import { schemaMistakes, withDefaults } from "../schema/validate";
import { adoptMistakes } from "./adoptRules";
import {
  onDemandMistakes,
  otherKeyMistakes,
  planned,
  planOnDemand,
  primaryMistakes,
  protectionMistakes,
  purposeMistakes,
} from "./distributionPlan";
import { hasDrifted, observeRegion, sayDrift } from "./observe";
import { type DistributionInputs, type DistributionOutputs, reconcile } from "./reconcileDistribution";
import { removeDistribution } from "./removeDistribution";
import { type Resource, STATE_VERSION, type Values } from "./resource";
import {
  aliasLengthMistakes,
  deletionWindowMistakes,
  expiryMistakes,
  partitionMistakes,
  policyMistakes,
  tagMistakes,
  tagsTogetherMistakes,
} from "./rules";
import { declare, isHandedOver, noteKmsKeys } from "./thisRun";
import { needsWork } from "./versions";
import {
  type KeyRef,
  type KmsKeyRecords,
  type KmsRef,
  ownerOf,
  type RotationStrategy,
  withoutKeyring,
} from "./wire";

/** What neither makes work nor is worth an update by itself. */
const IGNORED = ["key.keyring", "key.deletionAllowed", "adopt"];

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
      ...otherKeyMistakes(olds?.key as Partial<KeyRef> | undefined, key),
      ...partitionMistakes(key?.name, key?.replicaRegions, kms?.keyCollection),
      ...aliasLengthMistakes(kms?.aliasPrefix, key?.name),
      ...deletionWindowMistakes(inputs),
      ...adoptMistakes(inputs.adopt, key, inputs.rotationStrategy),
      ...onDemandMistakes(inputs),
      ...expiryMistakes(inputs),
      ...policyMistakes(inputs.policy),
      ...tagMistakes(inputs.tags),
      ...tagsTogetherMistakes(kms?.tags, inputs.tags),
    ];
    return { inputs, mistakes };
  },

  async diff(_id, olds, news) {
    const { changed, replaces } = difference("KeyDistribution", olds, news, IGNORED);
    const records = (olds.versions ?? {}) as KmsKeyRecords;
    noteKmsKeys(olds as unknown as DistributionOutputs, records);
    const key = news.key as KeyRef;
    if (news.rotationStrategy === "on-demand" && replaces.length === 0)
      planOnDemand(records, known(key) ?? {});
    // An unknown keyring says nothing: the material of a version never changes, and new versions show in keyVersion.
    const work =
      hasUnknown(withoutKeyring(key)) ||
      needsWork(key, records, olds.aliasTarget, news.rotationStrategy as RotationStrategy);
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
    const observation = await observeRegion(openKms(state.kms), ownerOf(state, state), state, "primary");
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

  async delete(id, outputs) {
    if (isHandedOver("KeyDistribution", id)) return;
    await removeDistribution(outputs as unknown as DistributionOutputs);
  },
};

function blank(inputs: Values): DistributionOutputs {
  const key = withoutKeyring(inputs.key as KeyRef);
  return { ...inputs, key, versions: {}, stateVersion: STATE_VERSION } as unknown as DistributionOutputs;
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
