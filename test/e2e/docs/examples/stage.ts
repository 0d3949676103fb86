import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ListAliasesCommand, ListKeysCommand } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../../local-kms/src/index";
import { checkout } from "../../../../tools/toolchain";
import { Application } from "../../../world/application";
import { startLocalKms } from "../../../world/localKms";
import { openProject, type Project } from "../../support";

export const examples = join(checkout, "examples");
const REGIONS = ["us-west-1", "us-east-1", "eu-west-1"];

/** Runs a script of an example to its end, and returns what it printed. */
export async function script(
  project: Project,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const ran = await project.run(process.execPath, args, env);
  assert.equal(ran.exitCode, 0, ran.stderr);
  return ran.stdout;
}

/** Runs work while a server of an example runs. It prints its address, and gets any free port as its last argument. */
export async function whileServing<T>(
  project: Project,
  args: string[],
  env: Record<string, string>,
  work: (address: string) => Promise<T>,
): Promise<T> {
  const server = spawn(process.execPath, [...args, "0"], {
    cwd: project.folder.program,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [address] = await once(server.stdout, "data");
    return await work(String(address).trim());
  } finally {
    server.kill();
  }
}

interface StateResource {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what the engine stores is changed by tests, not modelled.
  inputs: any;
  // biome-ignore lint/suspicious/noExplicitAny: the same
  outputs: any;
}

/** Changes the resources in the stack's state, as time or another release would. */
export async function changeState(
  project: Project,
  change: (resource: StateResource) => void,
): Promise<void> {
  const state = (await project.stackExport()).json;
  state.deployment.resources.forEach(change);
  const file = join(project.folder.root, "changed.json");
  writeFileSync(file, JSON.stringify(state));
  await project.pulumi(["stack", "import", "--file", file]);
}

/** A local KMS for a suite, and examples on it. */
export function useExamples() {
  const stage = {
    local: undefined as unknown as LocalKms,
    env: {} as Record<string, string>,

    /** Runs work on an example's stack after its first `up`, which allows the deletion at last; then the stack is destroyed. */
    async onExample(
      name: string,
      work: (project: Project, outputs: Record<string, string>) => Promise<void>,
      config: Record<string, string | { secret: string }> = {},
    ): Promise<void> {
      const project = await openProject({ exampleDir: join(examples, name), env: stage.env, config });
      try {
        await project.up();
        await work(project, await project.outputs());
        await project.destroy();
      } finally {
        await project.close();
      }
      await assertGone(stage.local);
    },
  };
  before(async () => {
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
    stage.local = await startLocalKms();
    stage.env = {
      AWS_ENDPOINT_URL_KMS: stage.local.url,
      AWS_ACCESS_KEY_ID: "111122223333",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    };
  });
  after(() => stage.local.close());
  return stage;
}

async function assertGone(local: LocalKms): Promise<void> {
  for (const region of REGIONS) {
    const application = new Application(local, region);
    const { Aliases = [] } = await application.send(new ListAliasesCommand({}));
    assert.deepEqual(
      Aliases.filter(({ AliasName }) => AliasName?.startsWith("alias/hashicorp/")),
      [],
      region,
    );
    const { Keys = [] } = await application.send(new ListKeysCommand({}));
    for (const { KeyId } of Keys) {
      assert.match((await application.describe(KeyId!)).KeyState!, /^Pending(Replica)?Deletion$/);
    }
  }
}
