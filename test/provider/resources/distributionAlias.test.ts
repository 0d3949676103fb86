import assert from "node:assert/strict";
import sinon from "sinon";
import { resourcesOf } from "../../../provider/resources";
import type { Resource, Values } from "../../../provider/resources/resource";
import { Run } from "../../../provider/run";
import { inputsOf, keyRef, kmsRef } from "./goodInputs";

describe("a DistributionAlias", () => {
  let clock: sinon.SinonFakeTimers;
  let distributionAlias: Resource;
  beforeEach(() => {
    const run = new Run();
    run.created.recordMaterial(keyRef.id, 1);
    run.created.recordKmsProvider(kmsRef);
    run.created.recordKmsProvider({ ...kmsRef, keyCollection: "us-gov-west-1" });
    distributionAlias = resourcesOf(run).DistributionAlias;
    clock = sinon.useFakeTimers({ now: Date.UTC(2001, 8, 9, 1, 46, 40, 999), toFake: ["Date"] });
  });
  afterEach(() => clock.restore());

  const checked = async (changes: Values) => {
    const given = inputsOf("DistributionAlias", changes);
    const kms = { ...kmsRef, keyCollection: String(given.region) };
    return (await distributionAlias.check(undefined, { ...given, kms, stack: "org/shop/prod" })).inputs;
  };

  it("is named by its key and the Unix time of its making", async () => {
    const inputs = await checked({ keyName: "team/named" });
    assert.deepEqual(await distributionAlias.create(inputs), {
      id: "team/named-1000000000",
      outputs: {
        ...inputs,
        name: "team/named-1000000000",
        aliasName: "alias/hashicorp/team/named-1000000000",
        aliasArn: "arn:aws:kms:us-west-1:111122223333:alias/hashicorp/team/named-1000000000",
        distributionTime: "2001-09-09T01:46:40.000Z",
        stateVersion: 2,
      },
    });
  });

  it("has an ARN of its Region's partition", async () => {
    const inputs = await checked({ keyName: "gov", region: "us-gov-west-1" });
    const { outputs } = await distributionAlias.create(inputs);
    assert.match(String(outputs.aliasArn), /^arn:aws-us-gov:kms:us-gov-west-1:/);
  });

  it("has a name of its own where one key goes to several KmsProviders in the same second", async () => {
    const inputs = await checked({ keyName: "shared" });
    const made = await Promise.all([1, 2, 3].map(() => distributionAlias.create(inputs)));
    assert.deepEqual(
      made.map(({ id, outputs }) => [id, outputs.distributionTime]),
      [
        ["shared-1000000000", "2001-09-09T01:46:40.000Z"],
        ["shared-1000000001", "2001-09-09T01:46:41.000Z"],
        ["shared-1000000002", "2001-09-09T01:46:42.000Z"],
      ],
    );
  });

  it("stays as it is in updates and refreshes, and is deleted by forgetting it", async () => {
    const { id, outputs } = await distributionAlias.create(await checked({ keyName: "kept" }));
    assert.deepEqual(await distributionAlias.read(id, outputs), { id, outputs });
    assert.deepEqual(
      await distributionAlias.update(id, outputs, { ...outputs, accountId: "111122223333" }),
      outputs,
    );
    assert.equal(await distributionAlias.delete(id, outputs), undefined);
  });
});
