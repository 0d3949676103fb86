/** Text of others as it may be shown: AWS, a state or a backup can hold what moves a terminal's cursor or turns a line round. */

/**
 * Control characters, format characters (all that turn the direction of a text are among them: Unicode Standard Annex 9,
 * section 2), line and paragraph separators, halves of surrogate pairs, and what is drawn as nothing: fillers and variation selectors
 * (Unicode Standard, section 5.21).
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** One line, with every character that is not seen as the escape that JSON has for it. What it gives it leaves as it is. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (character) => SHORT[character] ?? escaped(character));
}

/** The same of text whose ends of lines are meant. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

/** The same of every text in a plain value; names of properties stay. */
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
