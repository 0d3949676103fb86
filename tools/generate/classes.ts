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
  const { imports, text } = resource.language?.nodejs.hidden
    ? companion(name)
    : programResource(name, resource);
  return file(
    [
      'import * as pulumi from "@pulumi/pulumi";',
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
    declaration(resource.description, `class ${name} extends pulumi.CustomResource`, [...members, { text }]),
  );
}

const register = (
  type: string,
) => `const { type, props, opts: options, complete } = registration("${type}", composed);
    super(type, name, props, options);
    complete(this);`;

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
      'import { registration } from "../dynamicResource";',
      `import type { ${inputs} } from "./inputs";`,
    ],
    text: `
  constructor(name: string, ${args}, opts: pulumi.CustomResourceOptions = {}) {
    const composed = compose${name}(name, args, opts);
    ${register(name)}
  }`,
  };
}

/** A hidden resource is composed with the one that declares it. */
function companion(name: string): Constructor {
  return {
    imports: ['import { type Composed, registration } from "../dynamicResource";'],
    text: `
  constructor(name: string, composed: Composed) {
    ${register(name)}
  }`,
  };
}
