/** Plain text for a terminal of 80 columns, without colours. */
export const WIDTH = 80;

/** Rows as columns, two spaces apart; the first row is the heading. */
export function table(rows: readonly (readonly string[])[], indent = ""): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) => `${indent}${row.map((text, column) => text.padEnd(widths[column]!)).join("  ")}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}

/** Wraps text at spaces. The first line begins with `first`, the others with as many spaces. A word that is too long is not broken. */
export function wrapped(text: string, first = ""): string {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(" ")) {
    const joined = line.length === first.length ? `${line}${word}` : `${line} ${word}`;
    if (joined.length <= WIDTH || line.length === first.length) line = joined;
    else {
      lines.push(line);
      line = `${" ".repeat(first.length)}${word}`;
    }
  }
  return `${[...lines, line].join("\n")}\n`;
}

/** The beginning of a key id, in 13 columns: enough to recognise it. */
export const shortened = (keyId: string) => (keyId.length > 13 ? `${keyId.slice(0, 12)}…` : keyId);

/** The UTC date of an ISO 8601 time. */
export const date = (moment: string | undefined) => moment?.slice(0, 10) ?? "-";

/** The UTC minute of a time: Pulumi writes its own with this machine's offset. */
export function minute(moment: string | Date | undefined): string {
  const time = new Date(moment ?? "");
  return Number.isNaN(time.getTime())
    ? "an unknown time"
    : `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** "1 KMS key", "2 KMS keys". */
export const count = (number: number, one: string, many = `${one}s`) =>
  `${number} ${number === 1 ? one : many}`;
