import { type Condition, holds, type Lookup } from "./conditions.js";
import { fill, matches, type Pattern } from "./pattern.js";

/** A policy document, read once and then asked many times. */
export interface Policy {
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly effect: "Allow" | "Deny";
  /** As written: in a key policy whom it is for, absent in a policy of a user or role. */
  readonly principals?: Listed<string>;
  readonly actions: Listed<Pattern>;
  readonly resources: Listed<Pattern>;
  readonly conditions: readonly Condition[];
}

/** An element and its Not… form: what is listed, or everything that is not. */
export interface Listed<T> {
  readonly not: boolean;
  readonly list: readonly T[];
}

/** What a policy is asked about. */
export interface PolicyRequest {
  /** `kms:Encrypt` */
  readonly action: string;
  /** ARN of a key or alias, or `*`. */
  readonly resource: string;
  readonly lookup: Lookup;
}

/** Whether the statement is about the request, its principals apart. */
export function applies(statement: Statement, { action, resource, lookup }: PolicyRequest): boolean {
  const matching = (pattern: Pattern, value: string) => {
    const filled = fill(pattern, (key) => lookup(key)?.[0]);
    return filled !== undefined && matches(filled, value);
  };
  const { actions, resources, conditions } = statement;
  const name = action.toLowerCase();
  return (
    actions.list.some((pattern) => matching(pattern, name)) !== actions.not &&
    resources.list.some((pattern) => matching(pattern, resource)) !== resources.not &&
    conditions.every((condition) => holds(condition, lookup))
  );
}

/** What a policy of a user or role, or a permissions boundary, says. An explicit deny outranks every allow. */
export function effectOf(policies: readonly Policy[], request: PolicyRequest): "Allow" | "Deny" | undefined {
  let effect: "Allow" | undefined;
  for (const { statements } of policies) {
    for (const statement of statements) {
      if (!applies(statement, request)) continue;
      if (statement.effect === "Deny") return "Deny";
      effect = "Allow";
    }
  }
  return effect;
}
