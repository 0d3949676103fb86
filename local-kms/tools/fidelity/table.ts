import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import Mocha from "mocha";
import { checkout } from "../../../tools/toolchain";
import { HANDLERS } from "../../src/operations/handlers.js";
import type { Basis, Rule } from "../../test/rule";

const tests = join(checkout, "local-kms", "test");

export const fidelityFile = join(checkout, "docs", "local-kms-fidelity.md");

const HEAD = `<!-- made from the tests by local-kms/tools/fidelity: change it there -->

# What the local KMS stands on

Each rule below is a test of the same name, and says where the rule is from. A **recording** is an answer that AWS itself gave and somebody published; where
it contradicts a document, the recording counts. **Documentation** is AWS's. A **guess** is what the local KMS does where neither is known: do not rely
on it. Names, types and limits of members, and which errors an operation has, are those of AWS's API model everywhere: a test holds every answer against it.`;

/** The text of docs/local-kms-fidelity.md, from the tests under local-kms/test. */
export async function fidelity(): Promise<string> {
  const mocha = new Mocha();
  for (const file of readdirSync(tests, { recursive: true, encoding: "utf8" }).sort())
    if (file.endsWith(".test.ts")) mocha.addFile(join(tests, file));
  await mocha.loadFilesAsync();
  const suites = [...suitesOf(mocha.suite)];
  const rules = suites.flatMap(rulesOf).map((test) => test.rule);
  return `${[HEAD, operationsTable(rules), ...suites.flatMap(section)].join("\n\n")}\n`;
}

type RuleTest = Mocha.Test & { rule: Rule };

function* suitesOf(suite: Mocha.Suite): Generator<Mocha.Suite> {
  yield suite;
  for (const inner of suite.suites) yield* suitesOf(inner);
}

const rulesOf = (suite: Mocha.Suite) => (suite.tests as RuleTest[]).filter((test) => test.rule);

function operationsTable(rules: readonly Rule[]): string {
  const rows = Object.keys(HANDLERS)
    .sort()
    .map((operation) => {
      const about = rules.filter(({ operations }) => operations.includes(operation));
      const count = (wanted: Basis) => about.filter(({ basis }) => basis === wanted).length || "";
      const counts = [count("recording"), count("documentation"), count("guess")];
      return `| ${operation} | ${about.length > 0 ? counts.join(" | ") : "the API model only | |"} |`;
    });
  return [
    "## Operations",
    "How many rules of each operation stand on what. Rules that name no operation are in the lists below only.",
    ["| operation | recordings | documentation | guesses |", "|---|---|---|---|", ...rows].join("\n"),
    "## Rules",
  ].join("\n\n");
}

/** `local KMS: aliases`, as a heading. */
const titleOf = (suite: Mocha.Suite) => suite.fullTitle().replace(/^local KMS: /, "");

/** The rules of one suite; none where it has none. */
function section(suite: Mocha.Suite): string[] {
  const rules = rulesOf(suite);
  if (rules.length === 0) return [];
  const title = titleOf(suite);
  const rows = rules.map((test) => `| ${cell(test.title)} | ${standsOn(test.rule)} |`);
  return [
    `### ${title[0]!.toUpperCase()}${title.slice(1)}`,
    `\`${relative(checkout, rules[0]!.file!)}\``,
    ["| rule | stands on |", "|---|---|", ...rows].join("\n"),
  ];
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

const standsOn = ({ basis, source }: Rule) =>
  `${basis}: ${URL.canParse(source) ? link(source) : cell(source)}`;

/** The page's own name is enough to read. */
function link(source: string): string {
  const [page = "", anchor] = source.replace(/^.*\/(?=.*(#|$))/, "").split("#");
  return `[${[page.replace(/\.html$/, ""), anchor].filter(Boolean).join("#")}](${source})`;
}
