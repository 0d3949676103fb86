import assert from "node:assert/strict";
import { type LocalKmsConfig, startLocalKms } from "../../src/index.js";

const refused = async (config: unknown) => {
  const error = await startLocalKms({ config: config as LocalKmsConfig }).then(
    (kms) => kms.close(),
    (error: Error) => error,
  );
  assert.ok(error, `expected ${JSON.stringify(config)} to be refused`);
  return error.message;
};

describe("local KMS: configuration", () => {
  it("is refused in a sentence that names the setting, what was expected and what came", async () => {
    for (const [config, message] of [
      [
        { replicaCreatingMillis: -1 },
        "Expected `config.replicaCreatingMillis` to be a whole number from 0 on, got `-1`",
      ],
      [
        { importKeyPool: { RSA_2048: "many" } },
        'Expected `config.importKeyPool.RSA_2048` to be a whole number from 0 on, got `"many"`',
      ],
      [
        { importKeyPool: [] },
        "Expected `config.importKeyPool` to be an object of numbers of RSA pairs by WrappingKeySpec, and `reuse`, got a list",
      ],
      [
        { importKeyPool: { RSA_1024: 1 } },
        "Unknown setting `RSA_1024` in `config.importKeyPool`; known are RSA_2048, RSA_3072, RSA_4096, reuse",
      ],
      [[], "Expected the config to be an object of settings"],
      ["aws", "Expected the config to be an object of settings"],
    ] as const) {
      assert.equal(await refused(config), message);
    }
  });

  it("has a name for every setting, and functions only where a program gives them", async () => {
    assert.match(
      await refused({ replicaCreatingMilis: 1 }),
      /^Unknown setting `replicaCreatingMilis` in `config`; known are profile, startTime, keys, replicaCreatingMillis, /,
    );
    assert.match(await refused({ now: "2026-01-01" }), /^Unknown setting `now`/);
    assert.match(await refused({ intercept: {} }), /^Unknown setting `intercept`/);
  });
});
