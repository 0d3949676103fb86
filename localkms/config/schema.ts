/**
 * JSON Schema of what a configuration may hold, from a file or from a program. A `description` completes the sentence
 * "Expected `name` to be …"; `secret` values are never shown.
 */
export const CONFIG_SCHEMA = {
  type: "object",
  description: "an object of settings",
  additionalProperties: false,
  properties: {
    replicaCreatingMillis: { $ref: "#/$defs/count" },
    primaryUpdatingMillis: { $ref: "#/$defs/count" },
    onDemandRotationMillis: { $ref: "#/$defs/count" },
    importKeyPool: {
      type: "object",
      description: "an object of numbers of RSA pairs by WrappingKeySpec",
      additionalProperties: false,
      properties: {
        RSA_2048: { $ref: "#/$defs/count" },
        RSA_3072: { $ref: "#/$defs/count" },
        RSA_4096: { $ref: "#/$defs/count" },
      },
    },
  },
  $defs: {
    count: { type: "integer", minimum: 0, description: "a whole number from 0 on" },
  },
} as const;
