/**
 * The contents of a stack's state: planned inputs and outputs of each resource in the form of this release (STATE_VERSION). Their types are
 * generated from schema.json; this file adds what schema.json does not say. They are `type`s and not `interface`s, so that schema/ can
 * compare them property by property.
 */

import type { KeyState } from "../kms/keyState";
import type * as stored from "../schema/stored";
import type {
  DistributionRef as DistributionRefInSchema,
  KeyVersions,
  KmsConnection,
  KmsKeyVersion,
} from "../schema/types";

export type {
  KmsProviderInputs,
  KmsProviderOutputs,
} from "../schema/stored";
export type { MetadataSnapshot } from "../schema/types";

/** `T` with other types of some properties. */
type With<T, Own> = Omit<T, keyof Own> & Own;

/** A KmsProvider as other resources see it. */
export type KmsRef = KmsConnection;

/** A ManagedKey as other resources see it. Properties that hold or name material are kept in memory for the run (memory/keyrings.ts). */
export type KeyRef = Omit<KeyVersions, "keyring" | "keystore" | "material"> & { deletionAllowed: boolean };

/** The KMS key of one version in one Region. */
export type KmsKeyRecord = With<KmsKeyVersion, { state: KeyState }>;

/** KMS keys by version, from "1". */
export type KmsKeyRecords = Record<string, KmsKeyRecord>;

/** A state of release 0.1.0 lacks the stack until the next update. */
type MayLackStack = { stack?: string };

export type ManagedKeyInputs = With<stored.ManagedKeyInputs, MayLackStack>;

export type ManagedKeyOutputs = With<stored.ManagedKeyOutputs, MayLackStack>;

type DistributionInputs = {
  kms: KmsRef;
  key: KeyRef;
  aliasArn?: string;
  distributionTime?: string;
};

export type KeyDistributionInputs = With<stored.KeyDistributionInputs, DistributionInputs>;

/** The part of a distribution's or replica's outputs in its Region. After a partly failed create some are missing. */
type InRegion = {
  versions: KmsKeyRecords;
  /** The latest version's KMS key as the last finished update left it. */
  keyId?: string;
  keyArn?: string;
  aliasTarget?: string;
};

export type KeyDistributionOutputs = With<stored.KeyDistributionOutputs, DistributionInputs & InRegion>;

/** A KeyDistribution as its replicas see it. The primary's KMS keys come with the inputs of the program; `check` takes them out. */
export type DistributionRef = With<
  DistributionRefInSchema,
  { kms: KmsRef; key: KeyRef; versions?: KmsKeyRecords }
>;

type ReplicaInputs = { distribution: DistributionRef; aliasArn?: string };

export type KeyReplicaInputs = With<stored.KeyReplicaInputs, ReplicaInputs>;

export type KeyReplicaOutputs = With<stored.KeyReplicaOutputs, ReplicaInputs & InRegion>;

/** Inputs that set metadata of a KMS key. */
export type MetadataInputs = Pick<KeyReplicaInputs, "tags" | "policy" | "description" | "ignored">;

/** The outputs of a distribution or replica that describe its Region. */
export type RegionalOutputs = MetadataInputs &
  InRegion &
  Pick<
    KeyReplicaOutputs,
    "aliasName" | "extraAliasTargets" | "drift" | "applied" | "isHalfGiven" | "secretInputs"
  >;

/** The planned inputs of each resource. */
export interface Inputs {
  KmsProvider: stored.KmsProviderInputs;
  ManagedKey: ManagedKeyInputs;
  KeyDistribution: KeyDistributionInputs;
  KeyReplica: KeyReplicaInputs;
}

/** The outputs of each resource. */
export interface Outputs {
  KmsProvider: stored.KmsProviderOutputs;
  ManagedKey: ManagedKeyOutputs;
  KeyDistribution: KeyDistributionOutputs;
  KeyReplica: KeyReplicaOutputs;
}

export type ResourceName = keyof Outputs;
