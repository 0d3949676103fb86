/** Types of values: of what programs give and read, of what the SDK passes on, and of what the provider gets. */
import type { PropertySpec } from "../../provider/schema/definition";
import { argument, file, importTypes, inputsName, output, PULUMI, uncapitalized } from "./parts";
import {
  allReferredTypes,
  named,
  type ObjectType,
  outputsOf,
  outputsPassedOn,
  PASSED_ON,
  type Property,
  resources,
  types,
  valuesGiven,
} from "./schema";
import { declaration, enumType, inputType, type Member, plainType } from "./typescript";

/** Types of the values that programs give and read. */
export function typesFile(): string {
  const inputs = allReferredTypes(Object.entries(resources).flatMap(([, one]) => valuesGiven(one)));
  const outputs = allReferredTypes(Object.entries(resources).flatMap(([, one]) => outputsOf(one)));
  const declared = Object.entries(types)
    .filter(([name]) => inputs.has(name) || outputs.has(name))
    .map(([name, type]) => {
      if ("enum" in type) return enumType(name, type);
      return objectType(name, type, inputs.has(name) ? inputType : plainType);
    });
  return file(PULUMI, ...declared);
}

/** Types of the values as the provider gets them: without Outputs, and with what the SDK passes on. */
export function providerTypes(): string {
  const declared = Object.entries(types).map(([name, type]) =>
    "enum" in type ? enumType(name, type) : objectType(name, type, plainType),
  );
  return file(...declared);
}

/** Inputs and outputs of each resource as states hold them: `check` has filled the inputs, so an input is set wherever its output is. */
export function storedTypes(): string {
  const declared = Object.entries(resources).flatMap(([name, resource]) => {
    const { inputProperties, properties, requiredInputs, required } = resource;
    const inputs = named(inputProperties);
    const filled = inputs.filter((input) => input.name in properties).map(({ name: input }) => `"${input}"`);
    const others = inputs.filter((input) => !(input.name in properties));
    return [
      storedType(`${name}Outputs`, "", named(properties), required),
      storedType(`${name}Inputs`, `Pick<${name}Outputs, ${filled.join(" | ")}> & `, others, requiredInputs),
    ];
  });
  const used = Object.values(resources).flatMap((one) =>
    named({ ...one.inputProperties, ...one.properties }),
  );
  return file(importTypes(used), ...declared);
}

/** A type and not an interface, so that it is a record of values too. schema.json describes its properties. */
function storedType(name: string, more: string, properties: Property[], required: string[]): string {
  const members = properties.map((property) =>
    member({ ...property, description: undefined }, required, plainType),
  );
  return declaration(`${name} of a state.`, `type ${name} = ${more}`, members).replace(/ & +\{\n\}$/, ";");
}

/** What programs give each resource, but for other resources, which the file of its class adds. */
export function inputsFile(): string {
  const declared = Object.entries(resources).map(([name, resource]) =>
    declaration(
      `What a program gives a ${name}.`,
      `interface ${inputsName(name, resource)}`,
      valuesGiven(resource).map((property) => argument(resource, property)),
    ),
  );
  const used = Object.entries(resources).flatMap(([, one]) => valuesGiven(one));
  return file(`${PULUMI}\n${importTypes(used)}`, ...declared);
}

/** Of each type in PASSED_ON what the class of its resource has: as a type, and as a list of names. */
export function passedOnFile(): string {
  const all = PASSED_ON.map((name) => {
    const type = types[name] as ObjectType;
    const resource = resources[type.language!.nodejs.resource!]!;
    const shown = outputsPassedOn(resource, type);
    // Pulumi gives every resource its id.
    const id: Property[] = "id" in type.properties ? [{ name: "id", type: "string" }] : [];
    return {
      name,
      type,
      resource: { ...resource, required: [...resource.required, "id"] },
      shown: [...id, ...shown],
    };
  });
  const declared = all.flatMap(({ name, type, resource, shown }) => [
    declaration(
      type.description,
      `interface ${name}`,
      shown.map((property) => ({ text: output(resource, property) })),
    ),
    `export const ${uncapitalized(name)} = ${JSON.stringify(shown.map((property) => property.name))} as const;`,
  ]);
  return file(`${PULUMI}\n${importTypes(all.flatMap(({ shown }) => shown))}`, ...declared);
}

function objectType(name: string, type: ObjectType, typeOf: (property: PropertySpec) => string): string {
  const members = named(type.properties).map((property) => member(property, type.required ?? [], typeOf));
  return declaration(type.description, `interface ${name}`, members);
}

function member(property: Property, required: string[], typeOf: (property: PropertySpec) => string): Member {
  const mark = required.includes(property.name) ? "" : "?";
  return { description: property.description, text: `${property.name}${mark}: ${typeOf(property)};` };
}
