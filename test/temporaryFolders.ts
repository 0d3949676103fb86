/** Temporary folders of tests. mocha requires this file: its hook removes them after each test file. */
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made = new Set<string>();

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "keymgmt-test-"));
  made.add(folder);
  return folder;
}

export const mochaHooks = {
  afterAll() {
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
    made.clear();
  },
};
