import { OPERATORS } from "./operators.js";
import { fill, type Pattern, textOf } from "./pattern.js";

/**
 * Condition blocks. Source of all rules here:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export interface Condition {
  readonly operator: string;
  /** How a key with several values is compared. */
  readonly set?: "ForAllValues" | "ForAnyValue";
  readonly ifExists: boolean;
  readonly key: string;
  readonly expected: readonly Pattern[];
}

/** The values of a condition key in a request; undefined where the request has no such key. */
export type Lookup = (key: string) => readonly string[] | undefined;

/** `ForAnyValue:StringLikeIfExists`: its parts, or undefined where IAM knows no such operator. */
export function readOperator(text: string): Pick<Condition, "operator" | "set" | "ifExists"> | undefined {
  const match = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(text);
  const operator = match?.[2] ?? "";
  if (operator === "Null" ? match?.[1] || match?.[3] : !Object.hasOwn(OPERATORS, operator)) return undefined;
  return { operator, set: match?.[1] as Condition["set"], ifExists: match?.[3] !== undefined };
}

/** A key that is missing satisfies what is negated, IfExists and ForAllValues, and nothing else. */
export function holds(condition: Condition, lookup: Lookup): boolean {
  const values = lookup(condition.key);
  const expected = condition.expected
    .map((pattern) => fill(pattern, (key) => singleValue(lookup(key))))
    .filter((filled) => filled !== undefined);
  if (condition.operator === "Null")
    return expected.some((filled) => textOf(filled) === String(values === undefined));
  const { test, negated = false } = OPERATORS[condition.operator]!;
  const satisfies = (value: string) => expected.some((filled) => test(value, filled)) !== negated;
  if (condition.set === "ForAllValues") return (values ?? []).every(satisfies);
  if (values === undefined || values.length === 0)
    return condition.ifExists || (negated && condition.set === undefined);
  // Without a set operator a negated comparison must hold for every value there is, another for one of them.
  return negated && condition.set === undefined ? values.every(satisfies) : values.some(satisfies);
}

const singleValue = (values: readonly string[] | undefined) => (values?.length === 1 ? values[0] : undefined);
