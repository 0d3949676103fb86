import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import Mocha from "mocha";
import { checkout } from "../../../tools/toolchain";
import type { Rule } from "../../test/rule";

const tests = join(checkout, "local-kms", "test");

export const fidelityFile = join(checkout, "docs", "local-kms.md");

const BEGIN = "<!-- made from the tests by local-kms/tools/fidelity: change it there -->";
const END = "<!-- end -->";

/** The text of docs/local-kms.md with its fidelity table made anew from the tests under local-kms/test. */
export async function withTable(): Promise<string> {
  const text = readFileSync(fidelityFile, "utf8");
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`Expected "${BEGIN}" and then "${END}" in ${fidelityFile}`);
  return `${text.slice(0, begin)}${BEGIN}\n\n${await table()}\n\n${text.slice(end)}`;
}

async function table(): Promise<string> {
  const mocha = new Mocha();
  for (const file of readdirSync(tests, { recursive: true, encoding: "utf8" }).sort())
    if (file.endsWith(".test.ts")) mocha.addFile(join(tests, file));
  await mocha.loadFilesAsync();
  return [...suitesOf(mocha.suite)].flatMap(section).join("\n\n");
}

type RuleTest = Mocha.Test & { rule?: Rule };

function* suitesOf(suite: Mocha.Suite): Generator<Mocha.Suite> {
  yield suite;
  for (const inner of suite.suites) yield* suitesOf(inner);
}

/** `local KMS: aliases`, as a heading. */
const titleOf = (suite: Mocha.Suite) => suite.fullTitle().replace(/^local KMS: /, "");

/** The rules of one suite; none where it has none. */
function section(suite: Mocha.Suite): string[] {
  const rules = (suite.tests as RuleTest[]).filter((test) => test.rule);
  if (rules.length === 0) return [];
  const title = titleOf(suite);
  const rows = rules.map((test) => `| ${cell(test.title)} | ${link(test.rule!.source)} |`);
  return [
    `### ${title[0]!.toUpperCase()}${title.slice(1)}`,
    `Tests of the same names in \`${relative(checkout, rules[0]!.file!)}\`.`,
    ["| rule | AWS's source |", "|---|---|", ...rows].join("\n"),
  ];
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** The page's own name is enough to read. */
function link(source: string): string {
  const [page = "", anchor] = source.replace(/^.*\//, "").split("#");
  return `[${[page.replace(/\.html$/, ""), anchor].filter(Boolean).join("#")}](${source})`;
}
