import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { engineFolder } from "../../../tools/toolchain";
import { built } from "../../built";
import { isStrict, lagging } from "../../world/localKms";
import { command, type Ran } from "./command";
import { type Folder, folderFrom, folderOf, remove } from "./folder";

export interface ProjectOptions {
  /** The program's text. Exactly one of `program` and `exampleDir`. */
  program?: string;
  /** A complete Pulumi project to copy, such as one of examples/. */
  exampleDir?: string;
  /** Of `program`: "javascript" (the default) or "typescript" (transpiled, not checked: as fast). */
  language?: "javascript" | "typescript";
  /** Packages of this checkout's node_modules that `program` requires, beside @pulumi/pulumi and pulumi-keymgmt. */
  packages?: string[];
  /** Stack configuration: plain text, or `{ secret }`. */
  config?: Record<string, string | { secret: string }>;
  /** Environment of every command, and so of the program and the provider. */
  env?: Record<string, string>;
}

export interface RunOptions {
  /** The command is expected to fail: a success is then what throws. */
  fails?: boolean;
  /** More flags, as the CLI takes them. */
  args?: string[];
  /** Environment of this command only. */
  env?: Record<string, string>;
  /** A file that each Node of this command loads first. */
  preload?: string;
  /** How many days the clock of each Node of this command is ahead. */
  daysLater?: number;
  /** Time limit, 120 by default. */
  seconds?: number;
  /** Gets the id of pulumi's process as soon as it runs. */
  started?: (pid: number) => void;
}

export interface PreviewOptions extends RunOptions {
  json?: boolean;
  diff?: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: what the CLI prints as JSON is looked into by tests, not modelled.
type Json = any;

export type Result = Ran & { json?: Json };

/** Opens a Pulumi project with one empty stack, on a file backend, in a temporary folder. */
export async function openProject(options: ProjectOptions): Promise<Project> {
  const { program, exampleDir, language = "javascript", packages = [], config = {}, env = {} } = options;
  built("provider/dynamic.js");
  const folder = exampleDir ? await folderFrom(exampleDir) : await folderOf("e2e", language, packages);
  const ofProgram: Record<string, string> = exampleDir ? {} : { PROGRAM_LANGUAGE: language };
  const project = new Project(
    folder,
    await environment(folder, { ...ofProgram, ...env }),
    language === "typescript" ? "ts" : "js",
  );
  try {
    if (program !== undefined) await project.setProgram(program);
    await project.pulumi(["stack", "init", "dev"]);
    if (Object.keys(config).length > 0) await project.configSet(config);
    return project;
  } catch (error) {
    await project.close();
    throw error;
  }
}

/** Each method throws, with all that the CLI printed, where the CLI's exit code is not the expected one. */
export class Project {
  constructor(
    readonly folder: Folder,
    private readonly env: Record<string, string>,
    private readonly extension: "js" | "ts",
  ) {}

  preview({ json, diff, ...options }: PreviewOptions = {}): Promise<Result> {
    return this.pulumi(["preview", ...flag("--json", json), ...flag("--diff", diff)], options);
  }

  up(options: RunOptions = {}): Promise<Result> {
    return this.pulumi(["up", "--yes", "--skip-preview"], options);
  }

  /** `up` as people run it: the preview first, then the update. */
  previewAndUp(options: RunOptions = {}): Promise<Result> {
    return this.pulumi(["up", "--yes"], options);
  }

  refresh(options: RunOptions = {}): Promise<Result> {
    return this.pulumi(["refresh", "--yes", "--skip-preview"], options);
  }

  destroy(options: RunOptions = {}): Promise<Result> {
    return this.pulumi(["destroy", "--yes", "--skip-preview"], options);
  }

  /**
   * The state of a stack, read from its backend: an export takes a third of a second. Without the ciphertext of secrets, which
   * Pulumi encrypts anew as it likes.
   */
  async state(stack = "dev"): Promise<Json> {
    const text = await readFile(await this.checkpoint(stack), "utf8");
    const { checkpoint } = JSON.parse(text, (name, value) => (name === "ciphertext" ? "" : value));
    return { resources: [], ...checkpoint.latest };
  }

  /** Puts the checkpoint before the last one in its place: Pulumi sets it aside before it writes the next. */
  async restoreCheckpoint(stack = "dev"): Promise<void> {
    const checkpoint = await this.checkpoint(stack);
    await copyFile(`${checkpoint}.bak`, checkpoint);
  }

  private async checkpoint(stack: string): Promise<string> {
    const stacks = join(this.folder.state, ".pulumi", "stacks");
    const [project] = await readdir(stacks);
    return join(stacks, project!, `${stack}.json`);
  }

