/**
 * Control and format characters, line and paragraph separators, halves of surrogate pairs, and characters that are drawn as nothing
 * (Unicode Standard, section 5.21): what a request brings could control the terminal of whoever reads the log.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** The text on one line, with every invisible character escaped. */
export const visible = (text: string) => text.replace(INVISIBLE, escaped);

/** The same line by line. */
export const visibleLines = (text: string) => text.split("\n").map(visible).join("\n");

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }).join("");
}
