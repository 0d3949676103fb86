import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";

const ajv = new Ajv({ strict: false, verbose: true });
const validators = new Map<object, ValidateFunction>();

/** Throws one sentence that names the setting, what was expected and what came. `root` is what the value is called. */
export function check(schema: object, value: unknown, root = "config"): void {
  const validate = validators.get(schema) ?? ajv.compile(schema);
  validators.set(schema, validate);
  if (!validate(value)) throw new Error(sentence(deepest(validate.errors!), root));
}

/** Of the errors of a union's branches the one that got furthest into the value, else the union's own, which is last. */
function deepest(errors: ErrorObject[]): ErrorObject {
  const depth = ({ instancePath }: ErrorObject) => instancePath.split("/").length;
  return errors.reduce((best, error) => (depth(error) >= depth(best) ? error : best));
}

function sentence(error: ErrorObject, root: string): string {
  const schema = error.parentSchema as { description?: string; secret?: boolean; properties?: object };
  const name = nameOf(error.instancePath, root);
  if (error.keyword === "additionalProperties") {
    const known = Object.keys(schema.properties ?? {}).join(", ");
    return `Unknown setting \`${error.params.additionalProperty}\` in \`${name}\`; known are ${known}`;
  }
  if (error.keyword === "required") return `Expected \`${name}\` to have \`${error.params.missingProperty}\``;
  const expected = schema.description ? `to be ${schema.description}` : error.message;
  return `Expected \`${name}\` ${expected}, got ${schema.secret ? "something else" : described(error.data)}`;
}

/** `/faults/0/error/name` as a program would write it: `config.faults[0].error.name`. */
function nameOf(pointer: string, root: string): string {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((path, part) => path + (/^\d+$/.test(part) ? `[${part}]` : `.${part}`), root);
}

/** Not what is inside: it may be a secret. */
function described(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : `\`${JSON.stringify(value)}\``;
}
