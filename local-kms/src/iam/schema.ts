const text = { type: "string", minLength: 1, description: "a text" } as const;
const secret = { ...text, secret: true } as const;
const policy = { type: "object", description: "a policy document as an object" } as const;

const ACCESS_KEY = {
  type: "object",
  description: "an access key as an object",
  additionalProperties: false,
  required: ["accessKeyId", "secretAccessKey"],
  dependentRequired: { expiration: ["sessionToken"] },
  properties: {
    accessKeyId: { type: "string", pattern: "^\\w{1,128}$", description: "letters and digits" },
    secretAccessKey: secret,
    sessionToken: secret,
    expiration: text,
  },
} as const;

/** JSON Schema of IamConfig. What a schema cannot say, readIam does. */
export const IAM_SCHEMA = {
  type: "object",
  description: "an object with `principals`",
  additionalProperties: false,
  required: ["principals"],
  properties: {
    principals: {
      type: "array",
      description: "a list of principals",
      items: {
        type: "object",
        description: "a principal as an object",
        additionalProperties: false,
        required: ["arn"],
        properties: {
          arn: text,
          accessKeys: { type: "array", description: "a list of access keys", items: ACCESS_KEY },
          policies: { type: "array", description: "a list of policy documents", items: policy },
          permissionsBoundary: policy,
        },
      },
    },
  },
} as const;
