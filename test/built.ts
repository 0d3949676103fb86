import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { checkout } from "../tools/toolchain";

let isChecked = false;

/** A compiled file, such as "cli/main.js": what users run, and ten times as fast to start as the sources. */
export function built(file: string): string {
  isChecked ||= isUpToDate();
  if (!isChecked)
    throw new Error("Expected dist/ to be compiled from the present sources: run `make build` first");
  return join(checkout, "dist", file);
}

/** The Makefile says what dist/ is made from. A make above this process passes on flags that are its own. */
function isUpToDate(): boolean {
  const { MAKEFLAGS, MFLAGS, ...env } = process.env;
  const { status } = spawnSync("make", ["--question", "dist/.built"], { cwd: checkout, env });
  return status === 0;
}
