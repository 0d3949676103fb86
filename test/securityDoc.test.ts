import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CHECKOUT = join(__dirname, "..");

describe("docs/security.md", () => {
  it("names for everything that is done a test that is there", () => {
    const text = readFileSync(join(CHECKOUT, "docs/security.md"), "utf8");
    const [, done = ""] = /^## What is done about it\n(.*?)^## /ms.exec(text) ?? [];
    const claims = done.split(/^- /m).slice(1);
    assert.ok(claims.length > 5);
    for (const claim of claims) {
      const tests = [...claim.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path!);
      assert.ok(tests.length > 0, claim);
      for (const path of tests) assert.ok(existsSync(join(CHECKOUT, path)), path);
    }
  });
});
