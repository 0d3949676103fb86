/**
 * Strings in a policy: `*` stands for any characters, `?` for one, `${key}` for the request's value of a condition key.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export type Pattern = readonly Part[];

type Part =
  | { readonly text: string }
  /** `${key, 'otherwise'}` */
  | { readonly variable: string; readonly otherwise?: string };

/** The single value of a condition key, for a policy variable. */
export type Variables = (key: string) => string | undefined;

/** A pattern whose variables have their values: those are taken literally, also where they hold a wildcard. */
export type Filled = readonly { readonly text: string; readonly literal: boolean }[];

const VARIABLE = /\$\{\s*([^},]+?)\s*(?:,\s*'([^']*)'\s*)?\}/g;

/** Policies of version 2008-10-17 have no variables: there `${…}` is text like any other. */
export function readPattern(source: string, hasVariables: boolean): Pattern {
  if (!hasVariables) return [{ text: source }];
  const parts: Part[] = [];
  let end = 0;
  for (const match of source.matchAll(VARIABLE)) {
    parts.push({ text: source.slice(end, match.index) }, { variable: match[1]!, otherwise: match[2] });
    end = match.index + match[0].length;
  }
  return [...parts, { text: source.slice(end) }];
}

/** `${*}`, `${?}` and `${$}` stand for these characters themselves. */
const CHARACTERS = ["*", "?", "$"];

/** Undefined where a variable has no value: nothing matches then. */
export function fill(pattern: Pattern, variables: Variables): Filled | undefined {
  const filled: { text: string; literal: boolean }[] = [];
  for (const part of pattern) {
    if ("text" in part) filled.push({ text: part.text, literal: false });
    else {
      const { variable, otherwise } = part;
      const value = CHARACTERS.includes(variable) ? variable : (variables(variable) ?? otherwise);
      if (value === undefined) return undefined;
      filled.push({ text: value, literal: true });
    }
  }
  return filled;
}

export const textOf = (filled: Filled) => filled.map(({ text }) => text).join("");

/** Whether the pattern matches the whole value. Linear in both, so that no policy can hold up the server. */
export function matches(filled: Filled, value: string): boolean {
  const signs = filled.flatMap(({ text, literal }) => [...text].map((sign) => ({ sign, literal })));
  const is = (at: number, wildcard: string) => signs[at]?.sign === wildcard && !signs[at]!.literal;
  const characters = [...value];
  let at = 0;
  let star = -1;
  let retry = 0;
  for (let i = 0; i < characters.length; ) {
    if (is(at, "*")) {
      star = at++;
      retry = i;
    } else if (is(at, "?") || (signs[at] && signs[at]!.sign === characters[i])) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      i = ++retry;
    } else return false;
  }
  while (is(at, "*")) at++;
  return at === signs.length;
}
