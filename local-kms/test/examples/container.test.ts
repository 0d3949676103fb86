import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { parse } from "yaml";
import { builtLocalKms } from "../../../test/built.js";
import { command } from "../../../test/e2e/support/command.js";
import { rawRequest } from "../../../test/security/support/rawRequest.js";
import { checkout } from "../../../tools/toolchain.js";
import { dependencies, name, version } from "../../package.json";
import { temporaryFolder } from "../support.js";
import { EXAMPLES } from "./support.js";

/** The instructions of the Containerfile, their continued lines joined. */
const INSTRUCTIONS = readFileSync(join(EXAMPLES, "../Containerfile"), "utf8")
  .replace(/^#.*\n/gm, "")
  .replace(/\\\n\s*/g, "")
  .split("\n")
  .map((line) => /^([A-Z]+) (.*)$/.exec(line) ?? [])
  .map(([, instruction, rest]) => ({ instruction, rest: rest! }));
const all = (wanted: string) =>
  INSTRUCTIONS.filter(({ instruction }) => instruction === wanted).map(({ rest }) => rest);
const HEALTHCHECK: string[] = JSON.parse(/ CMD (.*)$/.exec(all("HEALTHCHECK")[0]!)![1]!);
const { kms: SERVICE, app: APP } = parse(readFileSync(join(EXAMPLES, "compose.yaml"), "utf8")).services;

/** No daemon builds the image here: its steps are run by hand, in a folder for its file system. */
describe("the container recipe", function () {
  this.timeout(120_000);
  let context: string;
  let env: Record<string, string>;
  let server: ChildProcess;
  let port: string;

  before(async () => {
    builtLocalKms();
    context = await temporaryFolder();
    const prefix = join(context, "prefix");
    const path = [join(prefix, "bin"), dirname(process.execPath), process.env.PATH].join(delimiter);
    const npm = {
      npm_config_prefix: prefix,
      npm_config_offline: "true",
      npm_config_cache: join(context, "cache"),
    };
    env = { PATH: path, HOME: context, ...npm };
  });
  after(() => server?.kill("SIGKILL"));

  const run = async (file: string, ...args: string[]) => {
    const { exitCode, stdout, stderr } = await command(file, args, { cwd: context, env, seconds: 60 });
    assert.equal(exitCode, 0, stderr);
    return stdout;
  };

  it("installs the version of this package, and runs it as a user who is not root", async () => {
    assert.deepEqual(all("ARG").slice(1), [`VERSION=${version}`, `PACKAGE=${name}@\${VERSION}`]);
    assert.deepEqual(all("USER"), ["node"]);
    const [install] = all("RUN").filter((step) => step.includes("npm install"));
    assert.match(install!, / --ignore-scripts /);
    env.PACKAGE = `./${await packed(run, context)}`;
    await run("sh", "-c", install!.replaceAll(/--mount=\S+ /g, ""));
    linkDependencies(join(context, "prefix/lib/node_modules", name));
  });

  it("starts, with the arguments of the compose file, a server that its health check finds and the app reaches by name", async () => {
    const [entry, ...first] = JSON.parse(all("ENTRYPOINT")[0]!) as [string, ...string[]];
    const rest = SERVICE.command.map((argument: string) =>
      argument.replace(/^\/data$/, join(context, "data")),
    );
    server = spawn(entry, [...first, ...rest, "--port", "0"], { cwd: context, env });
    const [said] = await once(server.stdout!, "data");
    port = /listening on http:\/\/0\.0\.0\.0:(\d+)\n/.exec(String(said))![1]!;

    await health(0);
    const statusAs = async (host: string) =>
      (await rawRequest(`http://127.0.0.1:${port}`, { method: "GET", headers: { host } })).status;
    assert.equal(await statusAs("other"), 403);
    assert.equal(await statusAs(new URL(APP.environment.AWS_ENDPOINT_URL_KMS).host), 404);
    assert.equal(new URL(APP.environment.AWS_ENDPOINT_URL_KMS).port, all("EXPOSE")[0]);
    assert.deepEqual(APP.depends_on, { kms: { condition: "service_healthy" } });
  });

  it("ends in order, and is not healthy then", async () => {
    server.kill("SIGTERM");
    assert.deepEqual(await once(server, "exit"), [0, null]);
    await health(1);
  });

  it("is open to this machine and the services of the compose file alone", () => {
    for (const published of SERVICE.ports) assert.match(published, /^127\.0\.0\.1:/);
  });

  async function health(expected: number) {
    const [file, ...args] = HEALTHCHECK.map((argument) => argument.replace(":4599", `:${port}`));
    const { exitCode, stderr } = await command(file!, args, { cwd: context, env, seconds: 10 });
    assert.equal(exitCode, expected, stderr);
  }
});

type Run = (file: string, ...args: string[]) => Promise<string>;

const WORKSPACE = ["--prefix", checkout, "--workspace", "local-kms"];

/** The package as `npm pack` makes it, but for its dependencies: npm would fetch what no hash pins. Answers the file's name. */
async function packed(run: Run, context: string): Promise<string> {
  const pack = async (...args: string[]): Promise<string> => {
    const to = ["--json", "--ignore-scripts", "--pack-destination", context];
    return JSON.parse(await run("npm", "pack", ...to, ...args))[0].filename;
  };
  await run("tar", "-xzf", await pack(...WORKSPACE));
  const folder = join(context, "package");
  const file = join(folder, "package.json");
  const { dependencies: fetched, ...manifest } = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify(manifest));
  return pack(folder);
}

/** Gives an installed package its dependencies as `npm ci` has installed them here. */
function linkDependencies(folder: string): void {
  for (const dependency of Object.keys(dependencies)) {
    const link = join(folder, "node_modules", dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(checkout, "node_modules", dependency), link);
  }
}
