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
 * Which of these inputs the program marks secret: the provider is given all values without their marks, and AWS shows tags, policy and
 * description in plain text, so that messages could repeat them. Undefined where none is, as in the state of a program without.
 */
export async function secretsAmong(
  inputs: Record<string, pulumi.Input<unknown>>,
): Promise<string[] | undefined> {
  const marks = await Promise.all(
    Object.entries(inputs).map(async ([path, value]) =>
      (await pulumi.isSecret(pulumi.output(value))) ? [path] : [],
    ),
  );
  const secret = marks.flat();
  return secret.length > 0 ? secret : undefined;
}
