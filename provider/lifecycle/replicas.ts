/** KMS keys in other Regions than the primary's. */
import { relatedKeyArn } from "../awskms/arn";
import type { Kms } from "../awskms/client";
import { describeKmsKey } from "../awskms/kmsKeys";
import { ifPermitted, permitted } from "../awskms/optional";
import { ensureReplicaKey } from "../awskms/replicas";
import { LEAVING, tagsOf } from "../awskms/taggedKeys";
import { observeAlias } from "./observe";
import { ownershipOf } from "./ownership";
import type { Place } from "./place";
import { isLeaving, type Known, type SeenReplica, type Wanted } from "./plan/known";
import type { OutcomeOf, StepOf } from "./plan/steps";
import { type KmsKeyRecord, kmsKeysOf, metadataFor } from "./wire";

/** What AWS shows of a KMS key that may be there, as a record; undefined where it is not. */
export async function inspect(
  place: Place,
  { version }: StepOf<"inspect">,
  { records }: Known,
  { role, primaries, minEnabled }: Wanted,
): Promise<KmsKeyRecord | undefined> {
  const context = place.context(version);
  if (role === "primary") {
    const record = records[version]!;
    const seen = await ifPermitted(
      place.kms,
      "a KMS key that seemed to be gone is not looked for again",
      () => describeKmsKey(place.kms, record.keyId, context),
    );
    return seen && { ...record, state: seen.state };
  }
  const { keyId, keyArn: primaryArn, kcv, importedAt, adopted } = primaries[version]!;
  const { state, validTo, keyMaterialId, description } = await describeKmsKey(place.kms, keyId, context);
  const keyArn = relatedKeyArn(primaryArn, place.region);
  if (adopted) return { keyId, keyArn, state, adopted, validTo, keyMaterialId };
  // A rotation has made it: with the tags that it is to have, and the policy and description of the version before.
  if (version >= minEnabled)
    place.has.set(version, { tags: metadataFor(place.owner, version, {}).tags, description });
  return { keyId, keyArn, kcv, state, importedAt, validTo, keyMaterialId, recovered: true };
}

/** Every replica of a version's KMS key, with its state. */
export async function findReplicas(
  place: Place,
  { version }: StepOf<"findReplicas">,
  { records }: Known,
  { strategy }: Wanted,
): Promise<SeenReplica[]> {
  const { keyId } = records[version]!;
  const context = place.context(version);
  const { replicaRegions } = await describeKmsKey(place.kms, keyId, context);
  return Promise.all(
    [...replicaRegions].sort().map(async (region) => {
      const there = place.at(region);
      const { state } = await describeKmsKey(there, keyId, context);
      const isLeaving = strategy === "on-demand" && (await isReplicaLeaving(there, keyId, state));
      return { region, state, isLeaving };
    }),
  );
}

/** Whether a replica was given up: it waits for its deletion, or a rotation that failed half-way has taken it back from that. */
async function isReplicaLeaving(there: Kms, keyId: string, state: string): Promise<boolean> {
  if (state !== "Disabled") return state === "PendingDeletion";
  const loses = "a replica that a failed rotation took back from deletion stays Disabled";
  const tags = await ifPermitted(there, loses, () => tagsOf(there, keyId));
  return tags?.[LEAVING] !== undefined;
}

/**
 * By version, Regions with a replica of ours that no KeyReplica has, and in which the alias is gone: a rotation has made it, or an
 * update that was killed. A KeyReplica that goes deletes its alias first, so what is left there is nobody's; where the alias is, the
 * KeyReplica was retained (`retainOnDelete`), and all that is its.
 */
export async function findAbandoned(
  place: Place,
  _step: object,
  { records }: Known,
): Promise<Record<number, string[]>> {
  const found: Record<number, string[]> = {};
  for (const { version, record } of kmsKeysOf(records)) {
    // Without kms:DescribeKey those are known that the state names.
    const seen = await permitted(() => describeKmsKey(place.kms, record.keyId, place.context(version)));
    const others = (seen?.replicaRegions ?? []).filter((region) => !record.replicas?.includes(region));
    const isOurs = await Promise.all(others.map((region) => isLeft(place, region, record.keyId)));
    found[version] = [...(record.replicas ?? []), ...others.filter((_, index) => isOurs[index])].sort();
  }
  const loses = "replicas that no KeyReplica has are left as they are";
  const gone = new Set<string>();
  await Promise.all(
    [...new Set(Object.values(found).flat())].map(async (region) => {
      if ((await observeAlias(place.at(region), place.aliasName, loses)) === "") gone.add(region);
    }),
  );
  return Object.fromEntries(
    Object.entries(found).map(([version, regions]) => [
      version,
      regions.filter((region) => gone.has(region)),
    ]),
  );
}

/** Whether a replica is this stack's and does not wait for its deletion yet. What may not be seen is left. */
async function isLeft(place: Place, region: string, keyId: string): Promise<boolean> {
  const there = place.at(region);
  const tags = await permitted(() => tagsOf(there, keyId));
  if (ownershipOf(tags, place.owner) !== "ours") return false;
  const seen = await permitted(() => describeKmsKey(there, keyId));
  return seen !== undefined && !isLeaving(seen.state) && seen.state !== "Deleted";
}

export async function replicate(
  place: Place,
  { version, region }: StepOf<"replicate">,
  known: Known,
  { role, primaries }: Wanted,
): Promise<OutcomeOf<"replicate">> {
  const there = place.at(region);
  const { keyId, importedAt } = role === "replica" ? primaries[version]! : known.records[version]!;
  const metadata =
    role === "replica" ? place.metadata(version) : await metadataOfInUse(place, known, version, there);
  const { made, state } = await ensureReplicaKey(
    place.primary,
    there,
    keyId,
    metadata,
    place.context(version),
    importedAt,
  );
  return { state, isMade: made };
}

/** A rotation's replica starts with the policy and description of the one in use; KeyReplica brings its own afterwards. */
async function metadataOfInUse(place: Place, { inUse, alias }: Known, version: number, there: Kms) {
  const keyId = inUse ?? alias.target!;
  const described = await there.call("DescribeKey", { KeyId: keyId });
  const policy = await ifPermitted(
    there,
    "a new version's replica has AWS's default key policy until its KeyReplica is updated",
    () => there.call("GetKeyPolicy", { KeyId: keyId, PolicyName: "default" }),
  );
  const description = described.KeyMetadata?.Description || undefined;
  return metadataFor(place.owner, version, { policy: policy?.Policy, description });
}
