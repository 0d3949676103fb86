import Ajv, { type ErrorObject } from "ajv";
import { type PropertySpec, type ResourceSpec, referredType, resourceSpec } from "./definition";
import { isUnknown } from "./unknowns";

type Values = Record<string, unknown>;

const ajv = new Ajv({ allErrors: true, strict: false, verbose: true });
const validators = new Map<string, ReturnType<typeof ajv.compile>>();

/**
 * Holds inputs to schema.json: types, required properties, enums, no unknown names. Values that are not known
 * yet pass. Returns one sentence for each mistake; none shows a secret's value.
 */
export function schemaMistakes(resource: string, inputs: Values): string[] {
  let validate = validators.get(resource);
  if (!validate) {
    validate = ajv.compile(objectSchema(resourceSpec(resource)));
    validators.set(resource, validate);
  }
  const unknownPaths = new Set<string>();
  validate(withoutUnknowns(inputs, "", unknownPaths));
  const sentences = (validate.errors ?? [])
    .filter((error) => !unknownPaths.has(missingPath(error)))
    .map(sentence);
  return [...new Set(sentences)];
}

/** The inputs with schema.json's defaults for those that are missing. */
export function withDefaults(resource: string, inputs: Values): Values {
  const filled: Values = {};
  for (const [name, value] of Object.entries(inputs)) {
    if (value !== undefined && value !== null) filled[name] = value;
  }
  for (const [name, property] of Object.entries(resourceSpec(resource).inputProperties)) {
    if (property.default !== undefined && filled[name] === undefined) filled[name] = property.default;
  }
  return filled;
}

function objectSchema(spec: Pick<ResourceSpec, "inputProperties" | "requiredInputs">): object {
  return {
    type: "object",
    properties: Object.fromEntries(
      Object.entries(spec.inputProperties).map(([name, property]) => [name, jsonSchema(property)]),
    ),
    required: spec.requiredInputs ?? [],
    additionalProperties: false,
  };
}

/** A property of a Pulumi schema as JSON Schema. */
function jsonSchema(property: PropertySpec): object {
  const secret = property.secret ?? false;
  const referred = referredType(property);
  if (referred && "enum" in referred)
    return { type: "string", enum: referred.enum.map((e) => e.value), secret };
  if (referred) {
    return {
      ...objectSchema({ inputProperties: referred.properties, requiredInputs: referred.required }),
      secret,
    };
  }
  if (property.type === "array") return { type: "array", items: jsonSchema(property.items ?? {}), secret };
  if (property.type === "object") {
    return { type: "object", additionalProperties: jsonSchema(property.additionalProperties ?? {}), secret };
  }
  return property.type ? { type: property.type, secret } : {};
}

/** A copy without the values that are not known yet; their paths are added to `paths`. */
function withoutUnknowns(value: unknown, path: string, paths: Set<string>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return value
      .filter((item) => !isUnknown(item))
      .map((item, i) => withoutUnknowns(item, `${path}/${i}`, paths));
  }
  const copy: Values = {};
  for (const [name, inner] of Object.entries(value)) {
    if (isUnknown(inner)) paths.add(`${path}/${name}`);
    else if (inner !== undefined && inner !== null)
      copy[name] = withoutUnknowns(inner, `${path}/${name}`, paths);
  }
  return copy;
}

function missingPath(error: ErrorObject): string {
  return error.keyword === "required" ? `${error.instancePath}/${error.params.missingProperty}` : "";
}

function sentence(error: ErrorObject): string {
  const name = error.instancePath.slice(1).replaceAll("/", ".");
  const got = (error.parentSchema as { secret?: boolean })?.secret ? "" : `, got ${describe(error.data)}`;
  switch (error.keyword) {
    case "required":
      return `Expected ${name ? `\`${name}\` to have ` : ""}\`${error.params.missingProperty}\`, which is missing.`;
    case "additionalProperties":
      return `\`${[name, error.params.additionalProperty].filter(Boolean).join(".")}\` is not an input of this resource; check its spelling.`;
    case "enum":
      return `Expected \`${name}\` to be ${oneOf(error.params.allowedValues)}${got}.`;
    case "type":
      return `Expected \`${name}\` to be of type ${error.params.type}${got && `, got ${typeName(error.data)}`}.`;
    default:
      return `\`${name}\` ${error.message}.`;
  }
}

function oneOf(values: string[]): string {
  return values.map((value) => `"${value}"`).join(" or ");
}

function describe(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? JSON.stringify(value)
    : typeName(value);
}

function typeName(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}
