/** KMS keys in other Regions than the primary's. */

import { KeymgmtError } from "../../errors";
import { relatedKeyArn } from "../../kms/arn";
import type { Kms } from "../../kms/client/client";
import type { KeyState } from "../../kms/keyState";
import { isPendingDeletion } from "../../kms/keyState";
import { describeKmsKey, otherRegions, type SeenKmsKey } from "../../kms/kmsKeys";
import { ifPermitted, permitted } from "../../kms/optional";
import { ensureReplicaKey } from "../../kms/replicas";
import { CLAIM, RECLAIMED_FOR_ROTATION, tagCommand, tagsOf } from "../../kms/taggedKeys";
import { kmsKeysOf } from "../../state/records";
import type { KmsKeyRecord } from "../../state/types";
import { isTakenOver, ownershipOf } from "../claims/ownership";
import { claimDoubt, replicaDoubt } from "../claims/proof";
import { observeAlias } from "../drift/observe";
import { metadataFor } from "../metadata/desired";
import type { Desired, Known, SeenReplica } from "../plan/known";
import type { OutcomeOf, StepOf } from "../plan/steps";
import type { RegionalDistribution } from "../regionalDistribution";

/** What AWS shows of a KMS key that may be there, as a record; undefined where it is not. */
export async function inspect(
  regional: RegionalDistribution,
  { version }: StepOf<"inspect">,
  { records }: Known,
  { role, primaries, minEnabled, strategy }: Desired,
): Promise<KmsKeyRecord | undefined> {
  const context = regional.context(version);
  if (role === "primary") {
    const record = records[version]!;
    const seen = await ifPermitted(
      regional.kms,
      "a KMS key that seemed to be gone is not looked for again",
      () => describeKmsKey(regional.kms, record.keyId, context),
    );
    return seen && { ...record, state: seen.state };
  }
  const primary = primaries[version]!;
  const { keyId, keyArn: primaryArn, kcv, importedAt, adopted, claim } = primary;
  const seen = await describeKmsKey(regional.kms, keyId, context);
  const { state, validTo, keyMaterialId, description } = seen;
  const keyArn = relatedKeyArn(primaryArn, regional.region);
  // One that a rotation has made has its material, unless somebody has made it anew since.
  const isKnown = primary.replicas?.includes(regional.region) && hasItsMaterial(seen, strategy);
  if (!adopted && state !== "Deleted" && !isKnown)
    await refuseOthersReplica(regional, regional.kms, version, primary, seen, strategy);
  if (adopted) return { keyId, keyArn, state, adopted, validTo, keyMaterialId };
  // A rotation has made it, with the desired tags, and the policy and description of the version before.
  if (version >= minEnabled)
    regional.knownMetadata.set(version, {
      tags: metadataFor(regional.owner, version, {}, claim).tags,
      policy: regional.run.replicaPolicies.get(keyArn),
      description,
    });
  return { keyId, keyArn, kcv, state, importedAt, validTo, keyMaterialId, claim, recovered: true };
}

/** The version's KMS key in every other Region, with its state there; in a manual rotation only where the rotation may go by it. */
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
      const isLeavingThere = await isReplicaLeaving(there, keyId, state);
      const isPrimary = region === here.primaryRegion;
      return [{ region, state, wasPendingDeletion: isLeavingThere, ...(isPrimary && { isPrimary }) }];
    }
    const isOthers = !hasItsMaterial(seen, strategy) && state !== "Deleted" && !isPendingDeletion(state);
    return isOthers && (await leavesReplica(regional, there, records[version]!))
      ? []
      : [{ region, state, wasPendingDeletion: false }];
  });
  return (await Promise.all(found)).flat();
}

/**
 * The new version's replica begins with the key policy of the one in use. Where that one has no material, anybody who may replicate
 * may have made it: with another policy than is known it is passed over, and the KeyReplica there, if there is one, makes its own.
 */
async function leavesReplica(
  regional: RegionalDistribution,
  there: Kms,
  record: KmsKeyRecord,
): Promise<boolean> {
  const doubt = await replicaDoubt(regional, there, record, undefined, undefined);
  if (doubt === undefined) return false;
  regional.run.say(
    `the replica of KMS key ${record.keyId} in ${there.region} has no material, and ${doubt}; nothing is made ready there before the alias moves. A KeyReplica there does it itself; if there is none, delete it: ${regional.deletionCommand(record, SHORTEST_WINDOW_DAYS, there.region)}`,
  );
  return true;
}

/** Whether a replica was given up: its deletion is scheduled, or a rotation that failed half-way has cancelled that. */
async function isReplicaLeaving(there: Kms, keyId: string, state: KeyState): Promise<boolean> {
  if (state !== "Disabled") return state === "PendingDeletion";
  const loses = "a replica whose deletion a failed rotation cancelled stays Disabled";
  const tags = await ifPermitted(there, loses, () => tagsOf(there, keyId));
  return tags?.[RECLAIMED_FOR_ROTATION] !== undefined;
}

