import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { parse } from "yaml";
import { type LocalKmsConfig, startLocalKms } from "../src/index.js";

const page = readFileSync(join(__dirname, "../../docs/local-kms.md"), "utf8");

/** The page's examples in a language. */
const examples = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, text]) => text!);

describe("docs/local-kms.md", () => {
  it("shows settings that a server starts with", async () => {
    assert.ok(examples("yaml").length >= 4);
    for (const text of examples("yaml")) {
      const kms = await startLocalKms({ config: parse(text) as LocalKmsConfig });
      await kms.close();
    }
  });

  it("names every setting", async () => {
    const { CONFIG_SCHEMA } = await import("../src/config/schema.js");
    for (const name of Object.keys(CONFIG_SCHEMA.properties)) assert.match(page, new RegExp(`\\b${name}\\b`));
  });

  it("shows control requests that the server answers", async () => {
    const kms = await startLocalKms({ config: { control: true } });
    const commands = examples("sh").flatMap((text) => text.trim().split("\n"));
    assert.ok(commands.length >= 4);
    for (const command of commands) {
      const [, method = "GET"] = /-X (\w+)/.exec(command) ?? [];
      const [, body] = /-d '(.*)'/.exec(command) ?? [];
      const [, type] = /-H content-type:(\S+)/.exec(command) ?? [];
      const path = command.slice(command.indexOf("/_local-kms/"));
      const headers = type ? { "content-type": type } : undefined;
      const answer = await fetch(`${kms.url}${path}`, { method, body, headers });
      assert.equal(answer.status, 200, command);
    }
    await kms.close();
  });

  it("shows TypeScript that parses", () => {
    for (const text of examples("ts")) {
      const { diagnostics } = ts.transpileModule(text, { reportDiagnostics: true });
      assert.deepEqual(diagnostics, []);
    }
  });
});
