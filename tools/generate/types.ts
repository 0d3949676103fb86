/** Types of values: of what programs give and read, of what the SDK passes on, and of what the provider gets. */
import type { PropertySpec } from "../../provider/schema/definition";
import { argument, file, importTypes, inputsName, output, PULUMI, uncapitalized } from "./parts";
import {
  allReferredTypes,
  named,
  type ObjectType,
  outputsOf,
  type Property,
  programResources,
  resources,
  types,
  valuesGiven,
} from "./schema";
import { declaration, enumType, inputType, plainType } from "./typescript";

/** Types of schema.json whose values the SDK reads from the outputs of one resource, for others that use it. */
const PASSED_ON = ["KmsConnection", "KeyVersions"];

/** Types of the values that programs give and read. */
export function typesFile(): string {
  const inputs = allReferredTypes(programResources.flatMap(([, one]) => valuesGiven(one)));
  const outputs = allReferredTypes(programResources.flatMap(([, one]) => outputsOf(one)));
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

/** What programs give each resource, but for other resources, which the file of its class adds. */
export function inputsFile(): string {
  const declared = programResources.map(([name, resource]) =>
    declaration(
      `What a program gives a ${name}.`,
      `interface ${inputsName(name, resource)}`,
      valuesGiven(resource).map((property) => argument(resource, property)),
    ),
  );
  const used = programResources.flatMap(([, one]) => valuesGiven(one));
  return file(`${PULUMI}\n${importTypes(used)}`, ...declared);
}

/** Of each type in PASSED_ON what the class of its resource has: as a type, and as a list of names. */
export function passedOnFile(): string {
  const all = PASSED_ON.map((name) => {
    const type = types[name] as ObjectType;
    const resource = resources[type.language!.nodejs.resource!]!;
    const shown = outputsOf(resource).filter((property) => property.name in type.properties);
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
  const members = named(type.properties).map((property) => {
    const mark = type.required?.includes(property.name) ? "" : "?";
    return { description: property.description, text: `${property.name}${mark}: ${typeOf(property)};` };
  });
  return declaration(type.description, `interface ${name}`, members);
}
