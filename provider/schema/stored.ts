// Generated from schema.json by `make generate`. Do not edit.

import type {
  Adopt,
  AssumeRole,
  Credentials,
  DistributionRef,
  KeyType,
  KeyVersion,
  KeyVersions,
  KmsConnection,
  KmsKeyVersion,
  MetadataSnapshot,
  Purpose,
  Restore,
  RotationStrategy,
  WebIdentity,
  WrappingKeySpec,
} from "./types";

/** KmsProviderOutputs of a state. */
export type KmsProviderOutputs = {
  provider: string;
  keyCollection: string;
  credentials?: Credentials;
  profile?: string;
  assumeRole?: AssumeRole | AssumeRole[];
  webIdentity?: WebIdentity;
  endpoint?: string | Record<string, string>;
  wrappingKeySpec: WrappingKeySpec;
  secretInputs?: string[];
  tags?: Record<string, string>;
  quotas?: string | Record<string, number>;
  unreachableRegions?: string[];
  aliasPrefix: string;
  accountId: string;
  credentialSource: string;
  stateVersion: number;
};

/** KmsProviderInputs of a state. */
export type KmsProviderInputs = Pick<
  KmsProviderOutputs,
  | "provider"
  | "keyCollection"
  | "credentials"
  | "profile"
  | "assumeRole"
  | "webIdentity"
  | "endpoint"
  | "wrappingKeySpec"
  | "secretInputs"
  | "tags"
  | "quotas"
  | "unreachableRegions"
  | "aliasPrefix"
>;

/** ManagedKeyOutputs of a state. */
export type ManagedKeyOutputs = {
  name: string;
  type: KeyType;
  replicaRegions: string[];
  minEnabledVersion: number;
  deletionAllowed: boolean;
  rotationPeriod?: string;
  rotationTrigger?: string;
  keystore: string;
  keyVersion: number;
  rotatedOn: string;
  rotateAfter?: string;
  latestVersion: number;
  versions: KeyVersion[];
  jwks?: string;
  keyring: string;
  stateVersion: number;
  stack: string;
  formerStacks: string[];
};

/** ManagedKeyInputs of a state. */
export type ManagedKeyInputs = Pick<
  ManagedKeyOutputs,
  | "name"
  | "type"
  | "replicaRegions"
  | "minEnabledVersion"
  | "deletionAllowed"
  | "rotationPeriod"
  | "rotationTrigger"
  | "keystore"
  | "keyVersion"
  | "rotatedOn"
  | "rotateAfter"
  | "stack"
  | "formerStacks"
> & {
  material?: string;
  materialPassphrase?: string;
  restore?: Restore;
};

/** KeyDistributionOutputs of a state. */
export type KeyDistributionOutputs = {
  kms: KmsConnection;
  key: KeyVersions;
  purpose: Purpose[];
  protection: string;
  rotationStrategy: RotationStrategy;
  deletionWindowDays: number;
  policy?: string;
  description?: string;
  secretInputs?: string[];
  tags?: Record<string, string>;
  validFor?: string;
  renewBefore?: string;
  publishBefore?: string;
  extraAliases?: string[];
  adopt?: Adopt;
  name: string;
  aliasName: string;
  aliasArn: string;
  distributionTime: string;
  stack: string;
  keyVersion: number;
  multiRegion: boolean;
  primaryRegion: string;
  onRemoval?: string;
  importedOn?: string;
  renewAfter?: string;
  rotationsLeft?: number;
  keyId: string;
  keyArn: string;
  versions: Record<string, KmsKeyVersion>;
  aliasTarget: string;
  extraAliasTargets?: Record<string, string>;
  drift?: string[];
  notSeen?: string[];
  stateVersion: number;
  movedAlias?: string;
  requestedName?: string;
  nextStack?: string;
  isHalfGiven?: boolean;
  applied?: MetadataSnapshot;
  ignored?: string[];
};

/** KeyDistributionInputs of a state. */
export type KeyDistributionInputs = Pick<
  KeyDistributionOutputs,
  | "kms"
  | "key"
  | "purpose"
  | "protection"
  | "rotationStrategy"
  | "deletionWindowDays"
  | "policy"
  | "description"
  | "secretInputs"
  | "tags"
  | "validFor"
  | "renewBefore"
  | "publishBefore"
  | "extraAliases"
  | "adopt"
  | "movedAlias"
  | "name"
  | "aliasName"
  | "aliasArn"
  | "distributionTime"
  | "stack"
  | "keyVersion"
  | "multiRegion"
  | "primaryRegion"
  | "onRemoval"
  | "importedOn"
  | "renewAfter"
  | "ignored"
>;

/** KeyReplicaOutputs of a state. */
export type KeyReplicaOutputs = {
  distribution: DistributionRef;
  region: string;
  deletionWindowDays: number;
  policy?: string;
  description?: string;
  secretInputs?: string[];
  tags?: Record<string, string>;
  aliasName: string;
  aliasArn: string;
  keyVersion: number;
  onRemoval?: string;
  importedOn?: string;
  renewAfter?: string;
  keyId: string;
  keyArn: string;
  versions: Record<string, KmsKeyVersion>;
  aliasTarget: string;
  extraAliasTargets?: Record<string, string>;
  drift?: string[];
  notSeen?: string[];
  stateVersion: number;
  nextStack?: string;
  isHalfGiven?: boolean;
  applied?: MetadataSnapshot;
  ignored?: string[];
};

/** KeyReplicaInputs of a state. */
export type KeyReplicaInputs = Pick<
  KeyReplicaOutputs,
  | "distribution"
  | "region"
  | "deletionWindowDays"
  | "policy"
  | "description"
  | "secretInputs"
  | "tags"
  | "aliasName"
  | "aliasArn"
  | "keyVersion"
  | "onRemoval"
  | "importedOn"
  | "renewAfter"
  | "ignored"
>;
