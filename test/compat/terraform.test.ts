import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { DisableKeyCommand, UpdateAliasCommand } from "@aws-sdk/client-kms";
import {
  ACCOUNT,
  createKey,
  EAST,
  metadataOf,
  start,
  type TestKms,
  WEST,
} from "../../local-kms/test/support";
import { mirrorOr, Terraform } from "./support";

describe("Terraform's AWS provider on the local KMS", function () {
  // It waits for AWS to settle, 10 s and more a key.
  this.timeout(10 * 60_000);
  let kms: TestKms;
  let terraform: Terraform;
  const orders = (region: string) => metadataOf(kms.client(region), keyId);
  let keyId: string;

  before(async function () {
    const mirror = await mirrorOr(this);
    kms = await start();
    const material = randomBytes(32).toString("base64");
    const variables = { endpoint: kms.url, account: ACCOUNT, material };
    terraform = await Terraform.init(join(__dirname, "terraform"), mirror, variables);
  });
  after(async () => {
    await terraform?.remove();
    await kms?.close();
  });

  it("applies an external key with material, its alias, and a replica in another Region", async () => {
    await terraform.must(["apply", "-auto-approve"]);
    keyId = (await metadataOf(kms.client(EAST), "alias/orders")).KeyId!;
    for (const region of [EAST, WEST]) {
      const { KeyState, Origin, ExpirationModel } = await orders(region);
      assert.deepEqual(
        [KeyState, Origin, ExpirationModel],
        ["Enabled", "EXTERNAL", "KEY_MATERIAL_DOES_NOT_EXPIRE"],
      );
    }
  });

  it("plans no change after it", async () => {
    assert.deepEqual(await terraform.plan(), {});
  });

  it("plans to undo what others changed: a moved alias and a disabled replica", async () => {
    const { KeyId: TargetKeyId } = await createKey(kms.client(EAST));
    await kms.client(EAST).send(new UpdateAliasCommand({ AliasName: "alias/orders", TargetKeyId }));
    await kms.client(WEST).send(new DisableKeyCommand({ KeyId: keyId }));
    assert.deepEqual(await terraform.plan(), {
      "aws_kms_alias.orders": ["update"],
      "aws_kms_replica_external_key.orders": ["update"],
    });
  });

  it("destroys all of it: the replica first, for which the primary waits", async () => {
    await terraform.must(["destroy", "-auto-approve"]);
    assert.equal((await orders(WEST)).KeyState, "PendingDeletion");
    assert.equal((await orders(EAST)).KeyState, "PendingReplicaDeletion");
    await assert.rejects(metadataOf(kms.client(EAST), "alias/orders"), { name: "NotFoundException" });
  });
});
