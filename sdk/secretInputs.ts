import * as pulumi from "@pulumi/pulumi";

/** A value by the paths of what it holds, as far as the program gives it in plain objects and lists. */
export function byPath(path: string, value: unknown): Record<string, pulumi.Input<unknown>> {
  const isPlain =
    typeof value === "object" &&
    value !== null &&
    [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value));
  if (!isPlain) return value === undefined ? {} : { [path]: value };
  return Object.assign({}, ...Object.entries(value).map(([name, inner]) => byPath(`${path}.${name}`, inner)));
}

/**
 * Which of these inputs the program marks secret. The provider gets all values without their marks, and AWS shows tags, policy and
 * description in plain text, so that messages could repeat them. Undefined if no input is secret: the state of such a program stays as it is.
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
