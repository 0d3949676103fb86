import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { checkout } from "../tools/toolchain";
import type { Paced } from "./pacing";
import type { StartUp } from "./startUp";

const DOCUMENT = join(checkout, "docs", "performance.md");

/** What a run says, in Markdown, by the name of its place in docs/performance.md. */
export type Tables = Record<"cost" | "pacing" | "start-up", string>;

/** Puts tables into their places, between `<!-- bench: NAME -->` and `<!-- end -->`. */
export function writeTables(tables: Tables): void {
  let text = readFileSync(DOCUMENT, "utf8");
  for (const [name, table] of Object.entries(tables)) {
    const [begin, end] = [`<!-- bench: ${name} -->\n`, "<!-- end -->"];
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`Expected ${DOCUMENT} to have a place for "${name}".`);
    text = `${text.slice(0, from + begin.length)}${table}\n${text.slice(to)}`;
  }
  writeFileSync(DOCUMENT, text);
}

/** What the machine is, for those who compare. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}, Node ${process.version}`;
}

export function pacingTable(runs: { what: string; most: number; paced: Paced }[]): string {
  const rows = runs.map(({ what, most, paced: { seconds, bound, command, throttled } }) => [
    what,
    `${bound} s`,
    `${seconds.toFixed(1)} s`,
    `**${(seconds / bound).toFixed(2)}** (≤ ${most})`,
    `${command.toFixed(1)} s`,
    String(throttled),
  ]);
  return markdown(["", "bound", "first to last import", "ratio (goal)", "whole command", "throttled"], rows);
}

export function startUpTable({ help, node, sdk }: StartUp): string {
  return markdown(
    ["", "measured", "goal"],
    [
      ["`keymgmt --help`", `${help.toFixed(0)} ms, of which Node alone ${node.toFixed(0)} ms`, "150 ms"],
      ["`import` of the SDK, over `@pulumi/pulumi`", `${sdk.toFixed(1)} ms`, "25 ms"],
    ],
  );
}

export function markdown(head: string[], rows: string[][]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
