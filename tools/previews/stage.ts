import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KMSClient } from "@aws-sdk/client-kms";
import { type LocalKms, startLocalKms } from "../../local-kms/src/index";
import { clientFor } from "../../local-kms/test/support";
import { openProject, type Project, type Result } from "../../test/e2e/support";

export const HOME = "us-west-1";
export const ABROAD = "eu-west-1";

interface ResourceState {
  urn: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
}

const ACCOUNT = "111122223333";

/** A stack on the real engine and a local KMS. */
export class Stage {
  private constructor(
    private readonly local: LocalKms,
    readonly project: Project,
  ) {}

  static async open(): Promise<Stage> {
    // Few pairs in advance: each import wants a fresh one of RSA-4096, which takes a processor a second or two.
    const local = await startLocalKms({
      config: { importKeyPool: { RSA_2048: 1, RSA_3072: 0, RSA_4096: 1 } },
    });
    const env = {
      AWS_ENDPOINT_URL_KMS: local.url,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: "not-checked",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    };
    return new Stage(local, await openProject({ program: "", env }));
  }

  async close(): Promise<void> {
    await this.project.close();
    await this.local.close();
  }

  client(region: string): KMSClient {
    return clientFor(this.local.url, region, ACCOUNT);
  }

  async preview(program: string, options: { fails?: boolean; args?: string[] } = {}): Promise<string> {
    await this.project.setProgram(withImports(program));
    return asPrinted(await this.project.preview({ diff: true, ...options }));
  }

  async up(program: string): Promise<void> {
    await this.project.setProgram(withImports(program));
    await this.project.up();
  }

  /** What the state has of a resource (`KeyDistribution::orders`). */
  async outputs(resource: string): Promise<Record<string, string>> {
    const { resources } = (await this.project.stackExport()).json.deployment;
    return resources.find(({ urn }: { urn: string }) => urn.endsWith(`:${resource}`)).outputs;
  }

  /** As if a resource (`ManagedKey::orders`) had been updated long ago: its state has other dates. */
  makeOlder(resource: string, dates: Record<string, string>): Promise<void> {
    return this.#changeState(({ urn, inputs, outputs }) => {
      if (urn.endsWith(`:${resource}`)) for (const values of [inputs, outputs]) Object.assign(values, dates);
    });
  }

  /** As if what waits because of `publishBefore` had been published at another moment. */
  publishedAt(moment: string): Promise<void> {
    return this.#changeState(({ outputs }) => {
      for (const record of Object.values((outputs?.versions ?? {}) as Record<string, object>))
        if ("publishedAt" in record) record.publishedAt = moment;
    });
  }

  async #changeState(change: (resource: ResourceState) => void): Promise<void> {
    const state = (await this.project.stackExport()).json;
    for (const resource of state.deployment.resources) change(resource);
    const file = join(this.project.folder.root, "older.json");
    writeFileSync(file, JSON.stringify(state));
    await this.project.pulumi(["stack", "import", "--file", file]);
  }
}

const withImports = (program: string) =>
  `const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");\n${program}`;

/** What a terminal shows: what the provider says, in any order, and errors come from stderr. */
function asPrinted({ stdout, stderr }: Result): string {
  return [stdout, ...stderr.split("\n").sort()].join("\n");
}
