import { type Kms, openKms } from "../awskms/client";
import type { ExpiryInputs, ExpiryPlan } from "../keys/planExpiry";
import { adoptKmsKeys } from "./adopt";
import type { Adopt } from "./adoptRules";
import { comeBackWithAll } from "./comeBack";
import { converge, noteTakenUp } from "./converge";
import { planOnDemand, rotationsLeft } from "./distributionPlan";
import { convergeOnDemand, rotateTo } from "./onDemand";
import { ensureKmsKey } from "./primaryKey";
import { replicateNew } from "./rotateReplicas";
import { noteKmsKeys } from "./thisRun";
import {
  type AppliedMetadata,
  type KeyRef,
  type KmsRef,
  kmsKeysOf,
  type MetadataInputs,
  type Owner,
  ownerOf,
  type RegionalOutputs,
  type RotationStrategy,
  versionsOf,
} from "./wire";

export interface DistributionInputs extends MetadataInputs, ExpiryInputs, ExpiryPlan {
  adopt?: Adopt;
  kms: KmsRef;
  key: KeyRef;
  name: string;
  aliasName: string;
  stack: string;
  multiRegion: boolean;
  rotationStrategy?: RotationStrategy;
  deletionWindowDays: number;
}

export interface DistributionOutputs extends DistributionInputs, RegionalOutputs {
  aliasName: string;
  /** Of AWS's on-demand rotations of the one KMS key. */
  rotationsLeft?: number;
}

/** Brings the primary Region, and in a rotation every Region with a replica, to what the inputs say. */
export async function reconcile(
  outputs: DistributionOutputs,
  inputs: DistributionInputs,
  last?: AppliedMetadata,
  repair = false,
): Promise<void> {
  const owner = ownerOf(inputs, inputs);
  const kms = openKms(inputs.kms);
  if (!last && inputs.adopt) {
    await adopt(kms, owner, inputs.adopt, outputs);
    return reconcile(outputs, inputs, {}, true);
  }
  noteKmsKeys(inputs, outputs.versions);
  const make = (version: number) => ensureKmsKey(kms, owner, version, inputs);
  const common = { id: inputs.name, kms, owner, inputs, outputs, reached: outputs, last, repair, make };
  if (inputs.rotationStrategy === "on-demand") {
    const held = { [owner.key.keyVersion]: {} };
    const comeBack = () => comeBackWithAll(kms, owner);
    try {
      return await convergeOnDemand({
        ...common,
        held,
        comeBack,
        add: (version, records) => rotateTo(kms, owner, version, records, inputs.aliasName),
      });
    } finally {
      outputs.rotationsLeft = rotationsLeft(outputs.versions);
    }
  }
  const settled = versionsOf(outputs.versions).find(
    (version) => outputs.versions[version]!.keyId === outputs.keyId,
  );
  await converge({
    ...common,
    async prepare(version, record) {
      if (settled === undefined || version <= settled || !outputs.multiRegion) return;
      await replicateNew(kms, owner, version, record, settled, outputs.versions[settled]!.keyId);
    },
  });
}

/**
 * What is adopted counts as made, and an adopted alias as pointing where it points. What it has besides its material is yet
 * to be seen, as after a refresh that found drift.
 */
async function adopt(kms: Kms, owner: Owner, wanted: Adopt, outputs: DistributionOutputs): Promise<void> {
  const { records, inUse } = await adoptKmsKeys(kms, owner, wanted);
  if (outputs.rotationStrategy === "on-demand") planOnDemand(records, owner.key);
  outputs.versions = records;
  if (inUse) Object.assign(outputs, { keyId: inUse.keyId, keyArn: inUse.keyArn, aliasTarget: inUse.keyId });
  for (const { version, record } of kmsKeysOf(records))
    if (!record.adopted) noteTakenUp({ kms, outputs }, version);
}
