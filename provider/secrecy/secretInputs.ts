/**
 * Inputs that the program marks as secret, besides those that schema.json marks. The engine sends a dynamic provider all values in
 * plain text, without their marks (pulumirpc, `acceptSecrets`). Therefore the SDK lists the paths of secret inputs in `secretInputs`.
 */
type Values = Record<string, unknown>;

/** Shorter texts are not redacted, because they occur inside ordinary words. */
const MIN_LENGTH = 4;

/** The message without the values of secret inputs. AWS's messages repeat tags and parts of policies; some of ours name a tag. */
export function redacted(inputs: Values, message: string): string {
  return textsOf(inputs)
    .sort((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, "[secret]"), message);
}

/** Whether the program marks this input of a distribution or replica (tags, description or policy) as secret, or its KmsProvider's. */
export function isMarkedSecret({ secretInputs }: { secretInputs?: string[] }, name: string): boolean {
  return ["", "kms.", "distribution.kms."].some((of) => secretInputs?.includes(`${of}${name}`));
}

function textsOf(inputs: Values): string[] {
  const { secretInputs } = inputs;
  if (!Array.isArray(secretInputs)) return [];
  const texts = secretInputs.flatMap((path) => textsIn(valueAt(inputs, String(path))));
  return [...new Set(texts)].filter((text) => text.length >= MIN_LENGTH);
}

function valueAt(inputs: Values, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, name) => (value as Values | null | undefined)?.[name], inputs);
}

/** Every text in a value, names of tags included. A policy contributes its whole text and the values inside it. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value, ...valuesIn(documentIn(value))];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner)]);
}

/** Members of a policy whose values are IAM's own words. They are not redacted, because messages need them. */
const IAM_MEMBERS = ["Version", "Effect", "Action", "NotAction"];

function valuesIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    IAM_MEMBERS.includes(name) ? [] : valuesIn(inner),
  );
}

function documentIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
