/** What a plan is made of: what is desired in one Region of a distribution, and what is known of it. Plain data. */

import { type ExpiryInputs, type ExpiryPlan, expiresAsPlanned } from "../../keys/expiry";
import type { KeyState } from "../../kms/keyState";
import type { RotationStrategy } from "../../schema/types";
import { versionsOf } from "../../state/records";
import type { KmsKeyRecord, KmsKeyRecords } from "../../state/types";

/** What the program asks for in one Region. */
export interface Desired {
  /** A KeyDistribution is the primary; a KeyReplica is a replica. */
  role: "primary" | "replica";
  region: string;
  /** Latest version of the key. */
  latest: number;
  minEnabled: number;
  strategy: RotationStrategy;
  multiRegion: boolean;
  expiry: ExpiryInputs & ExpiryPlan;
  /** Milliseconds since the epoch. */
  now: number;
  /** Versions whose material this run has made: no KMS key can have had it. */
  fresh: number[];
  /** Nothing of it is in the state yet. */
  isNew: boolean;
  /** Of a replica: the primary's KMS keys by version. */
  primaries: KmsKeyRecords;
  /** The program names KMS keys, which are adopted first. */
  adopts: boolean;
  /** Another alias may be taken where this one is another stack's: nothing has used it yet. */
  mayUseNextName: boolean;
  /** The resource is removed: the alias is deleted, and the deletion of each KMS key is scheduled, but for these that others hold. */
  removal?: { held: string[] };
}

/** What is known: from the state, and what this run has seen and done since. */
export interface Known {
  /** KMS keys by version, as they go into the state. */
  records: KmsKeyRecords;
  /** KMS key of the version that the last finished update left in use. */
  inUse?: string;
  alias: KnownAlias;
  /** Versions whose tags, policy or description may not be as desired. */
  stale: number[];
  /** AWS was asked for KMS keys that the state does not know. */
  isSearched: boolean;
  /** Listing is not permitted, so an alias that exists may be one of ours. */
  isListingDenied?: boolean;
  /** Ids of KMS keys that are tagged as a version's and have other material. */
  excluded: string[];
  /** KMS keys that may be a version's, until AWS has proved it by taking the version's material. */
  candidates: Record<number, Candidate>;
  /** Versions whose KMS key was looked at again, or looked for, and is not there. */
  absent: number[];
  adopted: boolean;
  /** Replicas of the version in use; undefined before they were looked for. */
  replicas?: SeenReplica[];
  /** States of a new version's KMS keys in other Regions, by Region and version, while it is made ready there. */
  remote: Record<string, Record<number, KeyState>>;
  /** On demand: whether later versions were looked for in the KMS key. */
  isProbed?: true;
  /** On demand: versions that were imported again because the KMS key had lost material. */
  reimported: number[];
  /** On demand: whether a material of a rotation that was cut short was looked for. */
  isPendingSought?: true;
  /** On demand: the material that was imported as new, and waits for its rotation. */
  pending?: PendingMaterial;
  /** Removal: whether another stack has taken the KMS key of a version over. */
  takenOver: Record<number, boolean>;
  /** Removal: by version, Regions with a replica that no KeyReplica has. */
  strayReplicas?: Record<number, string[]>;
  /** Removal: KMS keys of the distribution that the state does not know; undefined before they were looked for. */
  orphans?: Unrecorded[];
  /** Removal: `id@Region` of KMS keys whose deletion is scheduled, or that are left as they are. */
  settled: string[];
}

export interface KnownAlias {
  /** Id of the KMS key that it points to; "" where it is gone or not ours; undefined where it may never have been made. */
  target?: string;
  /** AWS was asked whether it points to a KMS key of the records. */
  isSeen?: true;
  /** AWS refused to make it: an alias of that name exists. */
  exists?: true;
  /** It is there, and another look has shown that it does not point to a KMS key of the records: it is another's. */
  isTaken?: true;
}

export interface Candidate {
  record: KmsKeyRecord;
  /** The former distribution that its tags name, where that is another one: it is ours only once it is proved. */
  former?: string;
  /** Its tags say that this distribution's claim on it is pending. */
  isClaimPending?: true;
  /** Its deletion was scheduled when it was found, and is scheduled again where it has other material. */
  wasPendingDeletion: boolean;
  /** AWS has refused the version's material: it has another. */
  hasOtherMaterial?: true;
  /** The program names it. */
  isNamed?: true;
}

export interface SeenReplica {
  region: string;
  state: KeyState | undefined;
  /** On demand: its deletion was scheduled, is cancelled for the rotation, and is scheduled again after it. */
  wasPendingDeletion: boolean;
  /** On demand: it is the primary, moved there outside this stack. */
  isPrimary?: true;
  /** On demand: nothing may be sent there, and what state it has is not known. */
  isLeftOut?: true;
}

export interface Unrecorded {
  version: number;
  keyId: string;
  /** Its claim is right, and no other KMS key has it. */
  isProved: boolean;
}

export interface PendingMaterial {
  version: number;
  imported: Partial<KmsKeyRecord>;
  /** Regions whose replica has it too. */
  regions: string[];
  isRotated?: true;
}

/** Nothing seen yet beyond what the state says. */
export function knownFrom(
  records: KmsKeyRecords,
  { keyId, aliasTarget }: { keyId?: string; aliasTarget?: string },
  stale: number[] = [],
): Known {
  return {
    records,
    inUse: keyId,
    alias: { target: aliasTarget || undefined },
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
  };
}

/** Versions that must have a KMS key: from minEnabledVersion to the latest. Those below keep the one they have. */
export function desiredVersions({ minEnabled, latest }: Pick<Desired, "minEnabled" | "latest">): number[] {
  const desired: number[] = [];
  for (let version = minEnabled; version <= latest; version++) desired.push(version);
  return desired;
}

/** Whether the version was imported, and expires as the program says. */
export function isImported({ importedAt, validTo }: KmsKeyRecord, { expiry, now }: Desired): boolean {
  return importedAt !== undefined && expiresAsPlanned(validTo, expiry, new Date(now));
}

/** The version whose KMS key is in use: the one that the last finished update left, or that the alias points to. */
export function versionInUse({ records, inUse, alias }: Known): number | undefined {
  const keyId = inUse ?? alias.target;
  return keyId === undefined
    ? undefined
    : versionsOf(records).findLast((version) => records[version]!.keyId === keyId);
}

/** The KMS key that all versions share where it is rotated on demand. */
export function sharedOf(records: KmsKeyRecords): KmsKeyRecord {
  return records[versionsOf(records).at(-1)!]!;
}

/** The record of a version, or of the KMS key that it is about to share. */
export function recordFor({ records }: Known, version: number): KmsKeyRecord {
  return records[version] ?? sharedOf(records);
}
