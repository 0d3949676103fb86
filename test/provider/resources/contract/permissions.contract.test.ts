import assert from "node:assert/strict";
import { ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import sinon from "sinon";
import type { LocalKms } from "../../../../local-kms/src/index";
import { type Feature, permissionsFor } from "../../../../provider/kms/permissions";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { allowsRoot, keyPolicy } from "../../../world/keyPolicy";
import { localKms, Program } from "../../../world/program";

/** KMS operations that the table allows for these features. */
function operations(...features: Feature[]): string[] {
  return permissionsFor(features)
    .map(({ action }) => action)
    .filter((action) => action.startsWith("kms:"))
    .map((action) => action.slice("kms:".length));
}

const SINGLE_REGION = operations("everyKey");
const MULTI_REGION = operations("everyKey", "multiRegion");

describe("with the documented permissions and no other", () => {
  let local: LocalKms;
  let program: Program;
  let permitted: string[];
  let guarded: boolean;

  beforeEach(async () => {
    guarded = true;
    local = await localKms({
      intercept: ({ operation }) =>
        !guarded || permitted.includes(operation)
          ? undefined
          : {
              error: {
                name: "AccessDeniedException",
                message: `User: arn:aws:iam::111122223333:user/ci is not authorized to perform: kms:${operation} on resource: * because no identity-based policy allows the kms:${operation} action`,
              },
            },
    });
    program = new Program(local);
    sinon.stub(console, "error");
  });
  afterEach(async () => {
    sinon.restore();
    await local.close();
  });

  const versions = () => program.outputs("distribution").versions as KmsKeyRecords;
  const states = async (region: string, records = versions()) => {
    guarded = false;
    const application = new Application(local, region);
    const found = await Promise.all(Object.values(records).map(({ keyId }) => application.describe(keyId)));
    guarded = true;
    return found.map(({ KeyState }) => KeyState);
  };

  it("a single-Region key lives its whole life", async () => {
    permitted = SINGLE_REGION;
    await program.up({ key: { rotationTrigger: "a" } });
    await program.up({ key: { rotationTrigger: "b" }, distribution: { tags: { team: "payments" } } });
    await program.up({ key: { rotationTrigger: "b", minEnabledVersion: 2 } });
    assert.deepEqual(await states("us-west-1"), ["Disabled", "Enabled"]);
    await program.refresh("keyDistribution", "distribution");
    await program.up({ key: { rotationTrigger: "b" } });
    assert.deepEqual(await states("us-west-1"), ["Enabled", "Enabled"]);
    const last = versions();
    await program.remove("keyDistribution", "distribution");
    assert.deepEqual(await states("us-west-1", last), ["PendingDeletion", "PendingDeletion"]);
  });

  it("a replicated key lives its whole life", async () => {
    permitted = MULTI_REGION;
    const key = { replicaRegions: ["eu-west-1"] };
    const replicas = ["eu-west-1"];
    await program.up({ key: { ...key, rotationTrigger: "a" }, replicas });
    await program.up({ key: { ...key, rotationTrigger: "b" }, replicas });
    await program.up({ key: { ...key, rotationTrigger: "b", minEnabledVersion: 2 }, replicas });
    assert.deepEqual(await states("eu-west-1"), ["Disabled", "Enabled"]);
    await program.up({ key: { ...key, rotationTrigger: "b" }, replicas });
    assert.deepEqual(await states("eu-west-1"), ["Enabled", "Enabled"]);
    const last = versions();
    await program.remove("keyReplica", "eu-west-1");
    await program.remove("keyDistribution", "distribution");
    assert.deepEqual(await states("eu-west-1", last), ["PendingDeletion", "PendingDeletion"]);
  });

  it("with those of drift and changes, what was done in AWS is put back, and metadata changes", async () => {
    permitted = operations("everyKey", "drift", "changes");
    const policy = keyPolicy(allowsRoot("All"));
    await program.up({ distribution: { tags: { team: "payments" } } });
    await program.up({ distribution: { policy, description: "orders" } });
    guarded = false;
    const { keyId } = versions()[1]!;
    await new Application(local, "us-west-1").send(new ScheduleKeyDeletionCommand({ KeyId: keyId }));
    guarded = true;
    await program.refresh("keyDistribution", "distribution");
    await program.up({ distribution: { policy, description: "orders" } });
    assert.deepEqual(await states("us-west-1"), ["Enabled"]);
    for (const [line] of (console.error as sinon.SinonStub).args) assert.doesNotMatch(line, /no permission/);
  });

  for (const missing of ["CreateKey", "GetParametersForImport", "ImportKeyMaterial", "CreateAlias"]) {
    it(`a missing kms:${missing} is named, and nothing is lost`, async () => {
      permitted = SINGLE_REGION.filter((operation) => operation !== missing);
      await assert.rejects(program.up(), new RegExp(`kms:${missing}`));
      permitted = SINGLE_REGION;
      await program.up();
      assert.equal(Object.keys(versions()).length, 1);
      assert.deepEqual(await states("us-west-1"), ["Enabled"]);
    });
  }
});
