import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { previewsFile, previewsText } from "../../../tools/previews/page";

describe("docs/previews.md", function () {
  this.timeout(600_000);

  it("shows what the real pulumi prints", async () => {
    const [made, kept] = [await previewsText(), readFileSync(previewsFile, "utf8")].map(sectionsOf);
    for (const [index, section] of made!.entries())
      assert.equal(kept![index], section, "stale: run make previews");
    assert.equal(kept!.length, made!.length);
  });
});

const sectionsOf = (page: string) => page.split(/^(?=## )/m);
