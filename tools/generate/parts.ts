/** What the generated files have in common. */
import type { PropertySpec } from "../../provider/schema/definition";
import { argumentsOf, isRequired, type Property, type Resource, referredTypes, valuesGiven } from "./schema";
import { argumentDescription, argumentType, type Member, outputType } from "./typescript";

const MARK = "// Generated from schema.json by `make generate`. Do not edit.";
export const PULUMI = 'import type * as pulumi from "@pulumi/pulumi";';

export function file(...parts: string[]): string {
  return `${[MARK, ...parts].filter(Boolean).join("\n\n")}\n`;
}

export function importTypes(properties: PropertySpec[]): string {
  const names = [...new Set(referredTypes(properties))].sort();
  return names.length === 0 ? "" : `import type { ${names.join(", ")} } from "./types";`;
}

export function argument(resource: Resource, property: Property): Member {
  const mark = isRequired(resource, property) ? "" : "?";
  return {
    description: argumentDescription(property),
    text: `${property.name}${mark}: ${argumentType(property)};`,
  };
}

export function output({ required }: Resource, property: Property): string {
  return `readonly ${property.name}: ${outputType(property, required.includes(property.name))};`;
}

/** Where a program gives a resource nothing but values, they are its arguments. */
export function inputsName(name: string, resource: Resource): string {
  return valuesGiven(resource).length < argumentsOf(resource).length ? `${name}Inputs` : `${name}Args`;
}

export const uncapitalized = (name: string) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
