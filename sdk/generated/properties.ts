// Generated from schema.json by `make generate`. Do not edit.

/**
 * Of each resource: defaults of its inputs, the outputs that the provider computes, and the secrets that the engine is asked to keep.
 */
export const properties = {
  KmsProvider: {
    defaults: { provider: "awskms", wrappingKeySpec: "RSA_4096", aliasPrefix: "hashicorp" },
    computed: ["accountId", "credentialSource", "stateVersion"],
    secretOutputs: [],
  },
  ManagedKey: {
    defaults: { type: "aes256-gcm96", minEnabledVersion: 1, deletionAllowed: false, keystore: "state" },
    computed: [
      "name",
      "replicaRegions",
      "keyVersion",
      "rotatedOn",
      "rotateAfter",
      "latestVersion",
      "versions",
      "keyring",
      "stateVersion",
      "stack",
      "formerStacks",
    ],
    secretOutputs: ["material", "keyring"],
  },
  DistributionAlias: {
    defaults: {},
    computed: ["name", "aliasName", "aliasArn", "distributionTime", "stateVersion"],
    secretOutputs: [],
  },
  KeyDistribution: {
    defaults: { protection: "hsm", rotationStrategy: "manual", deletionWindowDays: 30 },
    computed: [
      "purpose",
      "name",
      "aliasName",
      "aliasArn",
      "distributionTime",
      "keyVersion",
      "multiRegion",
      "primaryRegion",
      "importedOn",
      "renewAfter",
      "rotationsLeft",
      "keyId",
      "keyArn",
      "versions",
      "aliasTarget",
      "drift",
      "notSeen",
      "stateVersion",
    ],
    secretOutputs: [],
  },
  KeyReplica: {
    defaults: { deletionWindowDays: 30 },
    computed: [
      "aliasName",
      "aliasArn",
      "keyVersion",
      "importedOn",
      "renewAfter",
      "keyId",
      "keyArn",
      "versions",
      "aliasTarget",
      "drift",
      "notSeen",
      "stateVersion",
    ],
    secretOutputs: [],
  },
};
