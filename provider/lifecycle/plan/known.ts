/** The input of a plan: what is desired in one Region of a distribution, and what is known of it. Plain data. */

import { type ExpiryInputs, type ExpiryPlan, expiresAsPlanned } from "../../keys/expiry";
import type { KeyState } from "../../kms/keyState";
import type { RotationStrategy } from "../../schema/types";
import { versionsOf } from "../../state/records";
import type { KmsKeyRecord, KmsKeyRecords, RegionalOutputs } from "../../state/types";

/** What the program asks for in one Region. */
export interface Desired {
  /** A KeyDistribution is the primary; a KeyReplica is a replica. */
  role: "primary" | "replica";
  region: string;
  /** Latest version of the key. */
  latest: number;
  minEnabled: number;
  strategy: RotationStrategy;
  /** Milliseconds for which the public key of a new version is published before the alias moves to it; 0: it does not wait. */
  publishFor: number;
  multiRegion: boolean;
  expiry: ExpiryInputs & ExpiryPlan;
  /** Milliseconds since the epoch. */
  now: number;
  /** Versions whose material this run has generated: no KMS key can have it yet. */
  fresh: number[];
  /** The resource is not in the state yet. */
  isNew: boolean;
  /** Of a replica: the primary's KMS keys by version. */
  primaries: KmsKeyRecords;
  /** The program names KMS keys, which are adopted first. */
  adopts: boolean;
  /** Names of further aliases, which point where the distribution's own alias points. */
  extraAliases: string[];
  /** The one of them that may point to anybody's KMS key: the program says that it is moved. */
  movedAlias?: string;
  /** Ids of KMS keys of a distribution that this one replaces. Its extra aliases may point to them. */
  replaced: string[];
  /** Another alias may be used if another stack has this one, because nothing uses the distribution yet. */
  mayUseNextName: boolean;
  /** The resource is removed: the alias is deleted, and the deletion of each KMS key is scheduled, except for `held`: ids that other resources have. */
  removal?: { held: string[] };
}

/** What is known: the state, and what this run has seen and done. */
export interface Known {
  /** KMS keys by version, as they go into the state. */
  records: KmsKeyRecords;
  /** KMS key of the version that the last finished update left in use. */
  inUse?: string;
  alias: KnownAlias;
  /** Extra aliases by name: those that are desired, once they were looked at, and those of the state. */
  extraAliases: Record<string, KnownAlias>;
  /** Versions whose tags, policy or description may differ from what is desired. */
  stale: number[];
  /** AWS was asked for KMS keys that the state does not know. */
  isSearched: boolean;
  /** Listing is not permitted, so an alias that exists may be one of ours. */
  isListingDenied?: boolean;
  /** Ids of KMS keys that are tagged as a version's and have other material. */
  excluded: string[];
  /** KMS keys that may belong to a version. An import of the version's material proves it. */
  candidates: Record<number, Candidate>;
  /** Versions whose KMS key was searched for, and does not exist. */
  absent: number[];
  adopted: boolean;
  /** Replicas of the version in use; undefined before the search. */
  replicas?: SeenReplica[];
  /** States of a new version's KMS keys in other Regions, by Region and version, while they are prepared. */
  remote: Record<string, Record<number, KeyState>>;
  /** On demand: the KMS key was searched for later versions. */
  isProbed?: true;
  /** On demand: versions that were imported again, because the KMS key had lost material. */
  reimported: number[];
  /** On demand: material of an interrupted rotation was searched for. */
  isPendingSought?: true;
  /** On demand: new material that is imported and waits for its rotation. */
  pending?: PendingMaterial;
  /** Removal: whether another stack has taken over the KMS key of a version. */
  takenOver: Record<number, boolean>;
  /** Removal: by version, Regions with a replica that no KeyReplica manages. */
  strayReplicas?: Record<number, string[]>;
  /** Removal: KMS keys of the distribution that are not in the state; undefined before the search. */
  orphans?: Unrecorded[];
  /** Removal: `id@Region` of KMS keys whose deletion is scheduled, or that are left as they are. */
  settled: string[];
  /** Removal: those of `settled` that are left as they are. */
  leftAlone: string[];
}

export interface KnownAlias {
  /** Id of the KMS key that it points to; "" if it does not exist or is not ours; undefined if it may never have been created. */
  target?: string;
  /** AWS was asked whether it points to a KMS key of the records. */
  isSeen?: true;
  /** This run has deleted it. */
  isDeleted?: true;
  /** AWS refused to create it: an alias of that name exists. */
  exists?: true;
  /** It exists, and a thorough search has shown that it does not point to a KMS key of the records: it belongs to another owner. */
  isTaken?: true;
}

