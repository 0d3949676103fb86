import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
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

  it("ends as a table of attackers, each with a test that is there, and every test of attackers is in it", () => {
    const [, table = ""] =
      /^## Who has what\n(.*)$/ms.exec(readFileSync(join(CHECKOUT, "docs/security.md"), "utf8")) ?? [];
    const rows = table
      .split("\n")
      .filter((line) => line.startsWith("| "))
      .slice(1);
    const named = rows.map((row) => [...row.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path!));
    for (const [index, tests] of named.entries()) {
      assert.ok(tests.length > 0, rows[index]);
      for (const path of tests) assert.ok(existsSync(join(CHECKOUT, path)), path);
    }
    const there = readdirSync(join(CHECKOUT, "test/security"), { encoding: "utf8", recursive: true });
    for (const name of there.filter((each) => each.endsWith(".test.ts")))
      assert.ok(named.flat().includes(`test/security/${name}`), name);
  });
});
