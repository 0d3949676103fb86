import { REQUEST_QUOTAS } from "./table.js";

const perSecond = {
  type: "number",
  exclusiveMinimum: 0,
  description: "a number of requests a second above 0",
};

/** JSON Schema of QuotasConfig. */
export const QUOTAS_SCHEMA = {
  description: '"aws" or an object',
  anyOf: [
    { const: "aws" },
    {
      type: "object",
      additionalProperties: false,
      properties: {
        requestsPerSecond: {
          type: "object",
          description: "an object of requests a second by operation",
          additionalProperties: false,
          properties: Object.fromEntries(Object.keys(REQUEST_QUOTAS).map((quota) => [quota, perSecond])),
        },
        burstSeconds: { type: "number", exclusiveMinimum: 0, description: "a number of seconds above 0" },
      },
    },
  ],
} as const;
