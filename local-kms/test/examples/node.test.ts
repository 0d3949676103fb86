import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtLocalKms } from "../../../test/built.js";
import { command } from "../../../test/e2e/support/command.js";
import { EXAMPLES } from "./support.js";

describe("the example for node:test", function () {
  this.timeout(120_000);
  before(() => builtLocalKms());

  for (const profile of ["", "aws"])
    it(`moves the clock past the end of material; LOCAL_KMS_PROFILE=${profile}`, async () => {
      const file = join(EXAMPLES, "node/import-key.test.mjs");
      const options = { cwd: tmpdir(), env: { LOCAL_KMS_PROFILE: profile }, seconds: 120 };
      const args = ["--test", "--test-reporter=tap", file];
      const { stdout, exitCode } = await command(process.execPath, args, options);
      assert.equal(exitCode, 0, stdout);
      assert.match(stdout, /^# pass 2$/m);
    });
});
