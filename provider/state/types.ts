/**
 * What the state of a stack holds: planned inputs and outputs of each resource, as schema.json describes them, in the form of this
 * release (STATE_VERSION). They are `type`s and not `interface`s, so that they are also what schema/ compares property by property.
 */

import type { ExpiryInputs, ExpiryPlan } from "../keys/expiry";
import type { KeyVersion } from "../keys/keyring";
import type { KeyState } from "../kms/keyState";
import type {
  Adopt,
  KeyVersions,
  KmsConnection,
  KmsKeyVersion,
  Restore,
  RotationStrategy,
} from "../schema/types";

/** A KmsProvider as its users see it. */
export type KmsRef = KmsConnection;

/** A ManagedKey as its users see it. What holds or names material goes to the run alone (memory/keyrings.ts). */
export type KeyRef = Omit<KeyVersions, "keyring" | "keystore" | "material"> & { deletionAllowed: boolean };

/** The KMS key of one version in one Region. */
export type KmsKeyRecord = Omit<KmsKeyVersion, "state"> & { state: KeyState };

/** KMS keys by version, from "1". */
export type KmsKeyRecords = Record<string, KmsKeyRecord>;

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
