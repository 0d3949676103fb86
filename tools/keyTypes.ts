/** The table in docs/key-types.md from provider/keys/keyTypes.ts: `tsx tools/keyTypes.ts` writes it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Ability, KEY_TYPES, type KeyType } from "../provider/keys/keyTypes";
import { checkout } from "./toolchain";

export const keyTypesFile = join(checkout, "docs", "key-types.md");

const ABILITIES: Record<Ability, string> = {
  import: "import",
  multiRegion: "multi-Region",
  expire: "expiry",
  rotateOnDemand: "on-demand rotation",
  inChina: "China",
  inHsm: "HSM",
};
const COLUMNS = ["type", "KeySpec", "purposes", "wrapping", ...Object.values(ABILITIES), "own material"];
const HEAD = row(COLUMNS);

/** The page with the table as the code has it; all else stays. */
export function keyTypesText(page: string): string {
  const start = page.indexOf(HEAD);
  if (start < 0) throw new Error(`Expected docs/key-types.md to have a table that begins with: ${HEAD}`);
  const table = [HEAD, row(COLUMNS.map(() => "---")), ...KEY_TYPES.map((type) => row(cellsOf(type)))];
  return `${page.slice(0, start)}${table.join("\n")}${page.slice(page.indexOf("\n\n", start))}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function cellsOf(type: KeyType): string[] {
  const { algorithm, tooShort = [] } = type.wrapping;
  return [
    code(type.name),
    type.keySpec,
    type.usages.map(({ purposes }) => purposes.join(" ")).join("; "),
    [algorithm, ...tooShort.map((spec) => `not under ${spec}`)].join(", "),
    ...Object.keys(ABILITIES).map((ability) => (ability in type.cannot ? "–" : "yes")),
    code(type.material.recipe),
  ];
}

function code(text: string): string {
  return `\`${text}\``;
}

if (require.main === module) writeFileSync(keyTypesFile, keyTypesText(readFileSync(keyTypesFile, "utf8")));
