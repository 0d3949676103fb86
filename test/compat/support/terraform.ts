import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "mocha";
import { type CommandOptions, command, type Ran } from "../../e2e/support/command";
import { skip } from "./clients";

/** The longest that one command may take: the AWS provider alone takes seconds to load. */
const SECONDS = 240;

/** A copy of a folder of Terraform files, initialised. */
export class Terraform {
  private constructor(
    private readonly folder: string,
    private readonly env: Record<string, string>,
  ) {}

  /** `mirror`: a filesystem mirror that has hashicorp/aws; nothing is downloaded. `set`: what the user has set in the environment. */
  static async init(
    files: string,
    mirror: string,
    variables: Record<string, string>,
    set: Record<string, string> = {},
  ): Promise<Terraform> {
    const folder = await mkdtemp(join(tmpdir(), "keymgmt-terraform-"));
    await cp(files, folder, { recursive: true });
    const settings = join(folder, "terraform.rc");
    await writeFile(
      settings,
      `provider_installation {\n  filesystem_mirror { path = ${JSON.stringify(mirror)} }\n}\n`,
    );
    const env = {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      TF_CLI_CONFIG_FILE: settings,
      TF_IN_AUTOMATION: "1",
      CHECKPOINT_DISABLE: "1",
      AWS_EC2_METADATA_DISABLED: "true",
      ...set,
      ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [`TF_VAR_${name}`, value])),
    };
    const terraform = new Terraform(folder, env);
    try {
      await terraform.must(["init"]);
    } catch (error) {
      await terraform.remove();
      throw error;
    }
    return terraform;
  }

  /** Answers what Terraform printed; throws with that where it failed. */
  async must(args: string[], options?: Partial<CommandOptions>): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(args, options);
    if (exitCode !== 0) throw new Error(`terraform ${args.join(" ")}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** The changes that a plan shows, by address of the resource: `{"aws_kms_alias.orders": ["update"]}`; none without any. */
  async plan(): Promise<Record<string, string[]>> {
    const { exitCode, stdout, stderr } = await this.run(["plan", "-detailed-exitcode", "-out=plan"]);
    if (exitCode === 0) return {};
    if (exitCode !== 2) throw new Error(`terraform plan:\n${stdout}\n${stderr}`);
    const shown = await this.run(["show", "-json", "plan"]);
    const { resource_changes } = JSON.parse(shown.stdout) as {
      resource_changes: { address: string; change: { actions: string[] } }[];
    };
    const changes = resource_changes.filter(({ change }) => change.actions[0] !== "no-op");
    return Object.fromEntries(changes.map(({ address, change }) => [address, change.actions]));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  private run([name, ...args]: string[], options?: Partial<CommandOptions>): Promise<Ran> {
    const quiet = ["show", "state"].includes(name!) ? [] : ["-no-color", "-input=false"];
    return command("terraform", [name!, ...quiet, ...args], {
      cwd: this.folder,
      env: this.env,
      seconds: SECONDS,
      ...options,
    });
  }
}

/** For a `before` hook: the mirror, or the suite skipped with the reason. */
export async function mirrorOr(suite: Context): Promise<string> {
  const mirror = process.env.KEYMGMT_TF_MIRROR;
  if (!mirror) skip(suite, "KEYMGMT_TF_MIRROR names no filesystem mirror with hashicorp/aws");
  const options = { cwd: tmpdir(), env: { PATH: process.env.PATH ?? "" }, seconds: 30 };
  const found = await command("terraform", ["version"], options).catch(() => undefined);
  if (found?.exitCode !== 0) skip(suite, "no terraform on PATH");
  return mirror!;
}
