import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout } from "../../../tools/toolchain";

export interface Found {
  code: number | null;
  /** The last line of standard output. */
  folder: string;
  /** Standard error. */
  said: string;
}

/** A machine of shell scripts: tools/engine sees no program but those that a test puts here, and an empty cache. */
export class Bench {
  readonly root = mkdtempSync(join(tmpdir(), "keymgmt-engine-"));
  readonly bin = join(this.root, "bin");
  readonly cache = join(this.root, "cache", "pulumi-keymgmt");
  private readonly journal = join(this.root, "journal");

  /** A program on PATH that notes each call. */
  program(name: string, body: string, folder = this.bin): void {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> ${this.journal}\n${body}\n`);
    chmodSync(file, 0o755);
  }

  pulumi(version: string, { alone = false, folder = this.bin } = {}): void {
    this.program("pulumi", `echo ${version}`, folder);
    if (alone) return;
    this.program("pulumi-language-nodejs", "", folder);
    this.program("pulumi-resource-pulumi-nodejs", "", folder);
  }

  /** A Go whose builds are scripts that answer `version`, each made after some seconds. */
  go(version: string, seconds = 0): void {
    this.program(
      "go",
      `[ "$1" = version ] && exit 0
       while [ "$1" != -o ]; do shift; done
       /bin/sleep ${seconds}
       printf '#!/bin/sh\\necho ${version}\\n' > "$2"
       /bin/chmod 755 "$2"`,
    );
  }

  /** An npm whose package \`pulumi\` runs a script in place of its own run.js. */
  npm(runJs: string): void {
    const wrapper = "$3/node_modules/pulumi";
    this.program("npm", `/bin/mkdir -p "${wrapper}"; /bin/cat > "${wrapper}/run.js" <<'END'\n${runJs}\nEND`);
  }

  /** What was called, of the programs with this name. */
  calls(name: string): string[] {
    if (!existsSync(this.journal)) return [];
    const lines = readFileSync(this.journal, "utf8").split("\n");
    return lines.filter((line) => line.startsWith(`${name} `));
  }

  /** Starts tools/engine; `kill` ends it as a power cut would. */
  start(): { found: Promise<Found>; kill: () => void } {
    const child = spawn(process.execPath, [join(checkout, "tools/engine/main.mjs")], {
      env: { PATH: this.bin, HOME: this.root, XDG_CACHE_HOME: join(this.root, "cache") },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
    const found = new Promise<Found>((resolve) => {
      child.on("close", (code) => resolve({ code, folder: stdout.trimEnd().split("\n").at(-1)!, said }));
    });
    return { found, kill: () => child.kill("SIGKILL") };
  }

  run(): Promise<Found> {
    return this.start().found;
  }

  /** What lies in the cache, staging folders and locks included. */
  kept(): string[] {
    return existsSync(this.cache) ? readdirSync(this.cache) : [];
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
