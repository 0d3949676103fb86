import { deepEqual, equal } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as sdk from "../../sdk";
import { generatedFiles } from "../../tools/generate/main";
import { resources } from "../../tools/generate/schema";
import { checkout } from "../../tools/toolchain";

describe("what is generated from schema.json", () => {
  const files = generatedFiles();

  for (const [path, text] of Object.entries(files)) {
    it(`is committed: ${path}`, () => {
      equal(readFileSync(join(checkout, path), "utf8"), text, "stale or edited: run make generate");
    });
  }

  it("is all that sdk/generated holds", () => {
    const committed = readdirSync(join(checkout, "sdk/generated")).map((name) => `sdk/generated/${name}`);
    const generated = Object.keys(files).filter((path) => path.startsWith("sdk/generated/"));
    deepEqual(committed.sort(), generated.sort());
  });

  it("has a class for each resource, which the SDK exports", () => {
    deepEqual(Object.keys(sdk).sort(), Object.keys(resources).sort());
  });
});
