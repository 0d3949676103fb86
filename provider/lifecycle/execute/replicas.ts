/** Replicas: KMS keys in other Regions than the primary's. */

import { KeymgmtError } from "../../errors";
import { relatedKeyArn } from "../../kms/arn";
import type { Kms } from "../../kms/client/client";
import { isPendingDeletion } from "../../kms/keyState";
import { describeKmsKey, keyPolicyOf, otherRegions, type SeenKmsKey } from "../../kms/kmsKeys";
import { undefinedIfDenied, warnIfDenied } from "../../kms/optional";
import { ensureReplicaKey } from "../../kms/replicas";
import { CLAIM, tagCommand, tagsOf } from "../../kms/taggedKeys";
import { kmsKeysOf } from "../../state/records";
import type { KmsKeyRecord } from "../../state/types";
import { isTakenOver, ownershipOf } from "../claims/ownership";
import { claimDoubt, replicaDoubt } from "../claims/proof";
import { observeAlias } from "../drift/observe";
import { metadataFor } from "../metadata/desired";
import type { Desired, Known, SeenReplica } from "../plan/known";
import type { OutcomeOf, StepOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";
import { wasPendingDeletion } from "./reclaimedReplicas";

/** A KMS key that may exist, as AWS shows it; undefined if it does not exist. */
export async function inspect(
  regional: RegionalDistribution,
  { version }: StepOf<"inspect">,
  { records }: Known,
  { role, primaries, minEnabled, strategy }: Desired,
): Promise<KmsKeyRecord | undefined> {
  const context = regional.context(version);
  if (role === "primary") {
    const record = records[version]!;
    const seen = await warnIfDenied(
      regional.kms,
      "a KMS key that seemed to be deleted is not checked again",
      () => describeKmsKey(regional.kms, record.keyId, context),
    );
    return seen && { ...record, state: seen.state };
  }
  const primary = primaries[version]!;
  const { keyId, keyArn: primaryArn, kcv, importedAt, adopted, claim } = primary;
  const seen = await describeKmsKey(regional.kms, keyId, context);
  const { state, validTo, keyMaterialId, description } = seen;
  const keyArn = relatedKeyArn(primaryArn, regional.region);
  // A replica that a rotation has created has its material, unless somebody has deleted and created it since.
  const isKnown = primary.replicas?.includes(regional.region) && hasItsMaterial(seen, strategy);
  if (!adopted && state !== "Deleted" && !isKnown)
    await refuseOthersReplica(regional, regional.kms, version, primary, seen, strategy);
  if (adopted) return { keyId, keyArn, state, adopted, validTo, keyMaterialId };
  // A rotation has just created it with the desired tags, and with the policy and description of the former version. Of one that was there
  // before, others may have changed them.
  if (isKnown && !isPendingDeletion(state) && version >= minEnabled)
    regional.knownMetadata.set(version, {
      tags: metadataFor(regional.owner, version, {}, claim).tags,
      policy: regional.run.replicaPolicies.get(keyArn),
      description,
    });
  return { keyId, keyArn, kcv, state, importedAt, validTo, keyMaterialId, claim, recovered: true };
}

/** The other Regions that hold the version's KMS key, and its state there. A manual rotation leaves out replicas that it must not follow. */
export async function findReplicas(
  regional: RegionalDistribution,
  { version }: StepOf<"findReplicas">,
  { records }: Known,
  { strategy }: Desired,
): Promise<SeenReplica[]> {
  const { keyId } = records[version]!;
  const context = regional.context(version);
  const here = await describeKmsKey(regional.kms, keyId, context);
  const found = otherRegions(here, regional.region).map(async (region): Promise<SeenReplica[]> => {
    if (regional.isLeftOut(region))
      return strategy === "on-demand"
        ? [{ region, state: undefined, wasPendingDeletion: false, isLeftOut: true }]
        : [];
    const there = regional.at(region);
    const seen = await describeKmsKey(there, keyId, context);
    const { state } = seen;
    if (strategy === "on-demand") {
      const isPrimary = region === here.primaryRegion;
      const isLeaving = await wasPendingDeletion(regional, there, keyId, state);
      return [{ region, state, wasPendingDeletion: isLeaving, ...(isPrimary && { isPrimary }) }];
    }
    const isOthers = !hasItsMaterial(seen, strategy) && state !== "Deleted" && !isPendingDeletion(state);
    return isOthers && (await leavesReplica(regional, there, records[version]!))
      ? []
      : [{ region, state, wasPendingDeletion: false }];
  });
  return (await Promise.all(found)).flat();
}

/**
 * A new version's replica starts with the key policy of the replica in use. If the replica in use has no material, anybody with permission
 * to replicate may have created it. If its policy is not the expected one, no new replica is made from it; a KeyReplica in that Region
 * creates its own.
 */
async function leavesReplica(
  regional: RegionalDistribution,
  there: Kms,
  record: KmsKeyRecord,
): Promise<boolean> {
  const doubt = await replicaDoubt(regional, there, record, undefined, undefined);
  if (doubt === undefined) return false;
  regional.run.say(
    `the replica of KMS key ${record.keyId} in ${there.region} has no material, and ${doubt}; the rotation makes no new replica there before the alias moves. A KeyReplica there makes it later. If there is no KeyReplica, delete the replica: ${regional.deletionCommand(record, SHORTEST_WINDOW_DAYS, there.region)}`,
  );
  return true;
}

/**
 * By version, the Regions with a replica of ours that no KeyReplica manages: a rotation or a killed update has created it, and the alias
 * does not exist there. A removed KeyReplica deletes its alias first. If the alias exists, the KeyReplica was retained (`retainOnDelete`),
 * and its KMS keys are left as they are.
 */
export async function findStrayReplicas(
  regional: RegionalDistribution,
  _step: object,
  { records }: Known,
): Promise<Record<number, string[]>> {
  const found: Record<number, string[]> = {};
  for (const { version, record } of kmsKeysOf(records)) {
    // Without kms:DescribeKey only the replicas in the state are known.
    const seen = await undefinedIfDenied(() =>
      describeKmsKey(regional.kms, record.keyId, regional.context(version)),
    );
    const regions = [
      ...new Set([...(record.replicas ?? []), ...(seen ? otherRegions(seen, regional.region) : [])]),
    ];
    sayLeftOut(regional, record, regions);
    const reached = regions.filter((region) => !regional.isLeftOut(region));
    const isOurs = await Promise.all(
      reached.map(async (region) => record.replicas?.includes(region) || isLeft(regional, region, record)),
    );
    found[version] = reached.filter((_, index) => isOurs[index]).sort();
  }
  const loses = "replicas without a KeyReplica are left as they are";
  const gone = new Set<string>();
  await Promise.all(
    [...new Set(Object.values(found).flat())].map(async (region) => {
      if ((await observeAlias(regional.at(region), regional.aliasName, loses)) === "") gone.add(region);
    }),
  );
  return Object.fromEntries(
    Object.entries(found).map(([version, regions]) => [
      version,
      regions.filter((region) => gone.has(region)),
    ]),
  );
}

/** Names the replicas that are left alone. AWS deletes a primary only after its replicas. */
function sayLeftOut(regional: RegionalDistribution, record: KmsKeyRecord, regions: string[]): void {
  for (const region of regions.filter((one) => regional.isLeftOut(one)))
    regional.run.say(
      `the replica of KMS key ${record.keyId} in ${region}, if there is one, is left alone, because \`unreachableRegions\` names ${region}; AWS deletes the KMS key in ${regional.region} only after it. When ${region} answers again: ${regional.deletionCommand(record, regional.deletionWindowDays, region)}`,
    );
}

/** Whether a replica is this stack's and not pending deletion. False if that cannot be seen. */
async function isLeft(
  regional: RegionalDistribution,
  region: string,
  { keyId, claim }: KmsKeyRecord,
): Promise<boolean> {
  const there = regional.at(region);
  const tags = await undefinedIfDenied(() => tagsOf(there, keyId));
  const isOurs = ownershipOf(tags, regional.owner) === "ours" && !isTakenOver(tags, regional.owner, claim);
  if (!isOurs) return false;
  const seen = await undefinedIfDenied(() => describeKmsKey(there, keyId));
  return seen !== undefined && !isPendingDeletion(seen.state) && seen.state !== "Deleted";
}

export async function replicate(
  regional: RegionalDistribution,
  { version, region }: StepOf<"replicate">,
  known: Known,
  { role, primaries, strategy }: Desired,
): Promise<OutcomeOf<"replicate">> {
  const there = regional.at(region);
  const primary = role === "replica" ? primaries[version]! : known.records[version]!;
  const { keyId, importedAt, claim } = primary;
  const metadata =
    role === "replica"
      ? regional.metadata(version, claim)
      : await metadataOfInUse(regional, known, version, there, claim);
  const { made, ...seen } = await ensureReplicaKey(
    regional.primary,
    (other) => regional.at(other),
    there,
    keyId,
    metadata,
    regional.context(version),
    importedAt,
  );
  if (!made) await refuseOthersReplica(regional, there, version, primary, seen, strategy, metadata.policy);
  if (role === "primary" && made && metadata.policy !== undefined)
    regional.run.replicaPolicies.set(relatedKeyArn(known.records[version]!.keyArn, region), metadata.policy);
  regional.verified.add(keyId);
  return { state: seen.state, isMade: made };
}

/**
 * Whether a replica already holds all its material. Only the owner can import it, so no more is imported. With on-demand rotation a
 * replica that is pending deletion may lack the latest material.
 */
function hasItsMaterial({ state, hasMaterial }: SeenKmsKey, strategy: Desired["strategy"]): boolean {
  return state === "Enabled" || state === "Disabled" || (hasMaterial === true && strategy === "manual");
}

/** A replica that is in no state. Somebody else may have created it with a key policy of their own; it must not get the material. */
async function refuseOthersReplica(
  regional: RegionalDistribution,
  there: Kms,
  version: number,
  primary: KmsKeyRecord,
  seen: SeenKmsKey,
  strategy: Desired["strategy"],
  policy = regional.run.replicaPolicies.get(relatedKeyArn(primary.keyArn, there.region)),
): Promise<void> {
  const tags = await warnIfDenied(
    there,
    "the owner of a replica that is not in the state is not checked",
    () => tagsOf(there, primary.keyId),
  );
  const doubt = hasItsMaterial(seen, strategy)
    ? claimDoubt(primary, tags)
    : await replicaDoubt(regional, there, primary, tags, policy);
  if (doubt === undefined) return;
  const { region } = there;
  throw new KeymgmtError(
    "Conflict",
    `Expected the replica of ${primary.keyArn} (${regional.named(version)}) in ${region}, which is in no state, to be this stack's; ${doubt}. It was left alone, and got no material. CloudTrail shows who made it (ReplicateKey). If nobody needs it, delete it, and run the update again when it is gone: ${regional.deletionCommand(primary, SHORTEST_WINDOW_DAYS, region)}. If it is this stack's, correct what differs and run the update again: its key policy with \`aws kms put-key-policy\`, a grant with \`aws kms revoke-grant\`, its claim with: ${tagCommand(region, primary.keyId, { [CLAIM]: primary.claim ?? "" })}`,
    { ...regional.context(version), region, keyId: primary.keyArn },
  );
}

const SHORTEST_WINDOW_DAYS = 7;

/** A rotation's replica starts with the policy and description of the replica in use. Its KeyReplica sets its own afterwards. */
async function metadataOfInUse(
  regional: RegionalDistribution,
  { inUse, alias }: Known,
  version: number,
  there: Kms,
  claim: string | undefined,
) {
  const keyId = inUse ?? alias.target!;
  const described = await there.call("DescribeKey", { KeyId: keyId });
  const policy = await warnIfDenied(
    there,
    "a new version's replica has AWS's default key policy until its KeyReplica is updated",
    () => keyPolicyOf(there, keyId),
  );
  const description = described.KeyMetadata?.Description || undefined;
  return metadataFor(regional.owner, version, { policy, description }, claim);
}
