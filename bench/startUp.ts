import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { checkout } from "../tools/toolchain";
import { median } from "./measure";

const ROUNDS = 9;

/** Milliseconds, each over the least that it is compared with. */
export interface StartUp {
  /** `keymgmt --help`, and Node alone. */
  help: number;
  node: number;
  /** What `require("pulumi-keymgmt")` adds to `require("@pulumi/pulumi")`. */
  sdk: number;
}

/** Medians of processes that are started in turn. */
export function startUp(): StartUp {
  const help: number[] = [];
  const node: number[] = [];
  const sdk: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    node.push(took(["-e", "0"]));
    help.push(took([join(checkout, "dist", "cli", "main.js"), "--help"]));
    sdk.push(Number(run(["-e", LOADS])));
  }
  return { help: median(help)!, node: median(node)!, sdk: median(sdk)! };
}

/** Prints the milliseconds that the SDK takes where Pulumi is loaded. */
const LOADS = `
  require("@pulumi/pulumi");
  const began = performance.now();
  require(${JSON.stringify(join(checkout, "dist", "sdk", "index.js"))});
  console.log(performance.now() - began);`;

function took(args: string[]): number {
  const began = performance.now();
  run(args);
  return performance.now() - began;
}

const run = (args: string[]) => execFileSync(process.execPath, args, { cwd: checkout, encoding: "utf8" });
