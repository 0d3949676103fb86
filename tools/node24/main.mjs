/** Fetches Node 24, which an npm package carries for each platform, and prints the folder to put on PATH. */
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../cache.mjs";
import { run } from "../run.mjs";

const version = "24.21.0";
const carrier = `node-${process.platform}-${process.arch}`;

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
