/**
 * The contents of a stack's state: planned inputs and outputs of each resource, as schema.json describes them, in the form of this
 * release (STATE_VERSION). They are `type`s and not `interface`s, so that schema/ can compare them property by property.
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

/** A KmsProvider as other resources see it. */
export type KmsRef = KmsConnection;

/** A ManagedKey as other resources see it. Properties that hold or name material are kept in memory for the run (memory/keyrings.ts). */
export type KeyRef = Omit<KeyVersions, "keyring" | "keystore" | "material"> & { deletionAllowed: boolean };

/** The KMS key of one version in one Region. */
export type KmsKeyRecord = Omit<KmsKeyVersion, "state"> & { state: KeyState };

/** KMS keys by version, from "1". */
export type KmsKeyRecords = Record<string, KmsKeyRecord>;

/** Inputs that set metadata of a KMS key. */
export type MetadataInputs = {
  tags?: Record<string, string>;
  policy?: string;
  description?: string;
  /** Paths of `ignoreChanges`. */
  ignored?: string[];
};

/** The outputs of a distribution or replica that describe its Region. */
export type RegionalOutputs = MetadataInputs & {
  aliasName: string;
  versions: KmsKeyRecords;
  /** The latest version's KMS key as the last finished update left it. */
  keyId?: string;
  keyArn?: string;
  aliasTarget?: string;
  /** Differences that a refresh found in AWS, as text. */
  drift?: string[];
  /** Metadata of the last update. Set where a refresh found other metadata that is not ignored. The outputs then hold AWS's metadata. */
  applied?: MetadataSnapshot;
  /** An update of metadata failed half-way. Some KMS keys have the new metadata; the outputs hold the former one, of the others. */
  isHalfGiven?: true;
  /** The metadata inputs that the program marks as secret. */
  secretInputs?: string[];
};

/** Tags, policy and description, as the last update set them or as AWS shows them. `kmsTags` are the KmsProvider's. */
export type MetadataSnapshot = MetadataInputs & {
  kmsTags?: Record<string, string>;
};

/** The form of the stored outputs: see migrations.ts. */
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
  /** `organization/project/stack`. A state of release 0.1.0 lacks it until the next update. */
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
    /** An update that changes the stack's name in the tags failed half-way. Some KMS keys have this name. */
    nextStack?: string;
    /** The name that the DistributionAlias requested. Set where another stack had that alias, so that the next free name is used. */
    requestedName?: string;
    /** The number of on-demand rotations that AWS still allows for the KMS key. */
    rotationsLeft?: number;
  };

/** `DistributionRef` of schema.json: a KeyDistribution as its replicas see it. */
export type DistributionRef = ExpiryInputs & {
  name: string;
  stack: string;
  kms: KmsRef;
  key: KeyRef;
  rotationStrategy?: RotationStrategy;
  /** The primary's KMS keys. They come with the inputs and are not stored in the outputs. */
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
    /** The same as in KeyDistributionOutputs. */
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
