import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { type Clients, clientsOr, type Ministack, startMinistack } from "./support";

describe("independent clients on ministack", () => {
  let clients: Clients;
  let ministack: Ministack;

  before(async function () {
    clients = await clientsOr(this);
    ministack = await startMinistack(clients.python);
  });

  after(() => ministack?.stop());

  it("boto3 and the AWS CLI see the same KMS key", async function () {
    this.timeout(60_000);
    const target = { endpoint: ministack.endpoint, region: "eu-west-1" };
    const made = await clients.boto3(
      target,
      "print(json.dumps(kms.create_key(Origin='EXTERNAL')['KeyMetadata'], default=str))",
    );
    equal(made.KeyState, "PendingImport");
    match(made.Arn, /^arn:aws:kms:eu-west-1:/);
    const { Keys } = await clients.awsKms(target, "list-keys");
    deepEqual(
      Keys.map((key: { KeyId: string }) => key.KeyId),
      [made.KeyId],
    );
    await rejects(clients.awsKms(target, "describe-key", "--key-id", "alias/nope"), /NotFoundException/);
  });
});
