import assert from "node:assert/strict";
import { api, guess, rule } from "../rule.js";
import { ACCOUNT, EAST, start, type TestKms, WEST } from "../support.js";
import { COLLECTED, cli, localstack, localstackTest, thread } from "./sources.js";
import { carriedOut, created, described, isMetadata, refused, SYMMETRIC } from "./wire.js";

const SIGNING = { KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" };

describe("local KMS: replicas, aliases and grants as AWS was recorded", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start({ config: { replicaCreatingMillis: 1000 } });
  });
  after(() => kms.close());

  rule(
    "CreateKey of a multi-Region key shows it as a primary without replicas",
    localstack("test_create_multi_region_key"),
    async () => {
      const key = await created(kms, { MultiRegion: true });
      assert.match(key.KeyId, /^mrk-[0-9a-f]{32}$/);
      isMetadata(key, {
        ...SYMMETRIC,
        CurrentKeyMaterialId: key.CurrentKeyMaterialId,
        Enabled: true,
        KeyState: "Enabled",
        MultiRegion: true,
        MultiRegionConfiguration: {
          MultiRegionKeyType: "PRIMARY",
          PrimaryKey: { Arn: key.Arn, Region: EAST },
          ReplicaKeys: [],
        },
        Origin: "AWS_KMS",
      });
    },
  );

  rule(
    "ReplicateKey answers a replica that is Creating, without CurrentKeyMaterialId and description; DescribeKey shows both keys",
    localstack("test_replicate_key"),
    async () => {
      const key = await created(kms, { MultiRegion: true, Description: "test replicated key" });
      const there = key.Arn.replace(EAST, WEST);
      const absent = `Key '${there}' does not exist`;
      await refused(kms, ["DescribeKey", { KeyId: key.KeyId }, WEST], "NotFoundException", absent);
      const { ReplicaKeyMetadata, ...rest } = await carriedOut(kms, "ReplicateKey", {
        KeyId: key.KeyId,
        ReplicaRegion: WEST,
      });
      assert.deepEqual(Object.keys(rest), ["ReplicaPolicy"]);
      const configuration = {
        PrimaryKey: { Arn: key.Arn, Region: EAST },
        ReplicaKeys: [{ Arn: there, Region: WEST }],
      };
      const replica = {
        ...SYMMETRIC,
        Enabled: false,
        KeyState: "Creating",
        MultiRegion: true,
        MultiRegionConfiguration: { MultiRegionKeyType: "REPLICA", ...configuration },
        Origin: "AWS_KMS",
      };
      isMetadata(ReplicaKeyMetadata, replica);
      assert.equal(ReplicaKeyMetadata.Arn, there);
      assert.deepEqual(await described(kms, key.KeyId), {
        ...key,
        MultiRegionConfiguration: { MultiRegionKeyType: "PRIMARY", ...configuration },
      });
    },
  );

  rule(
    "ReplicateKey of a replica names it, with a small r in region",
    localstack("test_replicate_replica_key_should_fail"),
    async () => {
      const { KeyId, Arn } = await created(kms, { MultiRegion: true });
      await carriedOut(kms, "ReplicateKey", { KeyId, ReplicaRegion: WEST });
      kms.wait(1000);
      const text = `${Arn.replace(EAST, WEST)} is not a multi-region primary key.`;
      const again = { KeyId, ReplicaRegion: WEST };
      await refused(kms, ["ReplicateKey", again, WEST], "UnsupportedOperationException", text);
    },
  );

  rule("ReplicateKey to a Region that has a replica", thread("aws/aws-cdk", 21203), async () => {
    const { KeyId } = await created(kms, { MultiRegion: true });
    const input = { KeyId, ReplicaRegion: WEST };
    await carriedOut(kms, "ReplicateKey", input);
    const text = "You can create only one replica of each primary key in each AWS Region.";
    await refused(kms, ["ReplicateKey", input], "AlreadyExistsException", text);
  });

  rule("CreateAlias refuses a name without the prefix alias/", localstack("test_create_alias"), async () => {
    const { KeyId } = await created(kms);
    const text =
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html';
    await refused(
      kms,
      ["CreateAlias", { AliasName: "4f2a", TargetKeyId: KeyId }],
      "ValidationException",
      text,
    );
  });

  rule(
    "CreateAlias with a name that is taken names the alias by its ARN",
    thread("hashicorp/terraform-provider-aws", 35161),
    async () => {
      const { KeyId } = await created(kms);
      const input = { AliasName: "alias/taken", TargetKeyId: KeyId };
      await carriedOut(kms, "CreateAlias", input);
      const text = `An alias with the name arn:aws:kms:${EAST}:${ACCOUNT}:alias/taken already exists`;
      await refused(kms, ["CreateAlias", input], "AlreadyExistsException", text);
    },
  );

  rule(
    "UpdateAlias moves an alias, and ListAliases shows it with both dates",
    localstackTest("test_update_alias"),
    async () => {
      const [first, second] = [await created(kms), await created(kms)];
      const AliasName = "alias/moved";
      await carriedOut(kms, "CreateAlias", { AliasName, TargetKeyId: first.KeyId });
      await carriedOut(kms, "UpdateAlias", { AliasName, TargetKeyId: second.KeyId });
      assert.deepEqual((await carriedOut(kms, "ListAliases", { KeyId: first.KeyId })).Aliases, []);
      const [{ CreationDate, LastUpdatedDate, ...alias }] = (
        await carriedOut(kms, "ListAliases", { KeyId: second.KeyId })
      ).Aliases;
      assert.deepEqual([typeof CreationDate, typeof LastUpdatedDate], ["number", "number"]);
      const AliasArn = `arn:aws:kms:${EAST}:${ACCOUNT}:${AliasName}`;
      assert.deepEqual(alias, { AliasName, AliasArn, TargetKeyId: second.KeyId });
    },
  );

  rule("UpdateAlias to a key of another usage names both usages", COLLECTED, async () => {
    const AliasName = "alias/of-one-usage";
    const [signing, encrypting] = [await created(kms, SIGNING), await created(kms)];
    await carriedOut(kms, "CreateAlias", { AliasName, TargetKeyId: signing.KeyId });
    const text = `Alias ${AliasName} cannot be changed from a KMS key with key usage SIGN_VERIFY to a KMS key with key usage ENCRYPT_DECRYPT. The key usage of the current KMS key and the new KMS key must be the same.`;
    const update = { AliasName, TargetKeyId: encrypting.KeyId };
    await refused(kms, ["UpdateAlias", update], "ValidationException", text);
  });

  guess(
    "UpdateAlias to a key of another type and the same usage names the types in the same sentence",
    "that it is refused is documented, and recorded are only the words about usages",
    async () => {
      const AliasName = "alias/of-one-type";
      const rsa = await created(kms, { KeySpec: "RSA_2048", KeyUsage: "ENCRYPT_DECRYPT" });
      await carriedOut(kms, "CreateAlias", { AliasName, TargetKeyId: rsa.KeyId });
      const text = `Alias ${AliasName} cannot be changed from a KMS key with key type asymmetric to a KMS key with key type symmetric. The key type of the current KMS key and the new KMS key must be the same.`;
      const update = { AliasName, TargetKeyId: (await created(kms)).KeyId };
      await refused(kms, ["UpdateAlias", update], "ValidationException", text);
    },
  );

  const grantee = `arn:aws:iam::${ACCOUNT}:user/exampleUser`;
  const Operations = ["Decrypt", "Encrypt"];

  rule(
    "ListGrants shows a grant that was made without a name with an empty one",
    api("ListGrants"),
    async () => {
      const { KeyId, Arn } = await created(kms);
      const { GrantId } = await carriedOut(kms, "CreateGrant", {
        KeyId,
        GranteePrincipal: grantee,
        Operations,
      });
      const [{ CreationDate, ...grant }] = (await carriedOut(kms, "ListGrants", { KeyId })).Grants;
      assert.equal(typeof CreationDate, "number");
      assert.deepEqual(grant, {
        KeyId: Arn,
        GrantId,
        Name: "",
        GranteePrincipal: grantee,
        IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
        Operations,
      });
    },
  );

  rule(
    "CreateGrant of the same name on two keys makes two grants",
    localstackTest("test_create_grant_with_same_name_two_keys"),
    async () => {
      const ids = [];
      for (const { KeyId } of [await created(kms), await created(kms)]) {
        const input = { KeyId, GranteePrincipal: grantee, Name: "TestGrantName", Operations };
        ids.push((await carriedOut(kms, "CreateGrant", input)).GrantId);
        assert.equal((await carriedOut(kms, "ListGrants", { KeyId })).Grants.length, 1);
      }
      assert.notEqual(ids[0], ids[1]);
    },
  );

  rule(
    "RevokeGrant, RetireGrant by token and RetireGrant by id take a grant away",
    localstackTest("test_retire_grant_with_grant_id_and_key_id"),
    async () => {
      const { KeyId } = await created(kms);
      const create = { KeyId, GranteePrincipal: grantee, Operations };
      for (const [operation, ...named] of [
        ["RevokeGrant", "KeyId", "GrantId"],
        ["RetireGrant", "GrantToken"],
        ["RetireGrant", "KeyId", "GrantId"],
      ] as const) {
        const grant: Record<string, string> = { KeyId, ...(await carriedOut(kms, "CreateGrant", create)) };
        await carriedOut(kms, operation, Object.fromEntries(named.map((name) => [name, grant[name]])));
        assert.deepEqual((await carriedOut(kms, "ListGrants", { KeyId })).Grants, []);
      }
    },
  );

  rule(
    "CreateGrant and ListGrants find no key by what is no key id",
    localstackTest("test_create_grant_with_invalid_key"),
    async () => {
      const text = "Invalid keyId 'invalid'";
      const create = { KeyId: "invalid", GranteePrincipal: grantee, Operations };
      await refused(kms, ["CreateGrant", create], "NotFoundException", text);
      await refused(kms, ["ListGrants", { KeyId: "invalid" }], "NotFoundException", text);
    },
  );

  rule("ListKeyPolicies names the one policy that a key has", cli("list-key-policies"), async () => {
    const { KeyId } = await created(kms);
    const { PolicyNames } = await carriedOut(kms, "ListKeyPolicies", { KeyId });
    assert.deepEqual(PolicyNames, ["default"]);
  });
});
