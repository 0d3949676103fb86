import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pictures } from "../../tools/picture";
import { checkout } from "../../tools/toolchain";

describe("the picture in README.md", () => {
  const readme = readFileSync(join(checkout, "README.md"), "utf8");

  for (const [path, text] of Object.entries(pictures()))
    it(`is what tools/picture.ts draws, and is shown: ${path}`, () => {
      assert.equal(readFileSync(join(checkout, path), "utf8"), text, "stale: run npx tsx tools/picture.ts");
      assert.ok(readme.includes(`"${path}"`));
    });
});
