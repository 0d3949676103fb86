import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { checkout } from "../tools/toolchain";

let isChecked = false;

/** A compiled file, such as "cli/main.js": what users run, and ten times as fast to start as the sources. */
export function built(file: string): string {
  return join(upToDate(), "dist", file);
}

/** The command of the local KMS's package, compiled. */
export const builtLocalKms = () => join(upToDate(), "local-kms/dist/main.js");

function upToDate(): string {
  isChecked ||= isUpToDate();
  if (!isChecked)
    throw new Error("Expected dist/ to be compiled from the present sources: run `make build` first");
  return checkout;
}

/** The Makefile says what the folders dist/ are made from. A make above this process passes on flags that are its own. */
function isUpToDate(): boolean {
  const { MAKEFLAGS, MFLAGS, ...env } = process.env;
  const { status } = spawnSync("make", ["--question", "dist/.built"], { cwd: checkout, env });
  return status === 0;
}