  /** The outputs that the last update of stack "dev" has left; secrets are not among them. */
  async outputs(): Promise<Json> {
    const { resources } = await this.state();
    return resources.find(({ type }: { type: string }) => type === "pulumi:pulumi:Stack").outputs;
  }

  /** The stack's state; secrets stay encrypted unless `showSecrets`. */
  stackExport({ showSecrets, ...options }: RunOptions & { showSecrets?: boolean } = {}): Promise<Result> {
    return this.pulumi(["stack", "export", ...flag("--show-secrets", showSecrets)], options);
  }

  /** The stack's outputs; secrets are "[secret]" unless `showSecrets`. */
  stackOutput({ showSecrets, ...options }: RunOptions & { showSecrets?: boolean } = {}): Promise<Result> {
    return this.pulumi(["stack", "output", "--json", ...flag("--show-secrets", showSecrets)], options);
  }

  async configSet(config: Record<string, string | { secret: string }>): Promise<void> {
    const args = Object.entries(config).flatMap(([key, value]) =>
      typeof value === "string" ? ["--plaintext", `${key}=${value}`] : ["--secret", `${key}=${value.secret}`],
    );
    await this.pulumi(["config", "set-all", ...args]);
  }

  /** Replaces the program, for the next command. */
  async setProgram(text: string): Promise<void> {
    await writeFile(join(this.folder.program, `index.${this.extension}`), text);
  }

  /** Any other command of the CLI. `json` is there where the CLI was asked for JSON. */
  async pulumi(args: string[], options: RunOptions = {}): Promise<Result> {
    const all = [...args, ...(options.args ?? []), "--non-interactive", "--color", "never"];
    const { preload, daysLater } = options;
    const files = [...(preload ? [preload] : []), ...(daysLater ? [join(__dirname, "daysLater.cjs")] : [])];
    const NODE_OPTIONS = [this.env.NODE_OPTIONS, ...files.map((file) => `--require "${file}"`)].join(" ");
    const seconds = (options.seconds ?? 120) * (isStrict ? 5 : 1);
    const ran = await lagging(() =>
      command("pulumi", all, {
        cwd: this.folder.program,
        env: {
          ...this.env,
          NODE_OPTIONS,
          ...(daysLater && { DAYS_LATER: String(daysLater) }),
          ...options.env,
        },
        seconds,
        started: options.started,
      }),
    );
    if ((ran.exitCode !== 0) !== (options.fails ?? false)) {
      const surprise = `pulumi ${all.join(" ")} ended with ${ran.exitCode}`;
      throw new Error(`${surprise}\n${ran.stdout}\n${ran.stderr}`);
    }
    // An update's --json is a line for each event, not one document.
    const printsJson =
      (all.includes("--json") && !["up", "refresh", "destroy"].includes(args[0]!)) ||
      (args[0] === "stack" && args[1] === "export");
    return printsJson ? { ...ran, json: parsed(ran.stdout) } : ran;
  }

  /** Any other program, in the project's folder and environment. */
  run(file: string, args: string[], env: Record<string, string> = {}): Promise<Ran> {
    return command(file, args, { cwd: this.folder.program, env: { ...this.env, ...env }, seconds: 60 });
  }

  /** Removes the folder, the state with it. What the program made in a KMS is not undone: that is `destroy`. */
  async close(): Promise<void> {
    await remove(this.folder);
  }
}

/** Built from nothing: no AWS_* and no PULUMI_* of the machine. This process's Node is the one that runs programs. */
async function environment(folder: Folder, given: Record<string, string>): Promise<Record<string, string>> {
  const path = [await engineFolder(), dirname(process.execPath), process.env.PATH].join(delimiter);
  const kept = Object.entries(process.env).filter(([name]) =>
    /^(TMPDIR|LANG|LC_ALL|NODE_V8_COVERAGE)$/.test(name),
  );
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    PATH: path,
    HOME: folder.home,
    PULUMI_HOME: join(folder.home, ".pulumi"),
    PULUMI_BACKEND_URL: `file://${folder.state}`,
    PULUMI_CONFIG_PASSPHRASE: "correct horse battery staple",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    AWS_EC2_METADATA_DISABLED: "true",
    NODE_OPTIONS: `--require "${join(__dirname, "lazily.cjs")}"`,
    ...given,
  };
}

function flag(name: string, wanted: boolean | undefined): string[] {
  return wanted ? [name] : [];
}

function parsed(text: string): Json {
  return text.trim() === "" ? undefined : JSON.parse(text);
}
