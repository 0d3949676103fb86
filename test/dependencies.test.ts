import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { dependencies } from "../package.json";
import { packages } from "../package-lock.json";

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

  it("comes under licences that ask for their text to be kept and no more, all that it needs included", () => {
    const asked = new Map<string, string[]>();
    for (const [path, { license = "none", dev }] of Object.entries<Locked>(packages))
      if (path !== "" && !dev) asked.set(license, [...(asked.get(license) ?? []), path]);
    const permissive =
      /^\(?(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|Python-2\.0|CC0-1\.0|CC-BY-3\.0)\b/;
    const others = [...asked].filter(([license]) => !permissive.test(license)).flatMap(([, paths]) => paths);
    assert.deepEqual(others, ["node_modules/@logdna/tail-file"], "whose LICENSE is the MIT licence's text");
    assert.ok(readFileSync(join(root, others[0]!, "LICENSE"), "utf8").startsWith("The MIT License"));
  });
});

/** A package as the lock file has it. */
interface Locked {
  license?: string;
  dev?: boolean;
}
