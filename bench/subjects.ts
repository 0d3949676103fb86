/** What is measured: the same keys, declared in three ways. */
import { randomBytes } from "node:crypto";
import { cp, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { LocalKms } from "../local-kms/src/index";
import { Terraform } from "../test/compat/support/terraform";
import { openProject, type Project, type RunOptions } from "../test/e2e/support";
import { LIFTED } from "../test/world/declaration";
import { checkout } from "../tools/toolchain";

export interface Subject {
  readonly name: string;
  up(started: Started): Promise<void>;
  preview?(started: Started): Promise<void>;
  /** Bytes of all its resources in the state, without white space. */
  stateBytes(): Promise<number>;
  close(): Promise<void>;
}

/** Gets the id of the process that does the work. */
type Started = (pid: number) => void;

/** Each has an account of its own, so that they share no KMS key and no quota. */
const SECRET = "secret";
/** The largest stacks take minutes. */
const SECONDS = 3600;

/** The calls that make a key. `QUOTAS` of a program lifts them, since the local KMS has no quotas here. */
const CALLS = ["CreateKey", "GetParametersForImport", "ImportKeyMaterial", "CreateAlias"] as const;

export const ours = (local: LocalKms, keys: number) =>
  pulumiSubject(
    "pulumi-keymgmt",
    "keymgmt",
    local,
    {
      AWS_ACCESS_KEY_ID: "100000000001",
      QUOTAS: JSON.stringify(Object.fromEntries(CALLS.map((call) => [call, LIFTED[call]]))),
      KEYS: String(keys),
    },
    installPackage,
  );

/**
 * Puts into a project what an installation of the package puts there, in place of the checkout: Pulumi's runtime maps each of its stack
 * traces, and the checkout has source maps. It lies below the checkout's node_modules, where it finds its dependencies.
 */
export async function installPackage(project: Project): Promise<void> {
  const installed = join(checkout, "node_modules", ".cache", "keymgmt-bench", "pulumi-keymgmt");
  await rm(installed, { recursive: true, force: true });
  for (const part of ["dist", "schema.json", "package.json"])
    await cp(join(checkout, part), join(installed, part), {
      recursive: true,
      filter: (path) => !path.endsWith(".map"),
    });
  const place = join(project.folder.program, "node_modules", "pulumi-keymgmt");
  await rm(place);
  await symlink(installed, place, "dir");
}

/** @param resources of each key: 2, or 3 where the alias is a resource of its own */
export const baseline = (local: LocalKms, keys: number, resources: 2 | 3) =>
  pulumiSubject(`baseline of ${resources} resources`, "baseline", local, {
    AWS_ACCESS_KEY_ID: `10000000001${resources}`,
    KEYS: String(keys),
    RESOURCES: String(resources),
  });

async function pulumiSubject(
  name: string,
  folder: string,
  local: LocalKms,
  env: Record<string, string>,
  prepare: (project: Project) => Promise<void> = async () => {},
): Promise<Subject> {
  const project = await openProject({
    exampleDir: join(__dirname, folder),
    env: {
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      ENDPOINT: local.url,
      NODE_OPTIONS: "", // as people run it, and not with what makes the tests faster
      ...env,
    },
  });
  await prepare(project);
  const options = (started: Started): RunOptions => ({ seconds: SECONDS, started });
  return {
    name,
    up: async (started) => void (await project.up(options(started))),
    preview: async (started) => void (await project.preview(options(started))),
    stateBytes: async () => JSON.stringify(await resourcesOf(project)).length,
    close: () => project.close(),
  };
}

/** As the state has them, secrets encrypted. */
async function resourcesOf(project: Project): Promise<object[]> {
  const { json } = await project.stackExport();
  const resources = json.deployment.resources as { type: string }[];
  return resources.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"));
}

/** @param mirror a filesystem mirror that has hashicorp/aws */
export async function terraformSubject(local: LocalKms, keys: number, mirror: string): Promise<Subject> {
  const terraform = await Terraform.init(join(__dirname, "terraform"), mirror, {
    endpoint: local.url,
    account: "100000000021",
    secret: SECRET,
    keys: String(keys),
    material: randomBytes(32).toString("base64"),
  });
  return {
    name: "Terraform",
    up: async (started) =>
      void (await terraform.must(["apply", "-auto-approve"], { seconds: SECONDS, started })),
    stateBytes: async () =>
      JSON.stringify(JSON.parse(await terraform.must(["state", "pull"])).resources).length,
    close: () => terraform.remove(),
  };
}
