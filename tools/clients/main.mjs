/**
 * Makes the Python environment of the independent clients, and prints its `python` as the last line.
 *
 * Kept in the cache under what it is made of, so that after the first time it needs no network. Its programs are run
 * as modules (`python -m awscli`): scripts hold the path at which they were installed.
 * Exit code 2: there is no Python to make it with.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../cache.mjs";
import { run } from "../run.mjs";

const requirements = join(import.meta.dirname, "requirements.txt");

const say = (line) => process.stderr.write(`clients: ${line}\n`);

const about = "import sys, venv, ensurepip; print(sys.version_info >= (3, 11), sys.version, sys.base_prefix)";
const python = await run("python3", ["-c", about]);
if (!python.ok || !python.stdout.startsWith("True")) {
  say(`no usable Python: ${python.cause ?? "Python 3.11 or newer is needed"}`);
  process.exit(2);
}

const made = createHash("sha256").update(readFileSync(requirements)).update(python.stdout).digest("hex");

async function make(staging) {
  say("installing the independent clients, this once");
  const pip = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    // Nothing but the files whose hashes are listed, and of these no sdist: its build would run its code.
    "--require-hashes",
    "--only-binary=:all:",
    "--requirement",
    requirements,
  ];
  const steps = [
    ["python3", ["-m", "venv", staging]],
    [join(staging, "bin", "python"), pip],
  ];
  for (const [command, args] of steps) {
    const { ok, cause } = await run(command, args, { limitSeconds: 900 });
    if (!ok) throw new Error(cause);
  }
}

try {
  const folder = await cached(`clients-${made.slice(0, 12)}`, {
    valid: async (folder) => (await run(join(folder, "bin", "python"), ["-c", "import boto3, ministack"])).ok,
    make,
  });
  console.log(join(folder, "bin", "python"));
} catch (error) {
  say(error.message);
  process.exit(1);
}
