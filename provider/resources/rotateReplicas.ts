/** A rotation in the other Regions: the new version is ready there before any alias moves. */
import { type Kms, openKms } from "../awskms/client";
import { describeKmsKey, waitEnabled } from "../awskms/kmsKeys";
import { ifPermitted } from "../awskms/optional";
import { ensureReplicaKey, namingReplica } from "../awskms/replicas";
import { ensureUsable } from "./versions";
import { contextOf, type KmsKeyRecord, type MetadataInputs, metadataFor, type Owner } from "./wire";

/**
 * A replicated key's new version goes to every Region that holds a replica of the version in use, before any alias moves:
 * what is encrypted through an alias can then be decrypted in every one of them.
 *
 * @param settled the version that the last finished update left in use, at the KMS key `inUse`
 */
export async function replicateNew(
  kms: Kms,
  owner: Owner,
  version: number,
  record: KmsKeyRecord,
  settled: number,
  inUse: string,
): Promise<void> {
  const ready = new Set(record.replicas);
  const missing = (await replicasHeld(kms, owner, settled, inUse)).filter((region) => !ready.has(region));
  await inEvery(missing, async (region) => {
    await replicateTo(kms, region, owner, version, record, inUse);
    record.replicas = [...ready.add(region)].sort();
  });
}

/** Works in all Regions at once. Where one fails the others are waited for, so that the state knows what they have done. */
export async function inEvery<T>(places: T[], work: (place: T) => Promise<void>): Promise<void> {
  const ended = await Promise.allSettled(places.map(work));
  const failed = ended.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
  if (failed) throw failed.reason;
}

/** Regions that hold a replica of this version's KMS key which is not on its way to deletion. */
export async function replicasHeld(
  kms: Kms,
  owner: Owner,
  version: number,
  keyId: string,
): Promise<string[]> {
  return (await replicasSeen(kms, owner, version, keyId))
    .filter(({ state }) => state !== "Deleted" && state !== "PendingDeletion")
    .map(({ region }) => region)
    .sort();
}

/** Every replica of a version's KMS key, with its state. */
export async function replicasSeen(
  kms: Kms,
  owner: Owner,
  version: number,
  keyId: string,
): Promise<{ region: string; state: string }[]> {
  const context = contextOf(owner, version);
  const { replicaRegions } = await describeKmsKey(kms, keyId, context);
  return Promise.all(
    replicaRegions.map(async (region) => ({
      region,
      ...(await describeKmsKey(openKms(owner.kms, region), keyId, context)),
    })),
  );
}

/** Replicates a version into a Region and imports its material there. KeyReplica takes the replica up afterwards. */
async function replicateTo(
  primary: Kms,
  region: string,
  owner: Owner,
  version: number,
  record: KmsKeyRecord,
  previousKeyId: string,
): Promise<void> {
  const kms = openKms(owner.kms, region);
  const context = contextOf(owner, version);
  const inputs = await metadataOfPrevious(kms, previousKeyId);
  const seen = await ensureReplicaKey(
    primary,
    kms,
    record.keyId,
    metadataFor(owner, version, inputs),
    context,
  );
  await namingReplica(kms, record.keyId, async () => {
    await ensureUsable(kms, owner, version, { ...record, state: seen.state });
    await waitEnabled(kms, record.keyId, context);
  });
}

/** The replica starts with the policy and description of the version before it; KeyReplica brings its own afterwards. */
async function metadataOfPrevious(kms: Kms, keyId: string): Promise<MetadataInputs> {
  const described = await kms.call("DescribeKey", { KeyId: keyId });
  const policy = await ifPermitted(
    "a new version's replica has AWS's default key policy until its KeyReplica is updated",
    () => kms.call("GetKeyPolicy", { KeyId: keyId, PolicyName: "default" }),
  );
  return { policy: policy?.Policy, description: described.KeyMetadata?.Description || undefined };
}
