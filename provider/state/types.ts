/**
 * What the state of a stack holds: planned inputs and outputs of each resource, as schema.json describes them, in the form of this
 * release (STATE_VERSION). They are `type`s and not `interface`s, so that they are also what schema/ compares property by property.
 */

import type { Restore } from "../keys/backup/restore";
import type { ExpiryInputs, ExpiryPlan } from "../keys/expiry";
import type { KeyVersion } from "../keys/keyring";
import type { KmsConnection } from "../kms/endpoints/connection";
import type { KeyState } from "../kms/keyState";
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
  deletionAllowed: boolean;
  /** Names that the stack had before (`organization/project/stack`), newest first: its KMS keys may still have them. */
  formerStacks?: string[];
  keyVersion: number;
}

/** KmsKeyVersion of schema.json: the KMS key of one version in one Region. */
export interface KmsKeyRecord {
  keyId: string;
  keyArn: string;
  /** As last seen. */
  state: KeyState;
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

/** Inputs that become metadata of a KMS key. */
export type MetadataInputs = {
  tags?: Record<string, string>;
  policy?: string;
  description?: string;
  /** Paths of `ignoreChanges`. */
  ignored?: string[];
};

/** The part of a distribution's or replica's outputs that says what one Region holds. */
export type RegionalOutputs = MetadataInputs & {
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
};

/** Tags, policy and description: what the last update gave, or what AWS shows. `kmsTags` are the KmsProvider's. */
export type GivenMetadata = MetadataInputs & {
  kmsTags?: Record<string, string>;
};

/** The form that it was written in: see migrations.ts. */
type Versioned = { stateVersion: number };

export type KmsProviderInputs = Omit<KmsRef, "accountId"> & { provider: string; secretInputs?: string[] };

export type KmsProviderOutputs = KmsProviderInputs &
  Versioned & { accountId: string; credentialSource: string };

export type ManagedKeyInputs = {
  name: string;
  type: string;
  replicaRegions: string[];
  minEnabledVersion: number;
  deletionAllowed: boolean;
  keystore: string;
  rotationPeriod?: string;
  rotationTrigger?: string;
  /** Base64, or a reference. */
  material?: string;
  restore?: Restore;
  keyVersion: number;
  /** UTC dates, YYYY-MM-DD. */
  rotatedOn: string;
  rotateAfter?: string;
  /** `organization/project/stack`; a state of release 0.1.0 does not say it before the next update. */
  stack?: string;
  formerStacks: string[];
};

export type ManagedKeyOutputs = Omit<ManagedKeyInputs, "material" | "restore"> &
  Versioned & {
    latestVersion: number;
    versions: KeyVersion[];
    /** A secret: see keys/keyring.ts. */
    keyring: string;
  };

export type DistributionAliasInputs = {
  keyName: string;
  keyId: string;
  aliasPrefix: string;
  region: string;
  accountId: string;
  replicaRegions?: string[];
  purpose?: string[];
  protection?: string;
  rotationStrategy?: string;
  adoptedAlias?: string;
  deletionAllowed?: boolean;
};

export type DistributionAliasOutputs = DistributionAliasInputs &
  Versioned & { name: string; aliasName: string; aliasArn: string; distributionTime: string };

export type KeyDistributionInputs = MetadataInputs &
  ExpiryInputs &
  ExpiryPlan & {
    kms: KmsRef;
    key: KeyRef;
    name: string;
    aliasName: string;
    aliasArn?: string;
    distributionTime?: string;
    stack: string;
    purpose: string[];
    protection: string;
    rotationStrategy: RotationStrategy;
    adopt?: Adopt;
    deletionWindowDays: number;
    keyVersion: number;
    multiRegion: boolean;
    primaryRegion: string;
    secretInputs?: string[];
  };

export type KeyDistributionOutputs = KeyDistributionInputs &
  RegionalOutputs &
  Versioned & {
    /** An update that was to write the stack's new name on the KMS keys failed half-way: some have this one. */
    nextStack?: string;
    /** The name that the DistributionAlias says, where another stack had its alias and the next one was taken. */
    requestedName?: string;
    /** Of AWS's on-demand rotations of the one KMS key. */
    rotationsLeft?: number;
  };

/** KMS keys that exist, to be taken under management: those behind an alias, or listed by version, or both. */
export interface Adopt {
  /** `alias/hashicorp/orders-1700000000`. Its name is the distribution's; without `versions` its KMS key is the key's latest version. */
  aliasName?: string;
  /** KMS key id or ARN by version. None at all: new KMS keys are made, whatever there is. */
  versions?: Record<string, string>;
  /** Key check values of the versions whose material the key holds: their KMS keys become like those that this stack made. */
  kcvs?: Record<string, string>;
}

/** DistributionRef of schema.json: a KeyDistribution as its replicas see it. */
export type DistributionRef = ExpiryInputs & {
  name: string;
  stack: string;
  kms: KmsRef;
  key: KeyRef;
  rotationStrategy?: RotationStrategy;
  /** The primary's KMS keys. They are handed over with the inputs, and are not kept in the outputs. */
  versions?: KmsKeyRecords;
};

export type KeyReplicaInputs = MetadataInputs &
  ExpiryPlan & {
    distribution: DistributionRef;
    region: string;
    aliasName: string;
    aliasArn?: string;
    deletionWindowDays: number;
    keyVersion: number;
    secretInputs?: string[];
  };

export type KeyReplicaOutputs = KeyReplicaInputs &
  RegionalOutputs &
  Versioned & {
    /** As of a KeyDistribution. */
    nextStack?: string;
  };

/** The planned inputs of each resource. */
export interface Inputs {
  KmsProvider: KmsProviderInputs;
  ManagedKey: ManagedKeyInputs;
  DistributionAlias: DistributionAliasInputs;
  KeyDistribution: KeyDistributionInputs;
  KeyReplica: KeyReplicaInputs;
}

/** The outputs of each resource. */
export interface Outputs {
  KmsProvider: KmsProviderOutputs;
  ManagedKey: ManagedKeyOutputs;
  DistributionAlias: DistributionAliasOutputs;
  KeyDistribution: KeyDistributionOutputs;
  KeyReplica: KeyReplicaOutputs;
}

export type ResourceName = keyof Outputs;
