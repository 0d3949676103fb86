import { errorsIn, type Kind, type Outcome, providerRefused } from "./outcomes";

/** What became of an operation: a line for people, and what is wrong with it. */
export interface Performed {
  says: string;
  violations: string[];
}

export const fine = (says: string): Performed => ({ says, violations: [] });

/** A refusal that is known to come of such a command is an outcome; any other failure is a violation. */
export function judged(outcome: Outcome, expected: Kind[]): Performed {
  const { kind, text } = outcome;
  const says = kind === "done" || kind === "killed" ? kind : `${kind}: ${errorsIn(text)}`;
  const violations: string[] = [];
  if (kind !== "done" && !expected.includes(kind))
    violations.push(`refusal: unknown here (${kind}): ${errorsIn(text)}`);
  if (kind === "protected" && providerRefused(text))
    violations.push(`refusal: says \`protect\`, and not \`deletionAllowed\`: ${errorsIn(text)}`);
  return { says, violations };
}
