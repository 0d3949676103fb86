import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Context } from "mocha";
import { clientsPython } from "../../../tools/toolchain";
import { command } from "../../e2e/support/command";

/** A KMS, real or not, and who one is there. */
export interface Target {
  endpoint: string;
  region: string;
  accessKeyId?: string;
  secretAccessKey?: string;
}

/** The AWS CLI and boto3: clients that share no code with this project. */
export class Clients {
  constructor(readonly python: string) {}

  /** Runs a Python text that has `kms`, a boto3 client of the target, and prints JSON; answers what it printed. */
  // biome-ignore lint/suspicious/noExplicitAny: the script's own JSON.
  async boto3(target: Target, script: string, args: string[] = []): Promise<any> {
    const client = "import base64, json, sys, boto3\nkms = boto3.client('kms')\n";
    return JSON.parse(await this.run(target, ["-c", client + script, ...args]));
  }

  /** Runs `aws kms ARGS`; answers the JSON that it prints, undefined where it prints none. */
  // biome-ignore lint/suspicious/noExplicitAny: the AWS CLI's own JSON.
  async awsKms(target: Target, ...args: string[]): Promise<any> {
    const printed = await this.run(target, ["-m", "awscli", "--output", "json", "kms", ...args]);
    return printed.trim() === "" ? undefined : JSON.parse(printed);
  }

  /** Runs a Python file that prints JSON; answers what it printed. */
  // biome-ignore lint/suspicious/noExplicitAny: the script's own JSON.
  async script(target: Target, file: string, args: string[] = []): Promise<any> {
    return JSON.parse(await this.run(target, [file, ...args]));
  }

  /** The folder of an installed Python package. */
  async installed(name: string): Promise<string> {
    const { stdout } = await command(this.python, ["-c", `import ${name}; print(${name}.__path__[0])`], {
      cwd: tmpdir(),
      env: {},
      seconds: 60,
    });
    return stdout.trim();
  }

  /** Throws with what Python said where it ends with anything but 0: AWS's error name is a part of that. */
  private async run(target: Target, args: string[]): Promise<string> {
    const home = await mkdtemp(join(tmpdir(), "keymgmt-clients-"));
    const env = {
      HOME: home,
      PATH: [dirname(this.python), process.env.PATH].join(delimiter),
      AWS_ENDPOINT_URL_KMS: target.endpoint,
      AWS_DEFAULT_REGION: target.region,
      AWS_ACCESS_KEY_ID: target.accessKeyId ?? "test",
      AWS_SECRET_ACCESS_KEY: target.secretAccessKey ?? "test",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_MAX_ATTEMPTS: "1",
      PYTHONDONTWRITEBYTECODE: "1",
    };
    try {
      const { stdout, stderr, exitCode } = await command(this.python, args, { cwd: home, env, seconds: 60 });
      if (exitCode !== 0) throw new Error(stderr.trim());
      return stdout;
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  }
}

/** For a `before` hook: the clients, or the suite skipped with the reason where there is no Python. */
export async function clientsOr(suite: Context): Promise<Clients> {
  suite.timeout(15 * 60_000); // The first time, they are installed.
  const python = await clientsPython();
  if (!python) skip(suite, "no Python 3.11 or newer here");
  return new Clients(python!);
}

/** Skips the suite of a `before` hook, or one test, and says why in the name that the reporter lists. */
export function skip(context: Context, reason: string): never {
  const runnable = context.runnable();
  const isHook = "type" in runnable && runnable.type === "hook";
  const skipped = isHook ? runnable.parent! : runnable;
  skipped.title += ` (${reason})`;
  context.skip();
}
