/**
 * Makes an HSM for the tests ready: SoftHSM 2, and pkcs11js, the addon that reaches it. Prints their paths as a line of JSON,
 * `{ "module": …, "pkcs11js": … }`.
 *
 * pkcs11js is compiled, by a C++ compiler and Python, and kept in the cache under its lock file and what Node it is for.
 * Exit code 2: it cannot be had here; the last line on stderr says why.
 */
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../cache.mjs";
import { run } from "../run.mjs";
import { haveSoftHsm } from "./softHsm.mjs";

const say = (line) => process.stderr.write(`hsm: ${line}\n`);
const here = (name) => join(import.meta.dirname, name);
const addon = (folder) => join(folder, "node_modules", "pkcs11js");

const made = createHash("sha256")
  .update(readFileSync(here("package-lock.json")))
  .digest("hex");
const key = `hsm-${made.slice(0, 12)}-${process.platform}-${process.arch}-abi${process.versions.modules}`;

async function make(staging) {
  say(`compiling pkcs11js for Node ${process.version}, this once`);
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(here(name), join(staging, name));
  const { ok, cause } = await run("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: staging,
    limitSeconds: 300,
  });
  if (!ok) throw new Error(`pkcs11js cannot be compiled here: ${cause}`);
}

async function valid(folder) {
  return (await run(process.execPath, ["--eval", "require(process.argv[1])", addon(folder)])).ok;
}

try {
  const module = await haveSoftHsm({ say });
  console.log(JSON.stringify({ module, pkcs11js: addon(await cached(key, { valid, make })) }));
} catch (error) {
  say(error.message);
  process.exit(2);
}
