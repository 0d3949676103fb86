import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type LocalKms, startLocalKms } from "../../local-kms/src/index";
import { openProject, type Project } from "../../test/e2e/support/index";
import { Application } from "../../test/world/application";
import { checkout } from "../toolchain";

const ACCOUNT = "111122223333";

/** What the quickstart happens on: a local KMS, and a Pulumi project with an empty stack in a temporary folder. */
export interface Stage {
  /** The example's program, as it is written. */
  source: string;
  local: LocalKms;
  project: Project;
  /** An application in a Region: it uses the AWS SDK and knows no Pulumi. */
  application(region: string): Application;
  /** Leaves nothing running and no folder. */
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const example = join(checkout, "examples", "multi-region");
  const source = await readFile(join(example, "index.ts"), "utf8");
  // Few pairs in advance: each import wants a fresh one of RSA-4096, which takes a processor a second or two.
  const local = await startLocalKms({ config: { importKeyPool: { RSA_2048: 0, RSA_3072: 0, RSA_4096: 1 } } });
  try {
    const project = await openProject({
      exampleDir: example,
      env: {
        AWS_ENDPOINT_URL_KMS: local.url,
        AWS_ACCESS_KEY_ID: ACCOUNT,
        AWS_SECRET_ACCESS_KEY: "not-checked",
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      },
    });
    removeAtExit(project.folder.root);
    return {
      source,
      local,
      project,
      application: (region) => new Application(local, region, ACCOUNT),
      close: async () => {
        await project.close();
        await local.close();
      },
    };
  } catch (error) {
    await local.close();
    throw error;
  }
}

/** Ctrl-C in the middle leaves no folder either; running commands are ended by their own exit handler, before this one. */
function removeAtExit(folder: string): void {
  process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
}
