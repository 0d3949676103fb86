import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { packages } from "../package-lock.json";

const root = join(__dirname, "..");

/** The packages that are published, by folder, with the folders of their sources. */
const PUBLISHED = { ".": ["sdk", "provider", "cli"], "local-kms": ["local-kms/src"] };

/** Of it the local KMS uses types alone, and none of them in what its index exports (local-kms/test/server/cli.test.ts). */
const TYPES_ONLY = "local-kms/src imports @aws-sdk/client-kms";

/** Packages that the sources import, each with a file that does. */
function imported(folders: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of folders) {
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

for (const [place, folders] of Object.entries(PUBLISHED)) {
  const { name, dependencies } = JSON.parse(readFileSync(join(root, place, "package.json"), "utf8"));

  describe(`the published package ${name}`, () => {
    it("depends on every package that it imports: those of development are not installed with it", () => {
      for (const [wanted, file] of imported(folders))
        assert.ok(
          wanted in dependencies || TYPES_ONLY === `${folders[0]} imports ${wanted}`,
          `${wanted}, imported by ${file}`,
        );
    });

    it("depends on nothing that it does not import", () => {
      const wanted = [...imported(folders).keys()];
      for (const dependency of Object.keys(dependencies)) assert.ok(wanted.includes(dependency), dependency);
    });
  });
}

describe("what is installed with the published packages", () => {
  it("comes under licences that ask for their text to be kept and no more, all that it needs included", () => {
    const asked = new Map<string, string[]>();
    for (const [path, { license = "none", dev, link }] of Object.entries(packages as Record<string, Locked>))
      if (path !== "" && !dev && !link) asked.set(license, [...(asked.get(license) ?? []), path]);
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
  link?: boolean;
}
