import "./replicate";

export type { KmsProviderArgs, ManagedKeyArgs } from "./generated/inputs";
export { KeyDistribution, type KeyDistributionArgs } from "./generated/keyDistribution";
export { KeyReplica, type KeyReplicaArgs } from "./generated/keyReplica";
export { KmsProvider } from "./generated/kmsProvider";
export { ManagedKey } from "./generated/managedKey";
export type * from "./generated/types";
