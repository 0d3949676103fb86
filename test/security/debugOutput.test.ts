import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CHECKOUT = join(__dirname, "../..");
const SECRET = "planted-root-key-in-the-environment";

/** Has: the files that Node writes where its diagnostic reports are turned on, as in a folder of crashes. Wants: root keys and credentials. */
describe("who reads Node's diagnostic reports", function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keymgmt-reports-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const causes: [string, string][] = [
    ["a signal", `process.kill(process.pid, "SIGUSR2"); setTimeout(() => process.exit(0), 500)`],
    ["an error that nobody catches", `throw new Error("a bug")`],
    ["memory that runs out", "const kept = []; for (;;) kept.push(new Array(1e5).fill(Math.random()))"],
  ];
  for (const [entry, of] of [
    ["sdk", "the program"],
    ["provider/dynamic", "the provider"],
    ["cli/main", "the command"],
  ])
    for (const [cause, code] of causes)
      it(`finds no environment in those of ${of}, after ${cause}`, async () => {
        const files = await reportsOf(entry!, cause, code);
        for (const [name, text] of files) assert.ok(!text.includes(SECRET), name);
        assert.equal(files.length, 0);
      });

  it("finds reports where Node is told to leave the environment out, and none in them, nor in their threads' part", async function () {
    if (!process.allowedNodeEnvironmentFlags.has("--report-exclude-env")) {
      console.log("    skipped: this Node cannot leave it out (22.13 and later can)");
      this.skip();
    }
    const [[, text = ""] = []] = await reportsOf("sdk", ...causes[1]!, ["--report-exclude-env"]);
    assert.match(text, /"javascriptStack"/);
    assert.ok(!text.includes(SECRET));
  });

  /** The reports of a process that has loaded `entry` and then meets its end. */
  async function reportsOf(entry: string, cause: string, code: string, more: string[] = []) {
    // The command ends by itself; what was set lasts until the end. A thread has an environment of its own.
    const thread = `new (require("node:worker_threads").Worker)("setInterval(() => {}, 1000)", { eval: true }).unref();`;
    const script = `process.argv.push("--help"); const { exit } = process; process.exit = () => {}; ${thread} require("./${entry}"); setTimeout(() => { process.exit = exit; ${code} }, 200);`;
    const flags = ["--report-on-signal", "--report-uncaught-exception", "--report-on-fatalerror", ...more];
    const args = [
      ...flags,
      `--report-directory=${folder}`,
      "--max-old-space-size=150",
      "--require",
      "tsx/cjs",
    ];
    const child = spawn(process.execPath, [...args, "--eval", script], {
      cwd: CHECKOUT,
      env: { ...process.env, ROOT: SECRET },
      stdio: "ignore",
    });
    await once(child, "exit");
    if (cause === "a signal") assert.equal(child.exitCode, 0, "the signal ends nothing");
    const names = await readdir(folder);
    return Promise.all(
      names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const),
    );
  }
});
