import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { dependencies } from "../package.json";

const root = join(__dirname, "..");

/** Packages that the published code imports, each with a file that does. */
function imported(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of ["sdk", "provider", "localkms", "cli"]) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const { importedFiles } = ts.preProcessFile(readFileSync(join(root, folder, file), "utf8"));
      for (const { fileName } of importedFiles) {
        if (fileName.startsWith(".") || isBuiltin(fileName)) continue;
        found.set(fileName.split("/", fileName.startsWith("@") ? 2 : 1).join("/"), `${folder}/${file}`);
      }
    }
  }
  return found;
}

describe("the published package", () => {
  it("depends on every package that it imports: those of development are not installed with it", () => {
    for (const [name, file] of imported()) assert.ok(name in dependencies, `${name}, imported by ${file}`);
  });

  it("depends on nothing that it does not import", () => {
    assert.deepEqual(Object.keys(dependencies).sort(), [...imported().keys()].sort());
  });
});
