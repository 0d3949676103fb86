/** The class of a resource, which registers what sdk/compose.ts makes of its arguments. */
import { argument, file, importTypes, inputsName, output, uncapitalized } from "./parts";
import { argumentsOf, isRequired, outputsOf, type Resource, resourceFor } from "./schema";
import { declaration } from "./typescript";

/** The class of a resource, with the arguments that are other resources. */
export function classFile(name: string, resource: Resource): string {
  const used = argumentsOf(resource).filter((property) => resourceFor(property) !== undefined);
  const outputs = outputsOf(resource);
  const members = outputs.map((property) => ({
    description: property.description,
    text: `declare ${output(resource, property)}`,
  }));
  const text = constructorOf(name, resource);
  return file(
    [
      'import * as pulumi from "@pulumi/pulumi";',
      `import { compose${name} } from "../compose";`,
      'import { registration } from "../dynamicResource";',
      `import type { ${inputsName(name, resource)} } from "./inputs";`,
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
    declaration(resource.description, `class ${name} extends pulumi.CustomResource`, [...members, { text }]),
  );
}

function constructorOf(name: string, resource: Resource): string {
  const isAllOptional = argumentsOf(resource).every((property) => !isRequired(resource, property));
  const args = `args: ${name}Args${isAllOptional ? " = {}" : ""}`;
  return `
  constructor(name: string, ${args}, opts: pulumi.CustomResourceOptions = {}) {
    const composed = compose${name}(name, args, opts);
    const { type, props, opts: options, complete } = registration("${name}", composed);
    super(type, name, props, options);
    complete(this);
  }`;
}
