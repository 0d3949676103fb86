import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { dependencies } from "../package.json";

const root = join(__dirname, "..");

/** Packages that the published code imports, for more than types, with a file that does. */
function imported(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of ["sdk", "provider", "localkms", "cli"]) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const source = readFileSync(join(root, folder, file), "utf8");
      for (const [, type, specifier = ""] of source.matchAll(
        /^(?:import|export)( type)?[^"]*"([^"]+)";$/gm,
      )) {
        if (type || specifier.startsWith(".") || isBuiltin(specifier)) continue;
        found.set(specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/"), `${folder}/${file}`);
      }
    }
  }
  return found;
}

describe("the published package", () => {
  it("depends on every package that it imports: those of development are not installed with it", () => {
    const packages = imported();
    assert.ok(packages.has("ajv") && packages.has("@noble/ciphers"), [...packages.keys()].join());
    for (const [name, file] of packages) assert.ok(name in dependencies, `${name}, imported by ${file}`);
  });

  it("depends on nothing that it does not import", () => {
    const packages = imported();
    const loadedLater = ["@aws-sdk/client-kms", "@aws-sdk/client-sts", "@aws-sdk/credential-providers"];
    for (const name of Object.keys(dependencies)) {
      assert.ok(packages.has(name) || loadedLater.includes(name), name);
    }
  });
});
