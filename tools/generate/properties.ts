/** Lists of the properties of each resource. */

import type { PropertySpec } from "../../provider/schema/definition";
import { file } from "./parts";
import {
  argumentsOf,
  named,
  type ObjectType,
  outputsOf,
  outputsPassedOn,
  PASSED_ON,
  type Property,
  type Resource,
  resources,
  types,
} from "./schema";

export function propertiesFile(): string {
  const lists = Object.entries(resources).map(([name, resource]) => {
    const defaults = argumentsOf(resource).filter((input) => input.default !== undefined);
    const outputs = namesOf(outputsOf(resource));
    return [
      name,
      {
        defaults: Object.fromEntries(defaults.map((input) => [input.name, input.default])),
        optional: namesOf(outputsOf(resource).filter(({ name }) => isOptional(resource, name))),
        outputs,
        passedOn: namesOf(passedOnOf(name, resource)),
        secretOutputs: namesOf(secretsOnOneSide(resource)),
      },
    ];
  });
  const comment = `/**
 * Of each resource: defaults of its inputs, the outputs that are undefined where the program gives no input of the name, all outputs,
 * those of them that the SDK passes on to other resources, and the secrets that the engine is asked to keep.
 */`;
  return file(`${comment}\nexport const properties = ${JSON.stringify(Object.fromEntries(lists))};`);
}

/**
 * The outputs that the engine has a value of even where the program gives none, and that other resources get.
 */
function passedOnOf(name: string, resource: Resource): Property[] {
  const args = resource.inputProperties;
  return PASSED_ON.map((type) => types[type] as ObjectType)
    .filter((type) => type.language?.nodejs.resource === name)
    .flatMap((type) => outputsPassedOn(resource, type))
    .filter(({ name, plain }) => !plain && (!(name in args) || isFilled(args[name]!)));
}

/** Whether an output is the input of the same name, and undefined where the program gives none. */
function isOptional({ inputProperties, required }: Resource, name: string): boolean {
  const input = inputProperties[name];
  return input !== undefined && !isFilled(input) && !required.includes(name);
}

/** Whether `check` sets an input that the program leaves out. */
function isFilled({ default: preset, language }: PropertySpec): boolean {
  return preset !== undefined || (language?.nodejs.hidden ?? false);
}

/** The engine keeps an output secret where the input of the same name is. Of these it has to be told. */
function secretsOnOneSide({ inputProperties, properties }: Resource): Property[] {
  return named({ ...inputProperties, ...properties }).filter(
    ({ name, secret }) => secret && !(name in inputProperties && name in properties),
  );
}

const namesOf = (properties: Property[]) => properties.map(({ name }) => name);
