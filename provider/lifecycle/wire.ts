/** What the SDK hands from one resource to another, as schema.json describes it. */

import type { ExpiryInputs, ExpiryPlan } from "../keys/expiry";
import type { CallContext } from "../kms/client/client";
import type { KmsConnection } from "../kms/endpoints/connection";
import type { KmsKeyMetadata } from "../kms/kmsKeys";
import { CLAIM, TAG } from "../kms/taggedKeys";
import type { WrappingKeySpec } from "../kms/wrappingKey";

/** KmsConnection of schema.json: a KmsProvider as its users see it. */
export interface KmsRef extends KmsConnection {
  aliasPrefix: string;
  wrappingKeySpec?: WrappingKeySpec;
  tags?: Record<string, string>;
}

/** KeyVersions of schema.json: a ManagedKey as its users see it. The keyring goes to the run alone (keyrings.ts). */
export interface KeyRef {
  id: string;
  name: string;
  type: string;
  replicaRegions: string[];
  minEnabledVersion: number;
  /** Not in states of before. */
  deletionAllowed?: boolean;
  /** Names that the stack had before (`organization/project/stack`), newest first: its KMS keys may still have them. */
  formerStacks?: string[];
  keyVersion: number;
}

/** KmsKeyVersion of schema.json: the KMS key of one version in one Region. */
export interface KmsKeyRecord {
  keyId: string;
  keyArn: string;
  /** AWS's KeyState as last seen, or "Deleted". */
  state: string;
  /** Of the material that was imported; not known of an adopted KMS key's. */
  kcv?: string;
  /** It was there before and is managed as it is: its material is not in the keyring. */
  adopted?: true;
  importedAt?: string;
  validTo?: string;
  keyMaterialId?: string;
  replicas?: string[];
  /** Region of its primary, where somebody has moved that, as a refresh has last seen it. */
  primaryRegion?: string;
  /** Its tag `keymgmt:claim`; not there where release 0.1.0 made it, or the program named it. */
  claim?: string;
  /** It was found in AWS and not in the state; its tags, policy and description are not as they should be yet. */
  recovered?: true;
  /** A refresh found its tags `keymgmt:*` changed. */
  untagged?: true;
}

/** KMS keys by version, from "1". */
export type KmsKeyRecords = Record<string, KmsKeyRecord>;

/** A new KMS key for each version behind one alias, or one KMS key that holds them all. */
export type RotationStrategy = "manual" | "on-demand";

/** What an alias, a KMS key and its replica share: whose they are. */
export interface Owner {
  /** Name of the distribution in the KMS keys' tags: the one that was asked for, where another stack had that alias. */
  distribution: string;
  stack: string;
  kms: KmsRef;
  key: KeyRef;
  /** Whether and when its material expires in AWS. */
  expiry: ExpiryInputs & ExpiryPlan;
}

/** The owner that a distribution's inputs or outputs name; when the material expires is planned by each resource. */
export function ownerOf(
  {
    name,
    requestedName = name,
    stack,
    kms,
    key,
    validFor,
    renewBefore,
  }: Omit<Owner, "distribution" | "expiry"> & ExpiryInputs & { name: string; requestedName?: string },
  { importedOn, renewAfter }: ExpiryPlan,
): Owner {
  return {
    distribution: requestedName,
    stack,
    kms,
    key,
    expiry: { validFor, renewBefore, importedOn, renewAfter },
  };
}

/** Inputs that become metadata of a KMS key. */
export interface MetadataInputs {
  tags?: Record<string, string>;
  policy?: string;
  description?: string;
  /** Paths of `ignoreChanges`. */
  ignored?: string[];
}

/** What a KMS key has besides its material. */
export interface Metadata extends MetadataInputs {
  tags: Record<string, string>;
}