export interface Candidate {
  record: KmsKeyRecord;
  /** The distribution in its tags, if it is another one. The KMS key is ours only after it is proved. */
  former?: string;
  /** Its tags say that this distribution's claim on it is pending. */
  isClaimPending?: true;
  /** Its deletion was scheduled when it was found. If it has other material, its deletion is scheduled again. */
  wasPendingDeletion: boolean;
  /** AWS has refused the version's material: the KMS key has other material. */
  hasOtherMaterial?: true;
  /** The program names it. */
  isNamed?: true;
}

export interface SeenReplica {
  region: string;
  state: KeyState | undefined;
  /** On demand: its deletion was scheduled, is cancelled for the rotation, and is scheduled again after it. */
  wasPendingDeletion: boolean;
  /** On demand: it is the primary, which somebody has moved there. */
  isPrimary?: true;
  /** On demand: the Region is left out, so the state of the replica is not known. */
  isLeftOut?: true;
}

export interface Unrecorded {
  version: number;
  keyId: string;
  /** Its claim is valid, and no other KMS key has the same. */
  isProved: boolean;
}

export interface PendingMaterial {
  version: number;
  imported: Partial<KmsKeyRecord>;
  /** Regions whose replica has the material too. */
  regions: string[];
  isRotated?: true;
}

type KnownOfState = Pick<RegionalOutputs, "keyId" | "aliasTarget" | "extraAliasTargets">;

/** What is known before anything is asked of AWS: the state. */
export function knownFrom(
  records: KmsKeyRecords,
  { keyId, aliasTarget, extraAliasTargets = {} }: KnownOfState,
  stale: number[] = [],
): Known {
  return {
    records,
    inUse: keyId,
    alias: { target: aliasTarget || undefined },
    extraAliases: Object.fromEntries(
      Object.entries(extraAliasTargets).map(([name, target]) => [name, { target: target || undefined }]),
    ),
    stale,
    isSearched: false,
    excluded: [],
    candidates: {},
    absent: [],
    adopted: false,
    remote: {},
    reimported: [],
    takenOver: {},
    settled: [],
    leftAlone: [],
  };
}

/** The extra alias of this name; without a name the distribution's own. */
export function aliasOf({ alias, extraAliases }: Known, name?: string): KnownAlias {
  return name === undefined ? alias : (extraAliases[name] ?? {});
}

/** Versions that must have a KMS key: from minEnabledVersion to the latest. Lower versions keep the one that they have. */
export function desiredVersions({ minEnabled, latest }: Pick<Desired, "minEnabled" | "latest">): number[] {
  const desired: number[] = [];
  for (let version = minEnabled; version <= latest; version++) desired.push(version);
  return desired;
}

/** Whether the version was imported, and expires as the program wants. */
export function isImported({ importedAt, validTo }: KmsKeyRecord, { expiry, now }: Desired): boolean {
  return importedAt !== undefined && expiresAsPlanned(validTo, expiry, new Date(now));
}

/** The version whose KMS key is in use: by the last finished update, else by the target of the alias. */
export function versionInUse({ records, inUse, alias }: Known): number | undefined {
  return versionWith(records, inUse ?? alias.target);
}

/** The oldest version that an alias points to. An update that failed may have moved only some of the aliases. */
export function oldestInUse(known: Known): number | undefined {
  const extra = Object.values(known.extraAliases).map(({ target }) => versionWith(known.records, target));
  const versions = [versionInUse(known), ...extra].filter((version) => version !== undefined);
  return versions.length > 0 ? Math.min(...versions) : undefined;
}

function versionWith(records: KmsKeyRecords, keyId: string | undefined): number | undefined {
  return versionsOf(records).findLast((version) => records[version]!.keyId === keyId);
}

/**
 * The version that the alias points to: the latest one that does not wait. A version after the one in use waits until its public key has been
 * published for long enough. A replica follows its primary, whose update comes first.
 */
export function servingVersion(desired: Desired, known: Known): number {
  const { latest, publishFor, role, primaries, now } = desired;
  if (publishFor === 0) return latest;
  const records = role === "replica" ? primaries : known.records;
  const inUse = versionInUse(known) ?? 0;
  const serves = versionsOf(records).filter((version) => {
    const until = publishedUntil(desired, records[version]!);
    const isOver = until === undefined || (role === "primary" && until <= now);
    return version > inUse && version <= latest && isOver;
  });
  return serves.at(-1) ?? (inUse === 0 ? latest : Math.min(inUse, latest));
}

/** Until when a version waits, in milliseconds since the epoch. Undefined where it does not. */
export function publishedUntil({ publishFor }: Desired, { publishedAt }: KmsKeyRecord): number | undefined {
  return publishedAt === undefined ? undefined : Date.parse(publishedAt) + publishFor;
}

/** The KMS key that all versions share with on-demand rotation. */
export function sharedOf(records: KmsKeyRecords): KmsKeyRecord {
  return records[versionsOf(records).at(-1)!]!;
}

/** The record of a version, or of the KMS key that a new version will share. */
export function recordFor({ records }: Known, version: number): KmsKeyRecord {
  return records[version] ?? sharedOf(records);
}
