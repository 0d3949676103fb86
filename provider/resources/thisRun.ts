/**
 * What this run's program declares and makes. A provider process lives for one preview, update or destroy. In an update the engine shows
 * every resource of the program to `check` and `diff` before it deletes what the program no longer has; in a destroy it shows
 * none (pulumi v3.259, pkg/resource/deploy/step_generator.go). So the memory of one process is enough for a `delete` to know
 * whether another resource holds the same KMS keys: the new name after a rename, a replacement of the same distribution. It
 * needs no permission, and it holds after a crash between the create and the delete too, as the next run shows the new
 * resource again. Not so with `--target` of the old resource alone: the engine then shows no other, and what is scheduled
 * for deletion is taken back by a refresh and an update within the window (test/e2e/rename.test.ts). A tag that names the holder would tell even then,
 * but only to those who may list tags, and deleting is possible without (kms:ListResourceTags is not in Vault's minimum).
 */
import type { Kms } from "../awskms/client";
import { forgetSaid, say } from "../awskms/say";
import type { TaggedKey } from "../awskms/taggedKeys";
import { type KeyRef, type KmsKeyRecords, type KmsRef, versionsOf } from "./wire";

const declared = new Set<string>();
const made = new Set<string>();
const distributions = new Map<string, Distributed>();
/** Listings of a Region's tagged KMS keys, undefined where that is not permitted: they take long, and one a run is enough. */
export const listings = new Map<Kms, Promise<TaggedKey[] | undefined>>();

/** What a distribution distributes: which key, and where to. */
interface Distributed {
  records: KmsKeyRecords;
  key: string;
  place: string;
}

/** Notes that the program declares the resource whose id is, or is going to be, this one. */
export function declare(type: string, id: string): void {
  declared.add(`${type} ${id}`);
}

/**
 * Whether a resource that is to be deleted has handed its KMS keys over to one that the program declares; says so. They are
 * then to be left alone: what is encrypted under them is in use.
 */
export function isHandedOver(type: string, id: string): boolean {
  if (!declared.has(`${type} ${id}`)) return false;
  say(
    `another ${type} of this program has taken up the KMS keys and the alias of ${id}; they are left alone`,
  );
  return true;
}

/** Notes that this run has made the material of a version. */
export function noteMade(keyId: string, version: number): void {
  made.add(`${keyId} ${version}`);
}

/** Whether this run has made the material of a version, so that no earlier run can have made a KMS key for it. */
export function isMadeInThisRun(keyId: string, version: number): boolean {
  return made.has(`${keyId} ${version}`);
}

/** Notes the KMS keys of a distribution that the program declares, as last known. */
export function noteKmsKeys({ name, key, kms }: DistributionRef, records: KmsKeyRecords): void {
  distributions.set(name, { records, key: key.id, place: placeOf(kms) });
}

/** Whether the program distributes the same key to the same place by another distribution: this one was renamed, or replaced. */
export function isDistributedByAnother({ name, key, kms }: DistributionRef): boolean {
  return [...distributions].some(
    ([other, given]) => other !== name && given.key === key.id && given.place === placeOf(kms),
  );
}

const placeOf = ({ accountId, keyCollection }: KmsRef) => `${accountId}/${keyCollection}`;

type DistributionRef = { name: string; key: Pick<KeyRef, "id">; kms: KmsRef };

/**
 * Whether another distribution of the program has this KMS key: it came back to it, under a new name, while the deletion of
 * the one that had it before was only half done.
 */
export function isHeldByAnother(distribution: string, keyId: string): boolean {
  return [...distributions].some(
    ([name, { records }]) =>
      name !== distribution && Object.values(records).some((record) => record.keyId === keyId),
  );
}

/** KMS keys by version of which the distribution's rotations have made a replica in a Region. */
export function replicasMadeReady(distribution: string, region: string): KmsKeyRecords {
  const records = distributions.get(distribution)?.records ?? {};
  const ready = versionsOf(records).filter((version) => records[version]!.replicas?.includes(region));
  return Object.fromEntries(ready.map((version) => [version, records[version]!]));
}

/** Begins a run, where one process is several: in tests. */
export function forgetRun(): void {
  forgetSaid();
  declared.clear();
  made.clear();
  distributions.clear();
  listings.clear();
}
