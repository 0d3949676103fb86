import schemaJson from "../../schema.json";

/**
 * A property in a Pulumi package schema.
 * Source: https://www.pulumi.com/docs/iac/extending-pulumi/schema/
 */
export interface PropertySpec {
  type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
  $ref?: string;
  items?: PropertySpec;
  additionalProperties?: PropertySpec;
  /** Forms of a value. Each form has a different JSON type. */
  oneOf?: PropertySpec[];
  default?: string | number | boolean;
  /** The only allowed value. */
  const?: string;
  secret?: boolean;
  willReplaceOnChanges?: boolean;
  description?: string;
  /** The value is known when the program runs. It is not an Output. */
  plain?: boolean;
  language?: { nodejs: { hidden?: true; optional?: true } };
}

export interface ObjectSpec {
  type: "object";
  properties: Record<string, PropertySpec>;
  required?: string[];
}

export interface EnumSpec {
  type: "string";
  enum: { value: string }[];
}

export interface ResourceSpec {
  inputProperties: Record<string, PropertySpec>;
  requiredInputs?: string[];
  properties: Record<string, PropertySpec>;
  required?: string[];
}

const schema = schemaJson as unknown as {
  types: Record<string, ObjectSpec | EnumSpec>;
  resources: Record<string, ResourceSpec>;
};

/** A resource of schema.json by its bare name, for example "ManagedKey". */
export function resourceSpec(name: string): ResourceSpec {
  const spec = schema.resources[`keymgmt:index:${name}`];
  if (!spec) throw new Error(`schema.json has no resource ${name}`);
  return spec;
}

/** The default of an input. Throws if schema.json has none. */
export function defaultOf<T extends string | number | boolean>(resource: string, input: string): T {
  const preset = resourceSpec(resource).inputProperties[input]?.default;
  if (preset === undefined) throw new Error(`schema.json has no default of ${resource}.${input}`);
  return preset as T;
}

/** The type that a property refers to, if it refers to one. */
export function referredType(property: PropertySpec): ObjectSpec | EnumSpec | undefined {
  if (!property.$ref) return undefined;
  const spec = schema.types[property.$ref.replace("#/types/", "")];
  if (!spec) throw new Error(`schema.json has no type ${property.$ref}`);
  return spec;
}
