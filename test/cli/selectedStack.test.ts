import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../temporaryFolders";
import { exportOf, fakePulumi, useCommand } from "./support";

describe("the stack that is selected in the current project", function () {
  this.timeout(60_000);
  const { program, keymgmt } = useCommand();
  let cwd: string;

  beforeEach(async () => {
    await program.up();
    cwd = await temporaryFolder();
    await writeFile(join(cwd, "Pulumi.yaml"), "name: shop\nruntime: nodejs\n");
  });

  const ALL = ["status", "sweep", "doctor", "doctor --offline", "iam-policy"];

  for (const command of ALL) {
    it(`is the default: keymgmt ${command}`, async () => {
      const env = await fakePulumi(join(cwd, "args"), 0, exportOf(program));
      const { code, stdout, stderr } = await keymgmt(command.split(" "), { cwd, env });
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /us-west-1|3 of this package/);
    });
  }

  it("is read beside --region, which adds a Region in every command", async () => {
    const env = await fakePulumi(join(cwd, "args"), 0, exportOf(program));
    for (const command of ["sweep", "doctor", "iam-policy"]) {
      const { code, stdout } = await keymgmt([command, "--region", "eu-west-1"], { cwd, env });
      assert.equal(code, 0);
      for (const region of ["us-west-1", "eu-west-1"]) assert.ok(stdout.includes(region), command);
    }
    assert.equal((await keymgmt(["status", "--region", "eu-west-1"], { cwd, env })).code, 0);
  });

  it("is left out with a note where it cannot be exported and the options suffice, and else missed", async () => {
    const options = { cwd, env: { PATH: "/nonexistent" } };
    for (const command of [
      "doctor --region us-west-1",
      "iam-policy --account-id 111122223333 --region us-west-1",
      "sweep --empty-stack organization/shop/dev --region us-west-1",
    ]) {
      const { stderr } = await keymgmt(command.split(" "), options);
      assert.match(stderr, /^note: no state is used: Expected `pulumi` on the PATH\./, command);
    }
    for (const command of ALL) {
      const { code, stderr } = await keymgmt(command.split(" "), options);
      assert.match(stderr, /Expected `pulumi` on the PATH\. Or give --state FILE/, command);
      assert.equal(code, 1);
    }
  });

  it("is looked for in a Pulumi project alone", async () => {
    const outside = { cwd: await temporaryFolder(), env: { PATH: "/nonexistent" } };
    const { stderr, code } = await keymgmt(["doctor", "--region", "us-west-1"], outside);
    assert.equal(stderr, "");
    assert.equal(code, 0);
  });
});
