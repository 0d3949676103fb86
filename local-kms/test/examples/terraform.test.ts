import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { mirrorOr, Terraform } from "../../../test/compat/support/index.js";
import { assertUsable, EXAMPLES, onStage } from "./support.js";

describe("the example for Terraform", function () {
  this.timeout(10 * 60_000);
  let mirror: string;
  before(async function () {
    mirror = await mirrorOr(this);
  });

  // Not on the lenient local KMS as well: Terraform waits 20 s for AWS to settle.
  it("makes a KMS key that has the material, and its alias, where the local KMS is as strict as AWS", () =>
    onStage("aws", async ({ kms, env }) => {
      const variables = { endpoint: kms.url, material: randomBytes(32).toString("base64") };
      const terraform = await Terraform.init(join(EXAMPLES, "terraform"), mirror, variables, env);
      try {
        const printed = await terraform.must(["apply", "-auto-approve"]);
        const [, alias, arn] = /^key = "(\S+) \((\S+)\)"$/m.exec(printed) ?? assert.fail(printed);
        await assertUsable(kms, alias!, arn!);
      } finally {
        await terraform.remove();
      }
    }));
});
