/**
 * docs/reference.md from schema.json: `tsx tools/reference.ts` writes it. The schema says type, default, secrecy and
 * whether a change replaces; the SDK's args say which inputs are a program's to give.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import schema from "../schema.json";
import { checkout } from "./toolchain";

interface Property {
  type?: string;
  $ref?: string;
  items?: Property;
  additionalProperties?: Property;
  oneOf?: Property[];
  description?: string;
  default?: unknown;
  secret?: boolean;
  willReplaceOnChanges?: boolean;
}

interface Resource {
  description: string;
  inputProperties: Record<string, Property>;
  requiredInputs: string[];
  properties: Record<string, Property>;
}

interface Type {
  type: string;
  description: string;
  properties?: Record<string, Property>;
  required?: string[];
  enum?: { value: string; description?: string }[];
}

const resources = schema.resources as unknown as Record<string, Resource>;
const types = schema.types as unknown as Record<string, Type>;

/** What the schema describes as the values that one resource hands to another, a program writes as the resource. */
const handedOn: Record<string, string> = {
  KmsConnection: "KmsProvider",
  KeyVersions: "ManagedKey",
  DistributionRef: "KeyDistribution",
};

/** The four resources of a program. DistributionAlias is made by KeyDistribution. */
const documented = ["KmsProvider", "ManagedKey", "KeyDistribution", "KeyReplica"];

export const referenceFile = join(checkout, "docs", "reference.md");

/** The text of docs/reference.md. Throws where the SDK takes an input that the schema does not know. */
export function reference(): string {
  const shown = new Set<string>();
  const sections = documented.flatMap((name) => resourceSection(name, shown));
  return `${[
    "# Reference",
    "Made from `schema.json` by `tools/reference.ts`: change it there. *Replaces* marks an input whose change replaces the\nresource; *secret* marks what Pulumi encrypts in the state.",
    ...sections,
    "## Types",
    ...typeSections(shown),
  ].join("\n\n")}\n`;
}

function resourceSection(name: string, shown: Set<string>): string[] {
  const { description, inputProperties, requiredInputs, properties } = resources[`keymgmt:index:${name}`]!;
  const inputs = argsOf(name);
  const unknown = inputs.filter((input) => !inputProperties[input]);
  if (unknown.length > 0) throw new Error(`schema.json has no input ${unknown.join(", ")} of ${name}`);
  const outputs = Object.keys(properties).filter((output) => !inputs.includes(output));
  // The SDK gives a key its resource's name.
  const required = (input: string) => requiredInputs.includes(input) && input !== "name";
  return [
    `## ${name}`,
    description,
    [
      "| input | type | default | |\n|---|---|---|---|",
      ...inputs.map((input) => inputRow(input, inputProperties[input]!, required(input), shown)),
    ].join("\n"),
    [
      "| output | type | |\n|---|---|---|",
      ...outputs.map((output) => outputRow(output, properties[output]!, shown)),
    ].join("\n"),
  ];
}

function inputRow(name: string, property: Property, required: boolean, shown: Set<string>): string {
  const preset =
    property.default === undefined ? (required ? "required" : "") : `\`${String(property.default)}\``;
  return `| \`${name}\` | ${typeName(property, shown)} | ${preset} | ${cell(property)} |`;
}

function outputRow(name: string, property: Property, shown: Set<string>): string {
  return `| \`${name}\` | ${typeName(property, shown)} | ${cell({ ...property, willReplaceOnChanges: false })} |`;
}

function cell({ description = "", secret, willReplaceOnChanges }: Property): string {
  const marks = [willReplaceOnChanges && "*Replaces.*", secret && "*Secret.*"].filter(Boolean);
  return [description, ...marks].join(" ").replaceAll("|", "\\|");
}

/** `shown` gathers the types that a section below has to explain. */
function typeName(property: Property, shown: Set<string>): string {
  if (property.oneOf) return property.oneOf.map((form) => typeName(form, shown)).join(" or ");
  if (property.items) return `${typeName(property.items, shown)}[]`;
  if (property.additionalProperties) return `map of ${typeName(property.additionalProperties, shown)}`;
  const referred = property.$ref?.split(":").at(-1);
  if (!referred) return property.type ?? "any";
  const resource = handedOn[referred];
  if (resource) return `[${resource}](#${resource.toLowerCase()})`;
  shown.add(referred);
  return `[${referred}](#${referred.toLowerCase()})`;
}

function typeSections(shown: Set<string>): string[] {
  const sections: string[] = [];
  for (const name of shown) {
    // A type's own properties may show further types, which the loop then reaches.
    const { description, properties, required = [], enum: values } = types[`keymgmt:index:${name}`]!;
    const rows = Object.entries(properties ?? {}).map(([property, spec]) =>
      inputRow(property, spec, required.includes(property), shown),
    );
    const body = values
      ? values.map(({ value, description: text }) => `- \`${value}\`${text ? `: ${text}` : ""}`).join("\n")
      : ["| property | type | default | |\n|---|---|---|---|", ...rows].join("\n");
    sections.push(`### ${name}`, description, body);
  }
  return sections;
}

/** Names of the properties of `<resource>Args`, in the order in which the SDK declares them. */
function argsOf(resource: string): string[] {
  const file = join(checkout, "sdk", `${resource.charAt(0).toLowerCase()}${resource.slice(1)}.ts`);
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022);
  const args = source.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === `${resource}Args`,
  );
  if (!args || !ts.isInterfaceDeclaration(args)) throw new Error(`${file} has no ${resource}Args`);
  return args.members.map((member) => (member.name as ts.Identifier).text);
}

if (require.main === module) writeFileSync(referenceFile, reference());
