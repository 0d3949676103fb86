import { API } from "../api/model.js";

const count = { type: "integer", minimum: 0, description: "a whole number from 0 on" };
const text = { type: "string", minLength: 1, description: "a text" };

/** JSON Schema of a list of Fault. */
export const FAULTS_SCHEMA = {
  type: "array",
  description: "a list of faults",
  items: {
    type: "object",
    description: "a fault with one of `error`, `drop`, `kill`, or with `delayMillis` alone",
    additionalProperties: false,
    properties: {
      operation: { enum: Object.keys(API.operations), description: "an operation of AWS KMS" },
      account: { type: "string", pattern: "^\\d{12}$", description: "an account: a text of 12 digits" },
      region: text,
      key: text,
      skip: count,
      times: count,
      probability: { type: "number", minimum: 0, maximum: 1, description: "a number from 0 to 1" },
      seed: { type: "integer", description: "a whole number" },
      when: { enum: ["before", "after"], description: '"before" or "after"' },
      delayMillis: count,
      error: {
        type: "object",
        description: "an object with the `name` of an AWS error",
        additionalProperties: false,
        required: ["name"],
        properties: {
          name: text,
          message: { type: "string", description: "a text" },
          status: {
            type: "integer",
            minimum: 400,
            maximum: 599,
            description: "an HTTP status from 400 to 599",
          },
        },
      },
      drop: {
        enum: ["close", "reset", "hang", "half"],
        description: '"close", "reset", "hang" or "half"',
      },
      kill: { const: true, description: "`true`" },
    },
    oneOf: [
      { required: ["error"] },
      { required: ["drop"] },
      { required: ["kill"] },
      {
        required: ["delayMillis"],
        not: { anyOf: [{ required: ["error"] }, { required: ["drop"] }, { required: ["kill"] }] },
      },
    ],
  },
} as const;
