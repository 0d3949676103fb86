import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

describe("a provider whose Pulumi is gone", function () {
  this.timeout(60_000);

  /** A process as the engine starts it, which writes a line now and then; and its exit code, once it ends. */
  function start(stdin: "pipe" | "ignore") {
    const code = `
      require(${JSON.stringify(join(__dirname, "../../provider/endWithPulumi.ts"))}).endWithPulumi();
      process.on("uncaughtException", (error) => console.error(error.stack)); // as cmd/dynamic-provider does
      setInterval(() => console.error("held back"), 50);`;
    const child = spawn(process.execPath, ["--require", "tsx/cjs", "-e", code], {
      stdio: [stdin, "pipe", "pipe"],
    });
    return { child, ended: once(child, "exit").then(([exitCode]) => exitCode) };
  }

  it("ends when its stdin ends, and not before", async () => {
    const { child, ended } = start("pipe");
    for (let lines = 0; lines < 3; lines++) await once(child.stderr!, "data");
    assert.equal(child.exitCode, null);
    child.stdin!.end();
    assert.equal(await ended, 1);
  });

  it("ends at a line that nobody can read any more", async () => {
    const { child, ended } = start("ignore");
    await once(child.stderr!, "data");
    child.stderr!.destroy();
    assert.equal(await ended, 1);
  });
});
