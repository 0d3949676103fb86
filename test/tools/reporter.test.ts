import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../temporaryFolders";

describe("the counts of several runs", function () {
  this.timeout(60_000);

  it("say which test failed and why, in lines that are no counts", async () => {
    const folder = await temporaryFolder();
    const [file, counts] = [join(folder, "some.test.cjs"), join(folder, "counts")];
    writeFileSync(
      file,
      `describe("a pair", () => {
        it("holds", () => {});
        it("breaks", () => { throw new Error("one\\n2 lines"); });
        it.skip("waits", () => {});
      });`,
    );
    const reporter = join(__dirname, "../../tools/reporter.cjs");
    const mocha = join(__dirname, "../../node_modules/mocha/bin/mocha.js");
    for (const how of [[], ["--parallel"]])
      spawnSync(process.execPath, [mocha, "--no-config", ...how, "--reporter", reporter, file], {
        env: { ...process.env, KEYMGMT_COUNTS: counts },
      });
    const lines = readFileSync(counts, "utf8").split("\n");
    assert.deepEqual(
      lines.filter((line) => /^\S/.test(line)),
      Array(2).fill("1 passed, 1 failed, 1 skipped"),
    );
    for (const line of ["  failed: a pair breaks", "  Error: one", "  2 lines"])
      assert.equal(lines.filter((written) => written === line).length, 2, line);
  });
});
