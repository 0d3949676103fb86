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
  RotationStrategy,
  WebIdentity,
  WrappingKeySpec,
} from "./types";
