import { resourceSpec } from "./definition";
import { type Mistake, mistakesIn } from "./mistakes";
import { isUnknown } from "./unknowns";

type Values = Record<string, unknown>;

/**
 * Checks inputs against schema.json: types, required properties, enums and names. Unknown values are accepted. Returns one sentence for
 * each mistake. No sentence repeats a value, because a misplaced value may be a secret.
 */
export function schemaMistakes(resource: string, inputs: Values): string[] {
  const { inputProperties, requiredInputs } = resourceSpec(resource);
  const given = JSON.parse(JSON.stringify(inputs, (_name, value) => value ?? undefined)); // null is treated as missing
  return mistakesIn(given, { properties: inputProperties, required: requiredInputs })
    .filter((mistake) => !("value" in mistake && isUnknown(mistake.value)))
    .map(sentence);
}

/** The inputs, with schema.json's defaults in place of missing ones. */
export function withDefaults(resource: string, inputs: Values): Values {
  const filled: Values = {};
  for (const [name, value] of Object.entries(inputs)) {
    if (value !== undefined && value !== null) filled[name] = value;
  }
  for (const [name, property] of Object.entries(resourceSpec(resource).inputProperties)) {
    if (property.default !== undefined && filled[name] === undefined) filled[name] = property.default;
  }
  return filled;
}

function sentence(mistake: Mistake): string {
  const path = mistake.path.join(".");
  switch (mistake.kind) {
    case "missing": {
      const owner = mistake.path.slice(0, -1).join(".");
      return `Expected ${owner ? `\`${owner}\` to have ` : ""}\`${mistake.path.at(-1)}\`, which is missing; the output of a resource that \`--target\` leaves out is missing too.`;
    }
    case "unexpected":
      return `\`${[...mistake.path.slice(0, -1), shownName(mistake.path.at(-1)!)].join(".")}\` is not an input of this resource; check its spelling.`;
    case "value":
      return `Expected \`${path}\` to be ${either(mistake.expected.map(quoted))}; what came is not.${mistake.property.const === undefined ? "" : ` ${mistake.property.description}`}`;
    case "type":
      return `Expected \`${path}\` to be of type ${either(mistake.expected)}${mistake.property.secret ? "" : `, got ${typeName(mistake.value)}`}.`;
  }
}

const either = (values: string[]) => values.join(" or ");

const quoted = (value: string) => `"${value}"`;

/** A misspelt name has only letters. Any other text may be a value, so it is not shown. */
function shownName(name: string): string {
  return /^[A-Za-z]{1,40}$/.test(name) ? name : "…";
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
