import { deepEqual, equal } from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkout } from "../../tools/toolchain";

/** Calls `run` of tools/run.mjs in a process of its own, where plain Node loads it. */
async function run(...args: unknown[]) {
  const text = `import { run } from ${JSON.stringify(join(checkout, "tools/run.mjs"))};
    console.log(JSON.stringify(await run(...${JSON.stringify(args)})));`;
  const node = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", text]);
  return JSON.parse(node.stdout);
}

describe("tools/run", () => {
  it("answers what a command printed", async () => {
    deepEqual(await run("sh", ["-c", "echo one; echo two >&2"]), { ok: true, stdout: "one" });
  });

  it("gives the last thing that a failed command said as the cause", async () => {
    equal((await run("sh", ["-c", "echo first >&2; echo last >&2; echo; echo 1; exit 3"])).cause, "last");
    equal((await run("sh", ["-c", "echo one; echo two; exit 3"])).cause, "two");
    equal((await run("sh", ["-c", "exit 3"])).cause, "sh ended with 3");
    equal((await run("keymgmt-no-such-program", [])).cause, "no keymgmt-no-such-program here");
  });

  it("ends a command and its children at the time limit", async () => {
    const began = Date.now();
    equal(
      (await run("sh", ["-c", "sleep 60 & sleep 60"], { limitSeconds: 0.3 })).cause,
      "not done after 0.3 s",
    );
    equal(Date.now() - began < 10_000, true);
  });

  it("ends a command that falls silent, and none that goes on talking", async () => {
    equal((await run("sh", ["-c", "echo on; sleep 60"], { idleSeconds: 0.5 })).cause, "no word for 0.5 s");
    const talks = "for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done";
    equal((await run("sh", ["-c", talks], { idleSeconds: 0.8 })).ok, true);
  });
});