/** The part of a distribution's or replica's outputs that says what one Region holds. */
export interface RegionalOutputs extends MetadataInputs {
  aliasName: string;
  versions: KmsKeyRecords;
  /** The latest version's KMS key as the last finished update left it. */
  keyId?: string;
  keyArn?: string;
  aliasTarget?: string;
  /** What a refresh found to differ in AWS, in words. */
  drift?: string[];
  /** What the last update gave, where a refresh found other metadata that is not ignored: the outputs then say what AWS has. */
  applied?: GivenMetadata;
  /** An update that was to give other metadata failed half-way: some KMS keys have it, and the outputs say what the others have. */
  isHalfGiven?: true;
  /** Which metadata the program marks secret. */
  secretInputs?: string[];
}

/** Tags, policy and description: what the last update gave, or what AWS shows. `kmsTags` are the KmsProvider's. */
export interface GivenMetadata extends MetadataInputs {
  kmsTags?: Record<string, string>;
}

/** What the last update gave the KMS keys. */
export function lastGiven(
  owner: Owner,
  { applied = {}, policy, description, tags, ignored }: RegionalOutputs,
): { owner: Owner; inputs: MetadataInputs } {
  const { kmsTags, tags: own, ...texts } = applied;
  return {
    owner: { ...owner, kms: { ...owner.kms, tags: owner.kms.tags && { ...owner.kms.tags, ...kmsTags } } },
    inputs: { policy, description, tags: tags && { ...tags, ...own }, ignored, ...texts },
  };
}

/** Tags of the user's: those of the KmsProvider under those of the resource. */
export function userTags(
  kms: Pick<KmsRef, "tags"> | undefined,
  inputs: MetadataInputs,
): Record<string, string> {
  return { ...kms?.tags, ...inputs.tags };
}

/** Everything that one version's KMS key has besides its material. */
export function metadataFor(
  owner: Owner,
  version: number,
  inputs: MetadataInputs,
  claim?: string,
): KmsKeyMetadata {
  return {
    policy: inputs.policy,
    description: inputs.description,
    tags: {
      ...userTags(owner.kms, inputs),
      [TAG.key]: owner.key.name,
      [TAG.version]: String(version),
      [TAG.distribution]: owner.distribution,
      [TAG.stack]: owner.stack,
      ...(claim !== undefined && { [CLAIM]: claim }),
    },
  };
}

export function contextOf(owner: Owner, version?: number): CallContext {
  return { key: owner.key.name, version };
}

/** Numbers of the versions there are records of, ascending. */
export function versionsOf(records: KmsKeyRecords): number[] {
  return Object.keys(records)
    .map(Number)
    .sort((a, b) => a - b);
}

/** A KMS key: the first version that it holds with its record, and all versions, which are one unless it rotates on demand. */
export interface HeldVersions {
  version: number;
  record: KmsKeyRecord;
  versions: number[];
}

/** Each KMS key once. */
export function kmsKeysOf(records: KmsKeyRecords): HeldVersions[] {
  const found = new Map<string, HeldVersions>();
  for (const version of versionsOf(records)) {
    const record = records[version]!;
    const held = found.get(record.keyId);
    if (held) held.versions.push(version);
    else found.set(record.keyId, { version, record, versions: [version] });
  }
  return [...found.values()];
}

/** The key with the names that the stack had before: its own, and the one in the state where the stack has another now. */
export function withFormerStack(key: KeyRef, stack: string, formerStack?: string): KeyRef {
  const names = new Set([...(key.formerStacks ?? []), ...(formerStack ? [formerStack] : [])]);
  return { ...key, formerStacks: [...names].filter((name) => name !== stack) };
}

/** A state of before may not say whether the key's deletion is allowed: then it is not. */
export function withDeletionAllowed<K>(key: K): K {
  const isSaid = typeof key !== "object" || (key as Partial<KeyRef>).deletionAllowed !== undefined;
  return isSaid ? key : { ...key, deletionAllowed: false };
}

/** The state a version's KMS key should be in. */
export function wantedState(key: Pick<KeyRef, "minEnabledVersion">, version: number): "Enabled" | "Disabled" {
  return version >= key.minEnabledVersion ? "Enabled" : "Disabled";
}
