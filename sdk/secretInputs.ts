import * as pulumi from "@pulumi/pulumi";

/** The values inside a value, by path, as far as it consists of plain objects and lists. */
export function byPath(path: string, value: unknown): Record<string, pulumi.Input<unknown>> {
  if (!isTree(value)) return value === undefined ? {} : { [path]: value };
  return Object.assign({}, ...Object.entries(value).map(([name, inner]) => byPath(`${path}.${name}`, inner)));
}

/** Whether a value consists of plain objects, lists, texts, numbers and booleans alone, and so of no secret. */
export function isPlain(value: unknown): boolean {
  return isTree(value) ? Object.values(value).every(isPlain) : typeof value !== "object" || value === null;
}

function isTree(value: unknown): value is object {
  return (
    typeof value === "object" &&
    value !== null &&
    [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value))
  );
}

/**
 * The inputs that the program marks as secret. The provider gets all values without these marks, and AWS shows tags, policy and description in
 * plain text, so messages could repeat them. Undefined if no input is secret, so that the state of such a program does not change.
 */
export function secretsAmong(
  inputs: Record<string, pulumi.Input<unknown>>,
): Promise<string[] | undefined> | undefined {
  const entries = Object.entries(inputs).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : secretPaths(entries);
}

async function secretPaths(inputs: [string, pulumi.Input<unknown>][]): Promise<string[] | undefined> {
  const marks = await Promise.all(
    inputs.map(async ([path, value]) => ((await pulumi.isSecret(pulumi.output(value))) ? [path] : [])),
  );
  const secret = marks.flat();
  return secret.length > 0 ? secret : undefined;
}
