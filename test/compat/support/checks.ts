import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clients, Target } from "./clients";

/** What went wrong by title; null where a check passed. */
type Results = Record<string, string | null>;

/**
 * Declares a test for each check of a Python script (test/compat/python), which `before` runs as a whole: starting Python
 * takes longer than most checks.
 */
export function checksOf(
  script: string,
  ready: () => Promise<{ clients: Clients; target: Target; args?: string[] }>,
) {
  const file = join(__dirname, "..", "python", script);
  const titles = [...readFileSync(file, "utf8").matchAll(/^@check\("(.+)"\)$/gm)].map(([, title]) => title!);
  let results: Results;

  before(async () => {
    const { clients, target, args } = await ready();
    results = await clients.script(target, file, args);
    assert.deepEqual(Object.keys(results), titles);
  });

  for (const title of titles) {
    it(title, () => {
      const failure = results[title];
      if (failure !== null) assert.fail(failure);
    });
  }
}
