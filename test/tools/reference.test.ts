import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { reference, referenceFile } from "../../tools/reference";

describe("docs/reference.md", () => {
  it("is what tools/reference.ts makes of schema.json", () => {
    assert.equal(readFileSync(referenceFile, "utf8"), reference(), "stale: run npx tsx tools/reference.ts");
  });
});
