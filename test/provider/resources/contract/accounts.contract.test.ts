import assert from "node:assert/strict";
import type { LocalKms } from "../../../../local-kms/src/index";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { localKms, Program } from "../../../world/program";

describe("KmsProviders of several accounts in one process", () => {
  let local: LocalKms;
  before(async () => {
    local = await localKms();
  });
  after(() => local.close());

  it("each keep to their own account, also where they work at the same time", async () => {
    const accounts = ["111122223333", "444455556666", "777788889999"];
    const programs = accounts.map((account) => new Program(local, account));
    const up = () => programs.map((program) => program.up({ key: { rotationTrigger: `${++round}` } }));
    let round = 0;
    await Promise.all(up());
    await Promise.all(up());
    for (const [n, program] of programs.entries()) {
      assert.equal(program.outputs("kms").accountId, accounts[n]);
      const versions = Object.values(program.outputs("distribution").versions as KmsKeyRecords);
      assert.deepEqual(
        versions.map(({ keyArn }) => keyArn.split(":")[4]),
        [accounts[n], accounts[n]],
      );
      const own = new Application(local, "us-west-1", accounts[n]);
      const alias = program.outputs("distribution").aliasName as string;
      const { keyArn } = await own.decrypt(await own.encrypt(alias, "hello"));
      assert.equal(keyArn, versions[1]!.keyArn);
      const other = new Application(local, "us-west-1", accounts[(n + 1) % accounts.length]);
      await assert.rejects(other.describe(versions[0]!.keyId), { name: "NotFoundException" });
    }
  });
});
