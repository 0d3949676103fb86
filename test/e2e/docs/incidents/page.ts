import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../../../tools/toolchain";

export interface Block {
  /** "sh": commands; "text": what they, or the incident, print; "ts": the program. */
  language: string;
  text: string;
}

export interface Section {
  title: string;
  text: string;
  blocks: Block[];
}

/** docs/incidents.md: what stands before the incidents, and each of them. */
export function incidentsPage(): Section[] {
  const page = readFileSync(join(checkout, "docs/incidents.md"), "utf8");
  return page
    .split(/^#+ /m)
    .slice(1)
    .map((text) => ({
      title: text.slice(0, text.indexOf("\n")),
      text,
      blocks: blocksIn(text),
    }));
}

/** A block may stand in a list, and is indented then. */
function blocksIn(text: string): Block[] {
  return [...text.matchAll(/^( *)```(\w+)\n(.*?)^\1```$/gms)].map(([, indent, language, body]) => ({
    language: language!,
    text: body!.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** Commands that a section names outside its blocks, but for those that it warns of. */
export function commandsInProse({ text }: Section): string[] {
  const prose = text.replaceAll(/^( *)```.*?^\1```$/gms, "").split("\n\n");
  return prose
    .filter((paragraph) => !paragraph.includes("**Do not**"))
    .flatMap((paragraph) =>
      [...paragraph.matchAll(/`((?:pulumi|npx|keymgmt|aws) [^`]+)`/g)].map(([, command]) => command!),
    );
}

/** Each line was printed: `…` stands for anything, and what is wrapped or set in columns for one blank. */
export function assertPrinted(text: string, printed: string): void {
  for (const line of text.trim().split("\n")) {
    const parts = line.trim().split(/(…|\s+)/);
    const pattern = parts.map((part) => (part === "…" ? ".*?" : /^\s+$/.test(part) ? "\\s+" : escaped(part)));
    assert.match(printed, new RegExp(pattern.join(""), "s"), line);
  }
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
