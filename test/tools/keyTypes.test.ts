import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { keyTypeOf } from "../../provider/keys/keyTypes";
import { keyTypesFile, keyTypesText } from "../../tools/keyTypes";
import { temporaryFolder } from "../temporaryFolders";

const PASSPHRASE = "correct horse battery staple";

describe("docs/key-types.md", () => {
  const page = readFileSync(keyTypesFile, "utf8");

  it("has the table that tools/keyTypes.ts makes of the key types", () => {
    assert.equal(page, keyTypesText(page), "stale: run npx tsx tools/keyTypes.ts");
  });

  it("has commands that make material of the type that each file is named after", async () => {
    const cwd = await temporaryFolder();
    const [, commands] = /```sh\n(.+?)```/s.exec(page)!;
    execFileSync("sh", ["-e", "-c", commands!], {
      cwd,
      env: { ...process.env, PASSPHRASE },
      stdio: "pipe",
    });
    const made = readdirSync(cwd);
    const refused = made.map((name) => {
      const { material } = keyTypeOf(name.slice(0, name.indexOf(".")));
      const parsed = material.parseBytes(readFileSync(join(cwd, name)), name, PASSPHRASE);
      return "mistake" in parsed ? parsed.mistake : undefined;
    });
    assert.deepEqual(refused, Array(12).fill(undefined));
  });
});
