import { API } from "../api/model.js";

const count = { type: "integer", minimum: 0, description: "a whole number from 0 on" };

/** JSON Schema of ConsistencyConfig. */
export const CONSISTENCY_SCHEMA = {
  type: "object",
  description: "an object",
  additionalProperties: false,
  properties: {
    lagMillis: count,
    lagReads: count,
    flipBack: { type: "boolean", description: "true or false" },
    operations: {
      type: "array",
      description: "a list of operations of AWS KMS",
      items: { enum: Object.keys(API.operations), description: "an operation of AWS KMS" },
    },
  },
} as const;
