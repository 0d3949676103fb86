import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../temporaryFolders";
import { Program } from "../world/program";
import { useScene } from "../world/scene";
import { ACCOUNT, exportOf, keymgmtOn } from "./support";

const OTHER = "444455556666";

describe("a stack with KMS keys in two accounts", function () {
  this.timeout(60_000);
  const { scene, program } = useScene();
  let state: string;
  let env: Record<string, string>;

  beforeEach(async () => {
    await program.up();
    const other = new Program(scene, OTHER, "organization/shop/dev");
    await other.up({ key: { name: "ledger" } });
    const [all, second] = [program, other].map((each) => JSON.parse(exportOf(each)));
    // The names of the resources of one stack differ.
    const renamed = JSON.stringify(second.deployment.resources).replaceAll(/::(\w+)"/g, '::other-$1"');
    all.deployment.resources.push(...JSON.parse(renamed));
    state = JSON.stringify(all);
    const home = await temporaryFolder();
    await mkdir(join(home, ".aws"));
    const profile = (name: string, id: string) =>
      `[profile ${name}]\naws_access_key_id = ${id}\naws_secret_access_key = secret\n`;
    await writeFile(join(home, ".aws", "config"), profile("first", ACCOUNT) + profile("second", OTHER));
    env = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", HOME: home };
  });

  const run = (command: string, ...as: string[]) =>
    keymgmtOn(scene)([...command.split(" "), "--state", "-", ...as.flatMap((one) => ["--as", one])], {
      input: state,
      env,
    });

  for (const command of ["status", "sweep", "doctor"]) {
    it(`is checked by one \`${command}\`, which ends with 0 where all is well`, async () => {
      const { code, stdout, stderr } = await run(`${command} --json`, "kms=first", "other-kms=second");
      assert.equal(code, 0, stdout + stderr);
      for (const account of [ACCOUNT, OTHER]) assert.ok(stdout.includes(account), stdout);
    });
  }

  it("is not called well where credentials for one account are missing", async () => {
    for (const [command, expected] of [
      ["status", 1],
      ["sweep", 1],
      ["doctor", 3],
    ] as const) {
      const { code, stdout, stderr } = await run(command, "kms=first");
      assert.equal(code, expected, command);
      assert.match((stdout + stderr).replaceAll(/\s+/g, " "), /give --as other-kms=PROFILE, or =ROLE-ARN/);
    }
  });
});
