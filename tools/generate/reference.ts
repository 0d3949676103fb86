/** The text of docs/reference.md: what programs give and read. */
import type { PropertySpec } from "../../provider/schema/definition";
import {
  argumentsOf,
  isRequired,
  named,
  outputsOf,
  type Property,
  type Resource,
  referredName,
  resourceFor,
  resources,
  types,
} from "./schema";

const INTRODUCTION = `Generated from \`schema.json\` by \`make generate\`: change it there. *Replaces* marks an input whose change replaces the
resource; *secret* marks what Pulumi encrypts in the state.`;

export function reference(): string {
  const shown = new Set<string>();
  const sections = Object.entries(resources).flatMap(([name, resource]) =>
    resourceSection(name, resource, shown),
  );
  const parts = ["# Reference", INTRODUCTION, ...sections, "## Types", ...typeSections(shown)];
  return `${parts.join("\n\n")}\n`;
}

/** @param shown gathers the types that a section below has to explain */
function resourceSection(name: string, resource: Resource, shown: Set<string>): string[] {
  const inputs = argumentsOf(resource);
  const outputs = outputsOf(resource).filter((output) => inputs.every((input) => input.name !== output.name));
  return [
    `## ${name}`,
    resource.description,
    inputTable("input", inputs, (input) => isRequired(resource, input), shown),
    table(
      ["output", "type", ""],
      outputs.map((output) => [
        code(output.name),
        typeName(output, shown),
        descriptionOf({ ...output, willReplaceOnChanges: false }),
      ]),
    ),
  ];
}

function typeSections(shown: Set<string>): string[] {
  const sections: string[] = [];
  for (const name of shown) {
    // A set is walked to its end, with what a type's own properties add to it.
    const type = types[name]!;
    const body =
      "enum" in type
        ? type.enum
            .map(({ value, description }) => `- ${[code(value), description].filter(Boolean).join(": ")}`)
            .join("\n")
        : inputTable(
            "property",
            named(type.properties),
            (property) => type.required?.includes(property.name) ?? false,
            shown,
          );
    sections.push(`### ${name}`, type.description, body);
  }
  return sections;
}

function inputTable(
  head: string,
  properties: Property[],
  required: (property: Property) => boolean,
  shown: Set<string>,
): string {
  const rows = properties.map((property) => [
    code(property.name),
    typeName(property, shown),
    property.default !== undefined ? code(String(property.default)) : required(property) ? "required" : "",
    descriptionOf(property),
  ]);
  return table([head, "type", "default", ""], rows);
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`,
  );
  return [lines[0]!.replace(/ {2}\|$/, " |"), `|${"---|".repeat(head.length)}`, ...lines.slice(1)].join("\n");
}

function descriptionOf({ description = "", secret, willReplaceOnChanges }: Property): string {
  const marks = [willReplaceOnChanges && "*Replaces.*", secret && "*Secret.*"];
  return [description, ...marks].filter(Boolean).join(" ");
}

function typeName(property: PropertySpec, shown: Set<string>): string {
  if (property.oneOf) return property.oneOf.map((form) => typeName(form, shown)).join(" or ");
  if (property.const !== undefined) return code(property.const);
  if (property.items) return `${typeName(property.items, shown)}[]`;
  if (property.additionalProperties) return `map of ${typeName(property.additionalProperties, shown)}`;
  const resource = resourceFor(property);
  const referred = resource ?? referredName(property);
  if (!referred) return property.type!;
  if (!resource) shown.add(referred);
  return `[${referred}](#${referred.toLowerCase()})`;
}

const code = (text: string) => `\`${text}\``;
