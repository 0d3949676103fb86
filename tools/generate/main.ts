/** Writes what is generated from schema.json: `make generate`. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkout } from "../toolchain";
import { classFile } from "./classes";
import { uncapitalized } from "./parts";
import { propertiesFile } from "./properties";
import { reference } from "./reference";
import { resources } from "./schema";
import { inputsFile, passedOnFile, providerTypes, storedTypes, typesFile } from "./types";

/** All generated files: their texts by their paths from the root of the checkout. */
export function generatedFiles(): Record<string, string> {
  const classes = Object.entries(resources).map(([name, resource]) => [
    `sdk/generated/${uncapitalized(name)}.ts`,
    classFile(name, resource),
  ]);
  const sources: Record<string, string> = {
    "provider/schema/types.ts": providerTypes(),
    "provider/schema/stored.ts": storedTypes(),
    "sdk/generated/types.ts": typesFile(),
    "sdk/generated/inputs.ts": inputsFile(),
    "sdk/generated/passedOn.ts": passedOnFile(),
    "sdk/generated/properties.ts": propertiesFile(),
    ...Object.fromEntries(classes),
  };
  const texts = Object.entries(sources).map(([path, text]) => [path, formatted(path, text)]);
  return { "docs/reference.md": reference(), ...Object.fromEntries(texts) };
}

function formatted(path: string, text: string): string {
  const biome = join(checkout, "node_modules", ".bin", "biome");
  const args = ["format", `--stdin-file-path=${path}`];
  return execFileSync(biome, args, { cwd: checkout, input: text, encoding: "utf8" });
}

if (require.main === module) {
  for (const [path, text] of Object.entries(generatedFiles())) {
    const file = join(checkout, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}
