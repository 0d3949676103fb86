import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout } from "../../../tools/toolchain";
import { command } from "../support/command";
import { assertPrinted, sectionsOf } from "./page/page";

/** A target's last command, as make would run it. */
const lastCommandOf = (target: string) =>
  execFileSync("make", ["--dry-run", target], { cwd: checkout, encoding: "utf8" })
    .trimEnd()
    .split("\n")
    .at(-1);

describe("make quickstart", function () {
  this.timeout(600_000);

  const [start, excerpt, ...others] = sectionsOf("README.md").find(({ title }) => title === "Try it")!.blocks;

  it("is what README.md says to try first", () => {
    assert.deepEqual(start, { language: "sh", text: "make quickstart\n" });
    assert.equal(lastCommandOf("quickstart"), "node_modules/.bin/tsx tools/quickstart/main.ts");
    assert.equal(excerpt!.language, "text");
    assert.deepEqual(others, []);
  });

  it("shows a key's whole life in lines that fit a terminal, and leaves no folder", async () => {
    const temporary = mkdtempSync(join(tmpdir(), "keymgmt-quickstart-"));
    try {
      const preloads = [
        "--require",
        "tsx/cjs",
        "--require",
        "./test/world/wrappingKeys.ts",
        "--import",
        "tsx",
      ];
      const ran = await command(process.execPath, [...preloads, join("tools", "quickstart", "main.ts")], {
        cwd: checkout,
        env: { ...(process.env as Record<string, string>), TMPDIR: temporary },
        seconds: 500,
      });
      assert.equal(ran.exitCode, 0, `${ran.stdout}\n${ran.stderr}`);
      assert.equal(ran.stderr, "");
      const lines = ran.stdout.trimEnd().split("\n");
      assert.equal(lines.at(-1), "quickstart ok");
      assert.deepEqual(
        lines.filter((line) => [...line].length > 100),
        [],
      );
      assertPrinted(excerpt!.text, ran.stdout);
      assert.match(ran.stdout, /\n +~ keyVersion: 1 => 2\n/);
      assert.match(ran.stdout, /\n +orders +2 +eu-west-1 +mrk-\S+ +Enabled +alias\/hashicorp\/orders-\d+\n/);
      assert.deepEqual(
        readdirSync(temporary).filter((name) => name.startsWith("keymgmt-")),
        [],
      );
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
  });
});
