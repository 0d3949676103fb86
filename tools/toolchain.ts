import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** The root of this checkout. */
export const checkout = join(__dirname, "..");

let engine: Promise<string> | undefined;

/** The folder to put on PATH for a working `pulumi`. At once where one is installed or cached; else minutes. */
export function engineFolder(): Promise<string> {
  engine ??= lastLine("tools/engine/main.mjs");
  return engine;
}

let python: Promise<string | undefined> | undefined;

/** The `python` that has boto3, the AWS CLI and ministack; undefined where there is no Python to begin with. */
export function clientsPython(): Promise<string | undefined> {
  python ??= lastLine("tools/clients/main.mjs").catch((error) => {
    if (error.code === 2) return undefined;
    throw error;
  });
  return python;
}

/** SoftHSM's PKCS#11 module and the addon pkcs11js; or why they cannot be had here. */
export type Hsm = { module: string; pkcs11js: string } | { missing: string };

let hsm: Promise<Hsm> | undefined;

export function hsmForTests(): Promise<Hsm> {
  hsm ??= lastLine("tools/hsm/main.mjs").then(JSON.parse, (error) => {
    if (error.code === 2) return { missing: error.stderr.trimEnd().replace(/^.*hsm: /s, "") };
    throw error;
  });
  return hsm;
}

async function lastLine(script: string): Promise<string> {
  const { stdout } = await execute(process.execPath, [join(checkout, script)]);
  return stdout.trimEnd().split("\n").at(-1)!;
}
