import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../../../tools/toolchain";

export interface Block {
  /** "sh": commands; "text": what they, or an incident, print; others: a program. Empty where the page names none. */
  language: string;
  text: string;
}

/** A heading, and what follows it up to the next one. */
export interface Section {
  title: string;
  text: string;
  blocks: Block[];
}

/** The sections of a page, named from the root of the checkout. Code that is indented and not fenced is refused: nobody would run it. */
export function sectionsOf(path: string): Section[] {
  const page = readFileSync(join(checkout, path), "utf8");
  assert.doesNotMatch(proseOf(page), /^(\n {4}|\t)\S/m, `${path} has code without a fence`);
  const texts: string[] = [];
  let isInFence = false;
  for (const line of page.split("\n")) {
    if (/^ *```/.test(line)) isInFence = !isInFence;
    if (/^#+ /.test(line) && !isInFence) texts.push(line.replace(/^#+ /, ""));
    else texts.push(`${texts.pop() ?? ""}\n${line}`);
  }
  return texts.map((text) => ({ title: text.split("\n")[0]!, text, blocks: blocksIn(text) }));
}

/** A block may stand in a list, and is indented then. */
function blocksIn(text: string): Block[] {
  return [...text.matchAll(FENCED)].map(([, indent, language, body]) => ({
    language: language!,
    text: body!.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

const FENCED = /^( *)```([^\n]*)\n(.*?)^\1```$/gms;

export function proseOf(text: string): string {
  return text.replaceAll(FENCED, "");
}

/** Commands that a section names outside its blocks, but for those that it warns of. */
export function commandsInProse({ text }: Section): string[] {
  return proseOf(text)
    .split("\n\n")
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
