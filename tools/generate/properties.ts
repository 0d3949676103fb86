/** Lists of the properties of each resource. */
import { file } from "./parts";
import { argumentsOf, isRequired, named, outputsOf, type Property, type Resource, resources } from "./schema";

export function propertiesFile(): string {
  const lists = Object.entries(resources).map(([name, resource]) => {
    const inputs = argumentsOf(resource);
    const isInput = ({ name: output }: Property) =>
      inputs.some((input) => input.name === output && !isFilledByCheck(resource, input));
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

/** An input that a program may leave out, and that is then known after `check` alone. */
function isFilledByCheck(resource: Resource, input: Property): boolean {
  return (
    resource.required.includes(input.name) && !isRequired(resource, input) && input.default === undefined
  );
}

/** The engine keeps an output secret where the input of the same name is. Of these it has to be told. */
function secretsOnOneSide({ inputProperties, properties }: Resource): Property[] {
  return named({ ...inputProperties, ...properties }).filter(
    ({ name, secret }) => secret && !(name in inputProperties && name in properties),
  );
}

const namesOf = (properties: Property[]) => properties.map(({ name }) => name);
