/** The generated part of the SDK: its types, lists of properties, and the classes of its resources. */
import type { PropertySpec } from "../../provider/schema/definition";
import {
  allReferredTypes,
  argumentsOf,
  isRequired,
  named,
  type ObjectType,
  outputsOf,
  type Property,
  programResources,
  type Resource,
  referredTypes,
  resourceFor,
  resources,
  types,
  valuesGiven,
} from "./schema";
import {
  argumentDescription,
  argumentType,
  declaration,
  enumType,
  inputType,
  type Member,
  outputType,
  plainType,
} from "./typescript";

const MARK = "// Generated from schema.json by `make generate`. Do not edit.";
const PULUMI = 'import type * as pulumi from "@pulumi/pulumi";';

/** Types of schema.json whose values the SDK reads from the outputs of one resource, for others that use it. */
const PASSED_ON = ["KmsConnection", "KeyVersions"];

/** The files by their names in sdk/generated. Their layout is the formatter's. */
export function sdkFiles(): Record<string, string> {
  return {
    "types.ts": typesFile(),
    "inputs.ts": inputsFile(),
    "passedOn.ts": passedOnFile(),
    "properties.ts": propertiesFile(),
    ...Object.fromEntries(
      Object.entries(resources).map(([name, resource]) => [
        `${uncapitalized(name)}.ts`,
        classFile(name, resource),
      ]),
    ),
  };
}

/** Types of the values that programs give and read. */
function typesFile(): string {
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

function objectType(name: string, type: ObjectType, typeOf: (property: PropertySpec) => string): string {
  const members = named(type.properties).map((property) => {
    const mark = type.required?.includes(property.name) ? "" : "?";
    return { description: property.description, text: `${property.name}${mark}: ${typeOf(property)};` };
  });
  return declaration(type.description, `interface ${name}`, members);
}

/** What programs give each resource, but for other resources, which the file of its class adds. */
function inputsFile(): string {
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
function passedOnFile(): string {
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

function propertiesFile(): string {
  const lists = Object.entries(resources).map(([name, resource]) => {
    const inputs = argumentsOf(resource);
    // An input that its user may leave out, and that `check` then fills, is known after that alone.
    const isFilled = (input: Property) =>
      resource.required.includes(input.name) && !isRequired(resource, input) && input.default === undefined;
    const isInput = ({ name: output }: Property) =>
      inputs.some((input) => input.name === output && !isFilled(input));
    const defaults = inputs.filter((input) => input.default !== undefined);
    return [
      name,
      {
        defaults: Object.fromEntries(defaults.map((input) => [input.name, input.default])),
        computed: namesOf(outputsOf(resource).filter((output) => !isInput(output))),
        secretOutputs: namesOf(secretsOnOneSide(resource)),
      },
    ];
  });
  const comment = `/**
 * Of each resource: defaults of its inputs, the outputs that the provider computes, and the secrets that the engine is asked to keep.
 */`;
  return file(`${comment}\nexport const properties = ${JSON.stringify(Object.fromEntries(lists))};`);
}

/** The engine keeps an output secret where the input of the same name is. Of these it has to be told. */
function secretsOnOneSide({ inputProperties, properties }: Resource): Property[] {
  return named({ ...inputProperties, ...properties }).filter(
    ({ name, secret }) => secret && !(name in inputProperties && name in properties),
  );
}

/** The class of a resource, with the arguments that are other resources. */
function classFile(name: string, resource: Resource): string {
  const used = argumentsOf(resource).filter((property) => resourceFor(property) !== undefined);
  const outputs = outputsOf(resource);
  const members = outputs.map((property) => ({
    description: property.description,
    text: `declare ${output(resource, property)}`,
  }));
  const { imports, text } = resource.language?.nodejs.hidden
    ? companion(name)
    : programResource(name, resource);
  return file(
    [
      PULUMI,
      ...imports,
      ...used.map(
        (one) => `import type { ${resourceFor(one)} } from "./${uncapitalized(resourceFor(one)!)}";`,
      ),
      importTypes(outputs),
    ].join("\n"),
    used.length > 0
      ? declaration(
          `What a program gives a ${name}.`,
          `interface ${name}Args extends ${inputsName(name, resource)}`,
          used.map((property) => argument(resource, property)),
        )
      : "",
    declaration(resource.description, `class ${name} extends DynamicResource`, [...members, { text }]),
  );
}

interface Constructor {
  imports: string[];
  text: string;
}

function programResource(name: string, resource: Resource): Constructor {
  const inputs = inputsName(name, resource);
  const isAllOptional = argumentsOf(resource).every((property) => !isRequired(resource, property));
  const args = `args: ${name}Args${isAllOptional ? " = {}" : ""}`;
  return {
    imports: [
      `import { compose${name} } from "../compose";`,
      'import { DynamicResource } from "../dynamicResource";',
      `import type { ${inputs} } from "./inputs";`,
    ],
    text: `
  constructor(name: string, ${args}, opts: pulumi.CustomResourceOptions = {}) {
    super("${name}", name, compose${name}(name, args, opts));
  }`,
  };
}

/** A hidden resource is composed with the one that declares it. */
function companion(name: string): Constructor {
  return {
    imports: ['import { type Composed, DynamicResource } from "../dynamicResource";'],
    text: `
  constructor(name: string, composed: Composed) {
    super("${name}", name, composed);
  }`,
  };
}

function argument(resource: Resource, property: Property): Member {
  const mark = isRequired(resource, property) ? "" : "?";
  return {
    description: argumentDescription(property),
    text: `${property.name}${mark}: ${argumentType(property)};`,
  };
}

function output({ required }: Resource, property: Property): string {
  return `readonly ${property.name}: ${outputType(property, required.includes(property.name))};`;
}

/** Where a program gives a resource nothing but values, they are its arguments. */
function inputsName(name: string, resource: Resource): string {
  return valuesGiven(resource).length < argumentsOf(resource).length ? `${name}Inputs` : `${name}Args`;
}

function importTypes(properties: PropertySpec[]): string {
  const names = [...new Set(referredTypes(properties))].sort();
  return names.length === 0 ? "" : `import type { ${names.join(", ")} } from "./types";`;
}

function file(...parts: string[]): string {
  return `${[MARK, ...parts].filter(Boolean).join("\n\n")}\n`;
}

const namesOf = (properties: Property[]) => properties.map(({ name }) => name);

const uncapitalized = (name: string) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
