/** A KMS key that is there at the start, where the state is new. */
export interface SeedKey {
  /** 111122223333 by default. */
  account?: string;
  /** us-east-1 by default. */
  region?: string;
  /** 36 characters as of a UUID, or `mrk-` and 32 hex digits of a multi-Region key; a new one by default. */
  keyId?: string;
  /** Names that begin with `alias/`. */
  aliases?: string[];
  /** A request of CreateKey, in AWS's JSON. */
  create?: Record<string, unknown>;
  /** Base64 of what ImportKeyMaterial would unwrap: bytes, or PKCS #8 DER of a private key. It makes the Origin EXTERNAL. */
  material?: string;
}

/** JSON Schema of SeedKey. What a schema cannot say, seed.ts does. */
export const SEED_KEYS_SCHEMA = {
  type: "array",
  description: "a list of keys",
  items: {
    type: "object",
    description: "a key as an object",
    additionalProperties: false,
    properties: {
      account: { type: "string", pattern: "^\\d{12}$", description: "12 digits" },
      region: { type: "string", pattern: "^([a-z]+-){2,3}\\d+$", description: "a Region" },
      keyId: { type: "string", description: "a key id" },
      aliases: {
        type: "array",
        description: "a list of alias names",
        items: { type: "string", description: "an alias name" },
      },
      create: { type: "object", description: "a request of CreateKey as an object" },
      material: { type: "string", secret: true, description: "base64" },
    },
  },
} as const;
