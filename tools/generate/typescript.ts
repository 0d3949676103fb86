/** TypeScript of properties: types, doc comments, declarations. */
import type { PropertySpec } from "../../provider/schema/definition";
import { type EnumType, type Property, referredName, resourceFor } from "./schema";

const LINE_WIDTH = 110;

/** Type of an argument, for which a program may give an Output, unless it must be known when the program runs. */
export function argumentType(property: PropertySpec): string {
  return resourceFor(property) ?? (property.plain ? plainType(property) : inputType(property));
}

/** Type of a value that may be, or hold, Outputs. */
export function inputType(property: PropertySpec): string {
  return `pulumi.Input<${valueType(property, inputType)}>`;
}

/** Type of a value that is known. */
export function plainType(property: PropertySpec): string {
  return valueType(property, plainType);
}

/** Type of a property of a resource's class. */
export function outputType(property: PropertySpec, isAlwaysSet: boolean): string {
  const type = `${plainType(property)}${isAlwaysSet ? "" : " | undefined"}`;
  return property.plain ? type : `pulumi.Output<${type}>`;
}

/** @param inner gives the type of what a list or a map holds */
function valueType(property: PropertySpec, inner: (property: PropertySpec) => string): string {
  if (property.oneOf) return property.oneOf.map((form) => valueType(form, inner)).join(" | ");
  if (property.const !== undefined) return JSON.stringify(property.const);
  if (property.items) return `${inner(property.items)}[]`;
  if (property.additionalProperties) return `Record<string, ${inner(property.additionalProperties)}>`;
  return referredName(property) ?? (property.type === "integer" ? "number" : property.type!);
}

export function enumType(name: string, { description, enum: allowed }: EnumType): string {
  const values = allowed.map(({ value }) => JSON.stringify(value)).join(" | ");
  return `${comment(description)}\nexport type ${name} = ${values};`;
}

export interface Member {
  description?: string;
  text: string;
}

/** An exported interface or class, or the like. */
export function declaration(description: string, head: string, members: Member[]): string {
  const lines = members.map((one) => [one.description && comment(one.description, "  "), `  ${one.text}`]);
  return [comment(description), `export ${head} {`, ...lines.flat().filter(Boolean), "}"].join("\n");
}

/** What is said of an argument: with its default, and whether a change replaces the resource. */
export function argumentDescription({
  description,
  default: preset,
  plain,
  willReplaceOnChanges,
}: Property): string {
  const byDefault = preset === undefined ? "" : ` Default: \`${preset}\`.`;
  const kind = plain ? " A plain value, no Output." : "";
  return `${description}${kind}${byDefault}${willReplaceOnChanges ? " A change replaces the resource." : ""}`;
}

/** A doc comment. The formatter leaves its lines as they are. */
export function comment(text: string, indent = ""): string {
  const inOneLine = `${indent}/** ${text} */`;
  if (inOneLine.length <= LINE_WIDTH) return inOneLine;
  const lines = wrapped(text, LINE_WIDTH - `${indent} * `.length).map((line) => `${indent} * ${line}`);
  return [`${indent}/**`, ...lines, `${indent} */`].join("\n");
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    const fits = line !== undefined && `${line} ${word}`.length <= width;
    if (fits) lines.splice(-1, 1, `${line} ${word}`);
    else lines.push(word);
  }
  return lines;
}
