/** What the quickstart prints: plain text, 100 columns at the most, no colour. */

let steps = 0;

/** A numbered heading and, in a sentence or two, what happens under it. */
export function step(title: string, ...text: string[]): void {
  steps += 1;
  console.log(`\n${String(steps).padStart(2)}. ${title}`);
  for (const line of text) console.log(`    ${line}`);
}

/** A command as a reader would type it. */
export function ran(command: string): void {
  console.log(`\n    $ ${command}`);
}

/** Lines that something else printed. */
export function quoted(lines: string[]): void {
  for (const line of lines) console.log(`      ${line}`.trimEnd());
}

/** Throws where the claim is not true: nothing is claimed that was not seen. */
export function claim(what: string, holds: boolean, seen?: unknown): void {
  if (!holds) {
    throw new Error(`expected that ${what}${seen === undefined ? "" : `; seen: ${JSON.stringify(seen)}`}`);
  }
  console.log(`    ok: ${what}`);
}

/** Rows as columns; the first row is the heading. */
export function table(rows: string[][]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    `    ${row.map((text, column) => text.padEnd(widths[column]!)).join("  ")}`.trimEnd();
  console.log();
  console.log(line(rows[0]!));
  console.log(line(widths.map((width) => "-".repeat(width))));
  for (const row of rows.slice(1)) console.log(line(row));
}
