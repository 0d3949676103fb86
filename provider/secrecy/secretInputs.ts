/**
 * Inputs that the program marks secret, besides those that schema.json does. The engine gives a dynamic provider all values in the
 * clear and without their marks (pulumirpc, `acceptSecrets`), so the SDK says in `secretInputs` which they are.
 */
type Values = Record<string, unknown>;

/** Shorter texts are in many words. */
const SHORTEST = 4;

/** A message without the values of these inputs: AWS repeats tags and parts of policies, and some mistakes name a tag. */
export function redacted(inputs: Values, message: string): string {
  return textsOf(inputs)
    .sort((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, "[secret]"), message);
}

/** Whether the program marks the tags, the description or the policy of a distribution or replica secret, its KmsProvider's too. */
export function isMarkedSecret({ secretInputs }: { secretInputs?: string[] }, name: string): boolean {
  return ["", "kms.", "distribution.kms."].some((of) => secretInputs?.includes(`${of}${name}`));
}

function textsOf(inputs: Values): string[] {
  const { secretInputs } = inputs;
  if (!Array.isArray(secretInputs)) return [];
  const texts = secretInputs.flatMap((path) => textsIn(valueAt(inputs, String(path))));
  return [...new Set(texts)].filter((text) => text.length >= SHORTEST);
}

function valueAt(inputs: Values, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, name) => (value as Values | null | undefined)?.[name], inputs);
}

/** Every text in a value, names of tags too; of a policy the document and what is in it. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value, ...valuesIn(documentIn(value))];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner)]);
}

/** Of a policy, these hold IAM's own words, which messages need. */
const VOCABULARY = ["Version", "Effect", "Action", "NotAction"];

function valuesIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (VOCABULARY.includes(name) ? [] : valuesIn(inner)));
}

function documentIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
