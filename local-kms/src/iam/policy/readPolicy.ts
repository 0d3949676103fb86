import { type Condition, readOperator } from "./conditions.js";
import { readPattern } from "./pattern.js";
import type { Listed, Policy, Statement } from "./policy.js";

/** What is wrong with a policy document. */
export class PolicyError extends Error {}

const DOCUMENT = ["Version", "Id", "Statement"];
const STATEMENT = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const PRINCIPALS = ["Principal", "NotPrincipal"];
const VERSIONS = ["2012-10-17", "2008-10-17"];

/**
 * Reads a policy document, a key's or one of a user or role; throws a PolicyError where it breaks the grammar.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function readPolicy(document: unknown, kind: "key" | "identity"): Policy {
  const policy = elements(document, DOCUMENT, "policy");
  if (!VERSIONS.includes(policy.Version as string))
    throw new PolicyError("The policy must contain a valid version string");
  const statements = listOf(policy.Statement);
  if (statements.length === 0) throw new PolicyError("The policy must contain at least one statement");
  checkSids(statements);
  const hasVariables = policy.Version === "2012-10-17";
  return { statements: statements.map((statement) => readStatement(statement, kind, hasVariables)) };
}

function readStatement(given: unknown, kind: "key" | "identity", hasVariables: boolean): Statement {
  const statement = elements(given, kind === "key" ? [...STATEMENT, ...PRINCIPALS] : STATEMENT, "statement");
  const { Effect } = statement;
  if (Effect !== "Allow" && Effect !== "Deny")
    throw new PolicyError("Policy statement must contain a valid effect.");
  const actions = element(statement, "Action", "actions");
  if (!actions.list.every((action) => /^(\*|[a-z0-9-]+:[\w*?]+)$/i.test(action)))
    throw new PolicyError("Policy statement contains an invalid action.");
  const resources = element(statement, "Resource", "resources");
  const patterns = (list: readonly string[]) => list.map((source) => readPattern(source, hasVariables));
  return {
    effect: Effect,
    ...(kind === "key" && { principals: readPrincipals(statement) }),
    actions: { not: actions.not, list: patterns(actions.list.map((action) => action.toLowerCase())) },
    resources: { not: resources.not, list: patterns(resources.list) },
    conditions: readConditions(statement.Condition ?? {}, hasVariables),
  };
}

/** `{"AWS": […], "Service": …}` or `"*"`, as `AWS:<value>` and `Service:<value>`. */
function readPrincipals(statement: Elements): Listed<string> {
  const not = Object.hasOwn(statement, "NotPrincipal");
  if (not === Object.hasOwn(statement, "Principal"))
    throw new PolicyError("Policy statement must contain principals.");
  const given = not ? statement.NotPrincipal : statement.Principal;
  const byType = given === "*" ? { AWS: "*" } : given;
  if (!isObject(byType)) throw invalidPrincipals();
  const list = Object.entries(byType).flatMap(([type, ids]) => strings(ids).map((id) => `${type}:${id}`));
  if (list.length === 0) throw new PolicyError("Policy statement must contain principals.");
  return { not, list };
}

export const invalidPrincipals = () =>
  new PolicyError("Policy contains a statement with one or more invalid principals.");

function readConditions(given: unknown, hasVariables: boolean): Condition[] {
  return Object.entries(elements(given, undefined, "condition")).flatMap(([text, keys]) => {
    const operator = readOperator(text);
    if (!operator) throw new PolicyError(`Invalid condition operator ${text}`);
    return Object.entries(elements(keys, undefined, "condition")).map(([key, values]) => ({
      ...operator,
      key,
      expected: listOf(values).map((value) => {
        if (!["string", "number", "boolean"].includes(typeof value))
          throw new PolicyError(`Invalid value of the condition key ${key}`);
        return readPattern(String(value), hasVariables);
      }),
    }));
  });
}

type Elements = Readonly<Record<string, unknown>>;

function elements(given: unknown, known: readonly string[] | undefined, what: string): Elements {
  if (!isObject(given)) throw new PolicyError(`Expected the ${what} to be an object`);
  const unknown = known && Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new PolicyError(`Syntax errors in policy: unknown element ${unknown}`);
  return given;
}

/** An element or its Not… form: exactly one of them. */
function element(statement: Elements, name: string, words: string): Listed<string> {
  const not = Object.hasOwn(statement, `Not${name}`);
  if (not && Object.hasOwn(statement, name))
    throw new PolicyError(`Policy statement must not contain both ${name} and Not${name}.`);
  const list = strings(statement[not ? `Not${name}` : name]);
  if (list.length === 0) throw new PolicyError(`Policy statement must contain ${words}.`);
  return { not, list };
}

function checkSids(statements: readonly unknown[]): void {
  const sids = statements.map((statement) => (isObject(statement) ? statement.Sid : undefined));
  const given = sids.filter((sid) => sid !== undefined);
  if (!given.every((sid) => typeof sid === "string")) throw new PolicyError("A Sid must be a string");
  if (new Set(given).size < given.length)
    throw new PolicyError("Statement IDs (SID) in a single policy must be unique.");
}

const isObject = (value: unknown): value is Elements =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const listOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

function strings(value: unknown): string[] {
  const list = listOf(value);
  if (!list.every((item) => typeof item === "string"))
    throw new PolicyError("Expected a string or a list of strings");
  return list;
}
