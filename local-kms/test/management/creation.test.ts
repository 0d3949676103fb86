import assert from "node:assert/strict";
import { GetKeyPolicyCommand, ListResourceTagsCommand } from "@aws-sdk/client-kms";
import { api, guide, rule } from "../rule.js";
import {
  ACCOUNT,
  createExternalKey,
  createKey,
  metadataOf,
  refusal,
  start,
  type TestKms,
  WEST,
} from "../support.js";

describe("local KMS: CreateKey", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  rule(
    "CreateKey with Origin EXTERNAL makes a key without key material, in state PendingImport",
    api("CreateKey"),
    async () => {
      const key = await createExternalKey(kms.client(), { Description: "orders" });
      assert.match(key.KeyId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert.equal(key.Arn, `arn:aws:kms:us-east-1:${ACCOUNT}:key/${key.KeyId}`);
      const { CreationDate, KeyId, Arn, ...rest } = key;
      assert.ok(Math.abs(CreationDate.getTime() - Date.now()) < 10_000);
      assert.deepEqual(rest, {
        AWSAccountId: ACCOUNT,
        CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
        Description: "orders",
        Enabled: false,
        EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
        KeyManager: "CUSTOMER",
        KeySpec: "SYMMETRIC_DEFAULT",
        KeyState: "PendingImport",
        KeyUsage: "ENCRYPT_DECRYPT",
        MultiRegion: false,
        Origin: "EXTERNAL",
      });
      assert.deepEqual(await metadataOf(kms.client(), KeyId), key);
    },
  );

  rule(
    "CreateKey without parameters makes an Enabled symmetric encryption key with key material of AWS KMS",
    api("CreateKey"),
    async () => {
      const key = await createKey(kms.client());
      assert.equal(key.KeyState, "Enabled");
      assert.equal(key.Enabled, true);
      assert.equal(key.Origin, "AWS_KMS");
      assert.match(key.CurrentKeyMaterialId!, /^[0-9a-f]{64}$/);
      assert.equal(key.ExpirationModel, undefined);
    },
  );

  rule(
    "A multi-Region key has an mrk- key ID and is created as the primary key",
    guide("multi-region-keys-overview"),
    async () => {
      const key = await createExternalKey(kms.client(WEST), { MultiRegion: true });
      assert.match(key.KeyId, /^mrk-[0-9a-f]{32}$/);
      assert.deepEqual(key.MultiRegionConfiguration, {
        MultiRegionKeyType: "PRIMARY",
        PrimaryKey: { Arn: key.Arn, Region: WEST },
        ReplicaKeys: [],
      });
    },
  );

  rule("CreateKey gives the key the tags and the key policy of the request", api("CreateKey"), async () => {
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "kms:*", Resource: "*" }],
    });
    const Tags = [{ TagKey: "team", TagValue: "" }];
    const { KeyId } = await createExternalKey(kms.client(), { Policy, Tags });
    const shown = await kms.client().send(new GetKeyPolicyCommand({ KeyId }));
    assert.deepEqual(JSON.parse(shown.Policy!), JSON.parse(Policy));
    assert.deepEqual((await kms.client().send(new ListResourceTagsCommand({ KeyId }))).Tags, Tags);
  });

  rule(
    "A key that is created without a policy has the default key policy, which gives the account full access",
    guide("key-policy-default"),
    async () => {
      const { KeyId } = await createExternalKey(kms.client());
      const { Policy, PolicyName } = await kms.client().send(new GetKeyPolicyCommand({ KeyId }));
      assert.equal(PolicyName, "default");
      assert.deepEqual(JSON.parse(Policy!).Statement[0].Principal, { AWS: `arn:aws:iam::${ACCOUNT}:root` });
    },
  );

  rule(
    "A key ARN names the Region of the request and the Region's partition",
    guide("concepts", "key-id"),
    async () => {
      const china = await createKey(kms.client("cn-north-1"));
      assert.match(china.Arn, /^arn:aws-cn:kms:cn-north-1:/);
      const government = await createKey(kms.client("us-gov-west-1"));
      assert.match(government.Arn, /^arn:aws-us-gov:kms:us-gov-west-1:/);
      assert.match((await createKey(kms.client("mx-central-9"))).Arn, /^arn:aws:kms:mx-central-9:/);
    },
  );

  it("takes a 12-digit access key id as the account, and any other as account 000000000000", async () => {
    assert.equal((await createKey(kms.client("us-east-1", "999988887777"))).AWSAccountId, "999988887777");
    assert.equal((await createKey(kms.client("us-east-1", "AKIAEXAMPLE"))).AWSAccountId, "000000000000");
  });

  rule("A key ID is found only in the key's own account and Region", api("DescribeKey"), async () => {
    const { KeyId } = await createKey(kms.client());
    assert.equal((await refusal(metadataOf(kms.client(WEST), KeyId))).name, "NotFoundException");
    assert.equal(
      (await refusal(metadataOf(kms.client("us-east-1", "999988887777"), KeyId))).name,
      "NotFoundException",
    );
  });
});
