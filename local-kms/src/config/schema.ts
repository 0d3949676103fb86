import { CONSISTENCY_SCHEMA } from "../consistency/schema.js";
import { FAULTS_SCHEMA } from "../faults/schema.js";
import { IAM_SCHEMA } from "../iam/schema.js";
import { QUOTAS_SCHEMA } from "../quotas/schema.js";
import { SEED_KEYS_SCHEMA } from "../seedKey.js";

/**
 * JSON Schema of what a configuration may hold, from a file or from a program. A `description` completes the sentence
 * "Expected `name` to be …"; `secret` values are never shown.
 */
export const CONFIG_SCHEMA = {
  type: "object",
  description: "an object of settings",
  additionalProperties: false,
  properties: {
    profile: { const: "aws", description: "`aws`" },
    startTime: { type: "string", description: "an ISO 8601 time" },
    keys: SEED_KEYS_SCHEMA,
    replicaCreatingMillis: { $ref: "#/$defs/count" },
    primaryUpdatingMillis: { $ref: "#/$defs/count" },
    onDemandRotationMillis: { $ref: "#/$defs/count" },
    tagsCountAfterMillis: { $ref: "#/$defs/count" },
    iam: IAM_SCHEMA,
    importKeyPool: {
      type: "object",
      description: "an object of numbers of RSA pairs by WrappingKeySpec, and `reuse`",
      additionalProperties: false,
      properties: {
        RSA_2048: { $ref: "#/$defs/count" },
        RSA_3072: { $ref: "#/$defs/count" },
        RSA_4096: { $ref: "#/$defs/count" },
        reuse: { type: "boolean", description: "true or false" },
      },
    },
    quotas: QUOTAS_SCHEMA,
    resourceQuotas: {
      type: "object",
      description: "an object",
      additionalProperties: false,
      properties: {
        keys: { $ref: "#/$defs/count" },
        aliasesPerKey: { $ref: "#/$defs/count" },
        grantsPerKey: { $ref: "#/$defs/count" },
        onDemandRotationsPerKey: { $ref: "#/$defs/count" },
      },
    },
    consistency: CONSISTENCY_SCHEMA,
    faults: FAULTS_SCHEMA,
    control: { type: "boolean", description: "true or false" },
  },
  $defs: {
    count: { type: "integer", minimum: 0, description: "a whole number from 0 on" },
  },
} as const;

/** JSON Schema of what the control endpoint sets, by its name there. */
export const SCHEMAS = {
  clock: {
    description: 'an object with either `advance` or `time`, such as {"advance": "P30D"}',
    oneOf: ["advance", "time"].map((name) => ({
      type: "object",
      additionalProperties: false,
      required: [name],
      properties: { [name]: { type: "string", description: "a text" } },
    })),
  },
  faults: FAULTS_SCHEMA,
  quotas: QUOTAS_SCHEMA,
  consistency: CONSISTENCY_SCHEMA,
} as const;
