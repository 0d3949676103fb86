import assert from "node:assert/strict";
import type { LocalKms } from "../../local-kms/src/index";
import { startLocalKms } from "../world/localKms";
import { openProject, type Project } from "./support";

describe("outputs that a program reads on demand", function () {
  this.timeout(300_000);
  let local: LocalKms;
  let project: Project;
  const tag = "tag-value-that-is-secret";

  const program = (more = "") => `
    const { KmsProvider, ManagedKey, KeyDistribution } = require("pulumi-keymgmt");
    const kms = new KmsProvider("prod", {
      keyCollection: "us-west-1", endpoint: "${local.url}", wrappingKeySpec: "RSA_2048", tags: { team: "${tag}" },
    }, { additionalSecretOutputs: ["tags"] });
    const distributed = (name, opts) => new KeyDistribution(
      name, { kms, key: new ManagedKey(name, { replicaRegions: ["eu-west-1"], deletionAllowed: true }) }, opts,
    );
    const distribution = distributed("orders", { additionalSecretOutputs: ["keyArn"] });
    exports.replicaArn = distribution.replicate()[0].keyArn;
    exports.keyArn = distribution.keyArn;
    exports.description = distribution.description.apply((text) => text ?? "none");
    exports.connection = [kms.quotas, kms.credentialSource];
    ${more}`;

  before(async () => {
    local = await startLocalKms();
    project = await openProject({
      program: program(),
      env: { AWS_ACCESS_KEY_ID: "111122223333", AWS_SECRET_ACCESS_KEY: "secret" },
    });
    await project.up();
  });
  after(async () => {
    await project?.close();
    await local?.close();
  });

  it("are secret where the program says so, and so is what others get of them", async () => {
    const { resources } = await project.state();
    for (const { type, inputs, outputs } of resources) {
      const isItsOwnInput = type.endsWith(":KmsProvider");
      assert.ok(!JSON.stringify(isItsOwnInput ? outputs : [inputs, outputs]).includes(tag), type);
    }
    const { description, keyArn } = await project.outputs();
    assert.equal(description, "none");
    assert.equal(keyArn.ciphertext, "");
  });

  it("change nothing in a preview, because they are known or nobody's input", async () => {
    const { stdout } = await project.preview({ args: ["--expect-no-changes"] });
    assert.doesNotMatch(stdout, /description/);
  });

  it("are unknown where --target leaves their resource out, which stops nothing", async () => {
    await project.setProgram(program('exports.other = distributed("other").replicate()[0].keyArn;'));
    const { resources } = await project.state();
    const { urn } = resources.find(({ type }: { type: string }) => type.endsWith(":ManagedKey"));
    const { stdout } = await project.up({ args: ["--target", urn] });
    assert.doesNotMatch(stdout, /error/);
  });
});
