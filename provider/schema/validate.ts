import Ajv, { type ErrorObject } from "ajv";
import { type PropertySpec, referredType, resourceSpec } from "./definition";
import { isUnknown } from "./unknowns";

type Values = Record<string, unknown>;

/** Compiles what `objectSchema` makes. It collects all errors, each with the part of the schema that it is about. */
export const ajv = new Ajv({ allErrors: true, strict: false, verbose: true });
const validators = new Map<string, ReturnType<typeof ajv.compile>>();

/**
 * Checks inputs against schema.json: types, required properties, enums and names. Unknown values are accepted. Returns one sentence for
 * each mistake. No sentence repeats a value, because a misplaced value may be a secret.
 */
export function schemaMistakes(resource: string, inputs: Values): string[] {
  let validate = validators.get(resource);
  if (!validate) {
    const { inputProperties, requiredInputs } = resourceSpec(resource);
    validate = ajv.compile(objectSchema(inputProperties, requiredInputs));
    validators.set(resource, validate);
  }
  validate(JSON.parse(JSON.stringify(inputs, (_name, value) => value ?? undefined))); // null is treated as missing
  const errors = (validate.errors ?? []).filter(
    ({ data, keyword }) => !["anyOf", "not"].includes(keyword) && !isUnknown(data),
  );
  const sentences = errors.map(sentence);
  return [...new Set(sentences)];
}

/** The inputs, with schema.json's defaults in place of missing ones. */
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

/** Properties of a Pulumi schema as JSON Schema. With `isOpen`, other properties are allowed too. */
export function objectSchema(
  properties: Record<string, PropertySpec>,
  required: string[] = [],
  isOpen = false,
): object {
  return {
    type: "object",
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, jsonSchema(property, isOpen)]),
    ),
    required,
    additionalProperties: isOpen,
  };
}

function jsonSchema(property: PropertySpec, isOpen: boolean): object {
  const { secret = false, description } = property;
  if (property.const !== undefined) return { const: property.const, secret, description };
  if (property.oneOf) {
    const forms = property.oneOf.map((form) => jsonSchema(form, isOpen));
    return oneOf(forms, secret);
  }
  const referred = referredType(property);
  if (referred && "enum" in referred)
    return { type: "string", enum: referred.enum.map((e) => e.value), secret };
  if (referred) return { ...objectSchema(referred.properties, referred.required, isOpen), secret };
  if (property.type === "array")
    return { type: "array", items: jsonSchema(property.items ?? {}, isOpen), secret };
  if (property.type === "object") {
    const additionalProperties = jsonSchema(property.additionalProperties ?? {}, isOpen);
    return { type: "object", additionalProperties, secret };
  }
  return property.type ? { type: property.type, secret } : {};
}

/** Chosen by the value's type, so that a mistake is reported only for the form that the user meant. */
function oneOf(forms: object[], secret: boolean): object {
  const typeOf = (form: object) => (form as { type: string }).type;
  const branches = forms.map((form) => ({ anyOf: [{ not: { type: typeOf(form) } }, form] }));
  return { type: forms.map(typeOf), allOf: branches, secret };
}

function sentence(error: ErrorObject): string {
  const name = error.instancePath.slice(1).split("/").map(unescaped).join(".");
  const isSecret = (error.parentSchema as { secret?: boolean })?.secret ?? false;
  switch (error.keyword) {
    case "required":
      return `Expected ${name ? `\`${name}\` to have ` : ""}\`${error.params.missingProperty}\`, which is missing; the output of a resource that \`--target\` leaves out is missing too.`;
    case "additionalProperties":
      return `\`${[name, shownName(error.params.additionalProperty)].filter(Boolean).join(".")}\` is not an input of this resource; check its spelling.`;
    case "const":
      return `Expected \`${name}\` to be ${quoted(error.params.allowedValue)}; what came is not. ${error.parentSchema?.description}`;
    case "enum":
      return `Expected \`${name}\` to be ${either(error.params.allowedValues.map(quoted))}; what came is not.`;
    case "type":
      return `Expected \`${name}\` to be of type ${either([error.params.type].flat())}${isSecret ? "" : `, got ${typeName(error.data)}`}.`;
    default:
      return `\`${name}\` ${error.message}.`;
  }
}

/** Removes the escapes of a JSON Pointer's step (RFC 6901). */
function unescaped(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

const either = (values: string[]) => values.join(" or ");

const quoted = (value: string) => `"${value}"`;

/** A misspelt name has only letters. Any other text may be a value, so it is not shown. */
function shownName(name: string): string {
  return /^[A-Za-z]{1,40}$/.test(name) ? name : "…";
}

function typeName(value: unknown): string {
  return Array.isArray(value) ? "array" : typeof value;
}
