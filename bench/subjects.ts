/** What is measured: the same keys, declared in several ways. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { LocalKms } from "../local-kms/src/index";
import { Terraform } from "../test/compat/support/terraform";
import { openProject, type Project, type RunOptions } from "../test/e2e/support";
import { LIFTED } from "../test/world/declaration";

export interface Subject {
  /** @param env for the program */
  up(started?: Started, env?: Record<string, string>): Promise<void>;
  preview?(started?: Started): Promise<void>;
  /** Bytes of all its resources in the state, without white space. */
  stateBytes(): Promise<number>;
  close(): Promise<void>;
}

export interface PulumiSubject extends Subject {
  /** Those of the two packages, as the state has them, secrets encrypted. */
  resources(): Promise<Stored[]>;
  /** Takes away the lock of an update that was killed. */
  unlock(): Promise<void>;
}

interface Stored {
  type: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

/** Gets the id of the process that does the work. */
type Started = (pid: number) => void;

export const SECRET = "secret";
/** The largest stacks take minutes. */
const SECONDS = 3600;

/** The calls that make a key. */
const CALLS = ["CreateKey", "GetParametersForImport", "ImportKeyMaterial", "CreateAlias"] as const;

/** Keys with a distribution each. */
interface Keys {
  keys: number;
  /** Regions that hold replicas; none by default. */
  replicas?: number;
  /** Number of the first; 0 by default. Stacks in one account have different keys. */
  first?: number;
  /** Lifts AWS's quotas in the program, where the local KMS has none. */
  isLifted?: boolean;
}

/** Each subject has an account of its own, so that they share no KMS key and no quota. */
export const ours = (local: LocalKms, { keys, replicas = 0, first = 0, isLifted = false }: Keys) =>
  pulumiSubject("keymgmt", local, {
    AWS_ACCESS_KEY_ID: "100000000001",
    KEYS: String(keys),
    FIRST: String(first),
    REPLICAS: String(replicas),
    ROTATION: "",
    QUOTAS: isLifted ? JSON.stringify(Object.fromEntries(CALLS.map((call) => [call, LIFTED[call]]))) : "",
  });

/**
 * @param resources of each key: 2, or 3 where the alias is a resource of its own
 * @param like inputs and outputs that the state of the two has too: see `stateOfOne`
 */
export const baseline = (local: LocalKms, keys: number, resources: 2 | 3, like = "") =>
  pulumiSubject("baseline", local, {
    AWS_ACCESS_KEY_ID: `10000000001${like ? 4 : resources}`,
    KEYS: String(keys),
    RESOURCES: String(resources),
    LIKE: like,
  });

/** What the state of pulumi-keymgmt has of a key, for a baseline that has the same. */
export async function stateOfOne(local: LocalKms): Promise<string> {
  const subject = await ours(local, { keys: 1, first: 1_000_000, isLifted: true });
  try {
    await subject.up();
    const stored = await subject.resources();
    const of = (type: string) => {
      const { inputs, outputs } = stored.find((one) => one.type.endsWith(`:${type}`))!;
      return { inputs: withoutCode(inputs), outputs: withoutCode(outputs) };
    };
    return JSON.stringify({ material: of("ManagedKey"), kmsKey: of("KeyDistribution") });
  } finally {
    await subject.close();
  }
}

/** The baseline has its own code, and its own secret in the place of the keyring. */
const withoutCode = ({ __provider, keyring, ...rest }: Record<string, unknown>) => rest;

async function pulumiSubject(
  folder: string,
  local: LocalKms,
  env: Record<string, string>,
): Promise<PulumiSubject> {
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
  const options = (started?: Started): RunOptions => ({ seconds: SECONDS, started });
  return {
    unlock: async () => void (await project.pulumi(["cancel", "--yes"])),
    up: async (started, env) => void (await project.up({ ...options(started), env })),
    preview: async (started) => void (await project.preview(options(started))),
    resources: () => resourcesOf(project),
    stateBytes: async () => JSON.stringify(await resourcesOf(project)).length,
    close: () => project.close(),
  };
}

async function resourcesOf(project: Project): Promise<Stored[]> {
  const { json } = await project.stackExport();
  const resources = json.deployment.resources as Stored[];
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
    up: async (started) =>
      void (await terraform.must(["apply", "-auto-approve"], { seconds: SECONDS, started })),
    stateBytes: async () =>
      JSON.stringify(JSON.parse(await terraform.must(["state", "pull"])).resources).length,
    close: () => terraform.remove(),
  };
}
