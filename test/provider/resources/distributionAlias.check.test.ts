import assert from "node:assert/strict";
import { checked, inputs, mistakesOf } from "./goodInputs";

describe("check of a DistributionAlias", () => {
  it("takes what KeyDistribution hands to it", async () => {
    assert.deepEqual(await mistakesOf("DistributionAlias"), []);
    assert.deepEqual(await checked("DistributionAlias"), inputs.DistributionAlias);
  });

  it("puts purpose and Regions in order, which means nothing", async () => {
    const turned = { purpose: ["encrypt", "decrypt"], replicaRegions: ["us-east-1", "eu-west-1"] };
    assert.deepEqual(await checked("DistributionAlias", turned), inputs.DistributionAlias);
  });

  it("needs what the name and the ARN are made of", async () => {
    for (const name of ["keyName", "keyId", "aliasPrefix", "region", "accountId"]) {
      assert.deepEqual(await mistakesOf("DistributionAlias", { [name]: undefined }), [
        `Expected \`${name}\`, which is missing; the output of a resource that \`--target\` leaves out is missing too.`,
      ]);
    }
  });
});
