import assert from "node:assert/strict";
import type { LocalKms } from "../../local-kms/src/index";
import { localKms, Program } from "../world/program";
import { exportOf, fileOf, keymgmt } from "./support";

const DOWN = "eu-west-1";

describe("a Region that does not answer, on the command line", function () {
  this.timeout(120_000);
  let local: LocalKms;
  let program: Program;
  const asked: string[] = [];
  before(async () => {
    const intercept = ({ region }: { region: string }) => {
      asked.push(region);
      return undefined;
    };
    local = await localKms({ intercept });
    program = new Program(local);
    await program.up({ key: { replicaRegions: [DOWN] }, replicas: [DOWN] });
  });
  after(() => local.close());

  const run = async (command: string) => {
    const state = await fileOf(exportOf(program));
    asked.length = 0;
    return keymgmt([...command.split(" "), "--state", state], { env: { AWS_ENDPOINT_URL_KMS: local.url } });
  };
  const listed = () =>
    program.up({
      key: { replicaRegions: [DOWN] },
      replicas: [DOWN],
      kms: { unreachableRegions: [DOWN] },
    });

  it("is named by `status`, which says no more of it, and ends with 1", async () => {
    await local.setFaults([{ region: DOWN, drop: "reset" }]);
    const { code, stdout } = await run("status");
    await local.setFaults([]);
    assert.match(
      stdout.replaceAll(/\s+/g, " "),
      /Not looked at in eu-west-1: no answer from the endpoint http:\/\/127\.0\.0\.1:\d+ \(ECONNRESET\)\. If eu-west-1 is down: `unreachableRegions: \["eu-west-1"\]` of the KmsProvider lets updates go on without\./,
    );
    assert.equal(stdout.match(/no answer/g)!.length, 1);
    assert.match(stdout, /eu-west-1 +mrk-\S+ +not known +\? +-\n/);
    assert.doesNotMatch(stdout, /eu-west-1 .*Enabled/);
    assert.match(stdout, /No drift\. 1 Region could not be looked at\./);
    assert.equal(code, 1);
  });

  for (const drop of ["reset", "hang"] as const)
    it(`is said once of all Regions where the one endpoint of all of them has the fault "${drop}": nothing is known then`, async () => {
      await local.setFaults([{ drop }]);
      const { code, stdout } = await run("status");
      await local.setFaults([]);
      const name = drop === "reset" ? "ECONNRESET" : "ETIMEDOUT";
      const end = stdout.slice(stdout.indexOf("\n\nNot looked")).replaceAll(/\s+/g, " ");
      assert.equal(
        end,
        ` Not looked at in eu-west-1, us-west-1: no answer from the endpoint ${local.url} (${name}). Check that it is right and can be reached from here. ` +
          "To delete a key: `deletionAllowed: true` on the ManagedKey, then `pulumi up`. Not known: nothing could be read. ",
      );
      assert.doesNotMatch(stdout, /drift|unreachableRegions|scheduled for deletion/i);
      assert.equal(code, 1);
    });

  it("is left out by all where `unreachableRegions` names it, and each says so", async () => {
    await listed();
    const status = await run("status");
    assert.match(
      status.stdout.replaceAll(/\s+/g, " "),
      /Not looked at in eu-west-1: eu-west-1 is left out, as `unreachableRegions` of the KmsProvider names eu-west-1: nothing was asked there/,
    );
    assert.equal(status.code, 1);
    assert.ok(!asked.includes(DOWN));

    const sweep = await run("sweep --region eu-west-1");
    assert.match(sweep.stdout, /Left out: {2}eu-west-1: `unreachableRegions` of the KmsProvider names it\./);
    assert.match(sweep.stdout, /\nNothing is known of eu-west-1, which was left out\.\n$/);
    assert.equal(sweep.code, 1);
    assert.ok(!asked.includes(DOWN));
    assert.deepEqual(JSON.parse((await run("sweep --json")).stdout).leftOut, [DOWN]);

    const doctor = await run("doctor");
    assert.match(
      doctor.stdout,
      /\neu-west-1\n {2}left out: `unreachableRegions` of the KmsProvider names it/,
    );
    assert.equal(doctor.code, 0, doctor.stdout);
    assert.ok(!asked.includes(DOWN));
  });
});
