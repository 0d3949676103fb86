export { KeyDistribution, type KeyDistributionArgs } from "./keyDistribution";
export { KeyReplica, type KeyReplicaArgs } from "./keyReplica";
export { KmsProvider, type KmsProviderArgs } from "./kmsProvider";
export { ManagedKey, type ManagedKeyArgs } from "./managedKey";
export type {
  Adopt,
  AssumeRole,
  Credentials,
  KeyType,
  KeyVersion,
  KmsKeyVersion,
  Purpose,
  Restore,
  RestoredDistribution,
  RotationStrategy,
  WebIdentity,
  WrappingKeySpec,
} from "./types";
