/** Measures one `pulumi up` of 100 keys with distributions on the local KMS: `npx tsx test/measure/hundredKeys.ts`. Needs GNU time. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openProject } from "../e2e/support";
import { LIFTED } from "../world/declaration";
import { startLocalKms } from "../world/localKms";

const KEYS = 100;

async function main(): Promise<void> {
  const local = await startLocalKms({ config: { importKeyPool: { reuse: true } } });
  const env = { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret", NODE_NO_WARNINGS: "1" };
  const project = await openProject({
    env,
    program: `
      const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
      const kms = new KmsProvider("prod", {
        keyCollection: "us-west-1", endpoint: "${local.url}", wrappingKeySpec: "RSA_2048", quotas: ${JSON.stringify(LIFTED)},
      });
      for (let i = 0; i < ${KEYS}; i++) {
        new KeyDistribution("key-" + i, { kms, key: new ManagedKey("key-" + i) });
      }
    `,
  });
  try {
    const began = Date.now();
    const peak = watchMemory(project.folder.program);
    await project.up({ seconds: 600 });
    console.log(`up of ${KEYS} keys with distributions: ${((Date.now() - began) / 1000).toFixed(1)} s`);
    for (const [name, bytes] of Object.entries(await peak()))
      console.log(`peak memory of ${name}: ${(bytes / 2 ** 20).toFixed(0)} MiB`);
    console.log("requests:", JSON.stringify(local.counts()));
    local.resetCounts();
    const again = Date.now();
    await project.up({ seconds: 600 });
    console.log(
      `up that changes nothing: ${((Date.now() - again) / 1000).toFixed(1)} s, requests: ${JSON.stringify(local.counts())}`,
    );
    const { stdout } = await project.stackExport();
    await writeFile(join(project.folder.root, "state.json"), stdout);
    const resources = JSON.parse(stdout).deployment.resources as { type: string }[];
    for (const type of ["ManagedKey", "DistributionAlias", "KeyDistribution"]) {
      const one = resources.find((resource) => resource.type.endsWith(`:${type}`));
      console.log(`state of one ${type}: ${JSON.stringify(one).length} bytes`);
    }
  } finally {
    await project.close();
    await local.close();
  }
}

/** Highest resident memory of each process that works in the project's folder, read from /proc twice a second. */
function watchMemory(folder: string): () => Promise<Record<string, number>> {
  const { readdirSync, readFileSync, readlinkSync } = require("node:fs") as typeof import("node:fs");
  const peaks: Record<string, number> = {};
  const timer = setInterval(() => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        if (!readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)) continue;
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        const name = command.includes("dynamic-provider")
          ? "the provider process"
          : command.includes("cmd/run")
            ? "the program"
            : command.startsWith("pulumi\0")
              ? "the CLI and engine"
              : "";
        const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
        if (name && kib) peaks[name] = Math.max(peaks[name] ?? 0, Number(kib) * 1024);
      } catch {
        // It has ended since.
      }
    }
  }, 500);
  return async () => {
    clearInterval(timer);
    return peaks;
  };
}

void main();
