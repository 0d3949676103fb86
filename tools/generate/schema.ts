/** schema.json as the generator reads it. `language.nodejs` says there where the SDK differs from what the provider takes and gives. */
import type { EnumSpec, ObjectSpec, PropertySpec, ResourceSpec } from "../../provider/schema/definition";
import schema from "../../schema.json";

const PREFIX = "keymgmt:index:";

export interface Property extends PropertySpec {
  name: string;
}

export interface Resource extends ResourceSpec {
  description: string;
  requiredInputs: string[];
  required: string[];
}

export interface ObjectType extends ObjectSpec {
  description: string;
  /** The SDK passes on values of this type for a resource: programs give the resource itself. */
  language?: { nodejs: { resource?: string } };
}

export interface EnumType extends EnumSpec {
  description: string;
  enum: { value: string; description?: string }[];
}

export const resources = byName(schema.resources as unknown as Record<string, Resource>);
export const types = byName(schema.types as unknown as Record<string, ObjectType | EnumType>);

/** Those that programs declare. */

/** The inputs that a program gives. The SDK and `check` set the others. */
export function argumentsOf({ inputProperties }: Resource): Property[] {
  return named(inputProperties).filter((property) => !isHidden(property));
}

/** The arguments that are values, and not resources. */
export function valuesGiven(resource: Resource): Property[] {
  return argumentsOf(resource).filter((property) => resourceFor(property) === undefined);
}

/** The resource that a program gives for a property; undefined where it gives a value. */
export function resourceFor(property: PropertySpec): string | undefined {
  const type = types[referredName(property) ?? ""];
  return type && "properties" in type ? type.language?.nodejs.resource : undefined;
}

/** The outputs that programs read. The others are there for the provider alone. */
export function outputsOf({ properties }: Resource): Property[] {
  return named(properties).filter((property) => !isHidden(property));
}

/** Types whose values the SDK reads from the outputs of one resource, for others that use it. */
export const PASSED_ON = ["KmsConnection", "KeyVersions"];

/** The outputs of a resource that make up a value of such a type. The program gives the SDK the hidden ones. */
export function outputsPassedOn(resource: Resource, { properties }: ObjectType): Property[] {
  return outputsOf(resource).filter(({ name }) => name in properties && !isHidden(properties[name]!));
}

export function isRequired({ requiredInputs }: Resource, { name, language }: Property): boolean {
  return requiredInputs.includes(name) && !language?.nodejs.optional;
}

export function named(properties: Record<string, PropertySpec>): Property[] {
  return Object.entries(properties).map(([name, property]) => ({ name, ...property }));
}

/** The bare name of the type that a property refers to. */
export function referredName({ $ref }: PropertySpec): string | undefined {
  return $ref?.slice($ref.lastIndexOf(":") + 1);
}

/** Names of the types that these properties refer to. */
export function referredTypes(properties: PropertySpec[]): string[] {
  return properties.flatMap((property) => {
    const { items, additionalProperties, oneOf = [] } = property;
    const inner = [items, additionalProperties, ...oneOf].filter((one) => one !== undefined);
    return [referredName(property) ?? [], referredTypes(inner)].flat();
  });
}

/** Names of the types that these properties refer to, and of those that these types refer to. */
export function allReferredTypes(properties: PropertySpec[]): Set<string> {
  const found = new Set(referredTypes(properties));
  for (const name of found) {
    // A set is walked to its end, with what is added on the way.
    const type = types[name]!;
    if ("properties" in type)
      for (const inner of referredTypes(Object.values(type.properties))) found.add(inner);
  }
  return found;
}

function isHidden({ language }: { language?: { nodejs: { hidden?: true } } }): boolean {
  return language?.nodejs.hidden ?? false;
}

function byName<T>(specs: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(specs).map(([token, spec]) => [token.slice(PREFIX.length), spec]));
}
