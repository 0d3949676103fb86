/** Makes foreign text safe to print. Text from AWS, a state or a backup can move a terminal's cursor or reverse a line. */

/**
 * Control characters; format characters, which include all that change the direction of a text (Unicode Standard Annex 9, section 2);
 * line and paragraph separators; halves of surrogate pairs; characters that are drawn as nothing, such as fillers and variation
 * selectors (Unicode Standard, section 5.21).
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text as one line, with JSON's escape for every invisible character. A second call changes nothing more. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => SHORT_ESCAPES[character] ?? escaped(character));
}

/** The same, but ends of lines stay. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

/** Escapes every text in a plain value. Names of properties stay as they are. */
export function visibleIn<T>(value: T): T {
  if (typeof value === "string") return visible(value) as T;
  if (Array.isArray(value)) return value.map(visibleIn) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, visibleIn(inner)])) as T;
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }).join("");
}
