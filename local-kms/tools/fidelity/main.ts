/**
 * Writes docs/local-kms-fidelity.md from the tests (`tsx local-kms/tools/fidelity/main.ts`); with --check it only says, by its
 * exit code, whether the file is what the tests make it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fidelity, fidelityFile } from "./table";

async function main() {
  const text = await fidelity();
  if (!process.argv.includes("--check")) writeFileSync(fidelityFile, text);
  else if (readFileSync(fidelityFile, "utf8") !== text) {
    console.error("docs/local-kms-fidelity.md is stale: run npx tsx local-kms/tools/fidelity/main.ts");
    process.exitCode = 1;
  }
}

void main();