/**
 * By version, Regions with a replica of ours that no KeyReplica has, and in which the alias is gone: a rotation has made it, or an
 * update that was killed. A KeyReplica that goes deletes its alias first, so what is left there is nobody's; where the alias is, the
 * KeyReplica was retained (`retainOnDelete`), and all that is its.
 */
export async function findStrayReplicas(
  regional: RegionalDistribution,
  _step: object,
  { records }: Known,
): Promise<Record<number, string[]>> {
  const found: Record<number, string[]> = {};
  for (const { version, record } of kmsKeysOf(records)) {
    // Without kms:DescribeKey those are known that the state names.
    const seen = await permitted(() => describeKmsKey(regional.kms, record.keyId, regional.context(version)));
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
  const loses = "replicas that no KeyReplica has are left as they are";
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

/** What is not touched is named: AWS deletes a primary only after its replicas. */
function sayLeftOut(regional: RegionalDistribution, record: KmsKeyRecord, regions: string[]): void {
  for (const region of regions.filter((one) => regional.isLeftOut(one)))
    regional.run.say(
      `the replica of KMS key ${record.keyId} in ${region}, if there still is one, is left alone, as \`unreachableRegions\` names ${region}; AWS deletes the KMS key in ${regional.region} only after it. When ${region} answers again: ${regional.deletionCommand(record, regional.deletionWindowDays, region)}`,
    );
}

/** Whether a replica is this stack's and does not wait for its deletion yet. What may not be seen is left. */
async function isLeft(
  regional: RegionalDistribution,
  region: string,
  { keyId, claim }: KmsKeyRecord,
): Promise<boolean> {
  const there = regional.at(region);
  const tags = await permitted(() => tagsOf(there, keyId));
  const isOurs = ownershipOf(tags, regional.owner) === "ours" && !isTakenOver(tags, regional.owner, claim);
  if (!isOurs) return false;
  const seen = await permitted(() => describeKmsKey(there, keyId));
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
 * Whether a replica already holds all its material, which nobody else has: it is given none. One whose deletion was scheduled may
 * lack some where it is rotated on demand.
 */
function hasItsMaterial({ state, hasMaterial }: SeenKmsKey, strategy: Desired["strategy"]): boolean {
  return state === "Enabled" || state === "Disabled" || (hasMaterial === true && strategy === "manual");
}

/** A replica that no state knows: whoever may replicate the primary chose its key policy, and must not be given the material. */
async function refuseOthersReplica(
  regional: RegionalDistribution,
  there: Kms,
  version: number,
  primary: KmsKeyRecord,
  seen: SeenKmsKey,
  strategy: Desired["strategy"],
  policy = regional.run.replicaPolicies.get(relatedKeyArn(primary.keyArn, there.region)),
): Promise<void> {
  const tags = await ifPermitted(there, "whose a replica is that the state does not know is not seen", () =>
    tagsOf(there, primary.keyId),
  );
  const doubt = hasItsMaterial(seen, strategy)
    ? claimDoubt(primary, tags)
    : await replicaDoubt(regional, there, primary, tags, policy);
  if (doubt === undefined) return;
  const { region } = there;
  throw new KeymgmtError(
    "Conflict",
    `Expected the replica of ${primary.keyArn} (${regional.named(version)}) in ${region}, which no state knows, to be this stack's; ${doubt}. It was left alone, and given no material. Who made it is in CloudTrail (ReplicateKey). If nobody needs it, delete it, and run the update again when it is gone: ${regional.deletionCommand(primary, SHORTEST_WINDOW_DAYS, region)}. If it is right as it is, mend what differs and run the update again: its key policy with \`aws kms put-key-policy\`, a grant with \`aws kms revoke-grant\`, its claim with: ${tagCommand(region, primary.keyId, { [CLAIM]: primary.claim ?? "" })}`,
    { ...regional.context(version), region, keyId: primary.keyArn },
  );
}

const SHORTEST_WINDOW_DAYS = 7;

/** A rotation's replica starts with the policy and description of the one in use; KeyReplica brings its own afterwards. */
async function metadataOfInUse(
  regional: RegionalDistribution,
  { inUse, alias }: Known,
  version: number,
  there: Kms,
  claim: string | undefined,
) {
  const keyId = inUse ?? alias.target!;
  const described = await there.call("DescribeKey", { KeyId: keyId });
  const policy = await ifPermitted(
    there,
    "a new version's replica has AWS's default key policy until its KeyReplica is updated",
    () => there.call("GetKeyPolicy", { KeyId: keyId, PolicyName: "default" }),
  );
  const description = described.KeyMetadata?.Description || undefined;
  return metadataFor(regional.owner, version, { policy: policy?.Policy, description }, claim);
}
