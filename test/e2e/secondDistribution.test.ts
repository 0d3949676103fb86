import assert from "node:assert/strict";
import { openProject } from "./support";

describe("a program that distributes a key through one KmsProvider twice, on the real engine", function () {
  this.timeout(120_000);

  it("fails at once, and says so without a stack", async () => {
    // A stack that reaches down to Pulumi's own frames is one that Node 20 takes minutes to colour (nodejs/node#64011).
    const program = `
      Error.stackTraceLimit = 50;
      const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
      const kms = new KmsProvider("prod", { keyCollection: "us-west-1" });
      const key = new ManagedKey("orders");
      for (const name of ["first", "second"]) new KeyDistribution(name, { kms, key });
    `;
    const project = await openProject({ program });
    try {
      const { stdout, stderr } = await project.preview({ fails: true, seconds: 30 });
      assert.match(
        stdout + stderr,
        /error: KeyDistribution "second" distributes a key through a KmsProvider/,
      );
      assert.doesNotMatch(stdout + stderr, /unhandled exception|\bat .*:\d+:\d+/);
    } finally {
      await project.close();
    }
  });
});
