import assert from "node:assert/strict";
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  ListAliasesCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import { api, guide, rule } from "../rule.js";
import { ACCOUNT, createKey, metadataOf, refusal, start, type TestKms, WEST } from "../support.js";

const ARN = `arn:aws:kms:us-east-1:${ACCOUNT}`;

describe("local KMS: aliases", () => {
  let kms: TestKms;
  before(async () => {
    kms = await start();
  });
  after(() => kms.close());

  const create = (AliasName: string, TargetKeyId: string) =>
    kms.client().send(new CreateAliasCommand({ AliasName, TargetKeyId }));
  const update = (AliasName: string, TargetKeyId: string) =>
    kms.client().send(new UpdateAliasCommand({ AliasName, TargetKeyId }));
  const namesOf = async (KeyId: string) => {
    const { Aliases } = await kms.client().send(new ListAliasesCommand({ KeyId }));
    return Aliases!.map((alias) => alias.AliasName);
  };

  rule(
    "DescribeKey takes an alias name and an alias ARN; ListAliases shows name, ARN, target and both dates",
    api("DescribeKey"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      await create("alias/hashicorp/orders-1", KeyId);
      assert.equal((await metadataOf(kms.client(), "alias/hashicorp/orders-1")).KeyId, KeyId);
      assert.equal((await metadataOf(kms.client(), `${ARN}:alias/hashicorp/orders-1`)).KeyId, KeyId);
      const { Aliases } = await kms.client().send(new ListAliasesCommand({ KeyId }));
      const { CreationDate, LastUpdatedDate, ...rest } = Aliases![0]!;
      assert.deepEqual(rest, {
        AliasName: "alias/hashicorp/orders-1",
        AliasArn: `${ARN}:alias/hashicorp/orders-1`,
        TargetKeyId: KeyId,
      });
      assert.deepEqual(CreationDate, LastUpdatedDate);
    },
  );

  rule(
    "UpdateAlias moves an alias to another key and keeps its CreationDate",
    api("UpdateAlias"),
    async () => {
      const one = await createKey(kms.client());
      const two = await createKey(kms.client());
      await create("alias/moves", one.KeyId);
      kms.wait(60_000);
      await update("alias/moves", two.KeyId);
      assert.deepEqual(await namesOf(one.KeyId), []);
      assert.equal((await metadataOf(kms.client(), "alias/moves")).KeyId, two.KeyId);
      const { Aliases } = await kms.client().send(new ListAliasesCommand({ KeyId: two.KeyId }));
      const { CreationDate, LastUpdatedDate } = Aliases![0]!;
      assert.ok(LastUpdatedDate!.getTime() - CreationDate!.getTime() >= 60_000);
    },
  );

  rule(
    "An alias is unique in its account and Region, and tells upper from lower case",
    guide("kms-alias"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      await create("alias/unique", KeyId);
      assert.deepEqual(await refusal(create("alias/unique", KeyId)), {
        name: "AlreadyExistsException",
        message: `An alias with the name ${ARN}:alias/unique already exists`,
        status: 400,
      });
      await create("alias/Unique", KeyId);
      const there = await createKey(kms.client(WEST));
      const inWest = new CreateAliasCommand({ AliasName: "alias/unique", TargetKeyId: there.KeyId });
      await kms.client(WEST).send(inWest);
    },
  );

  rule(
    "An alias that does not exist is a NotFoundException that names the alias's ARN",
    api("DescribeKey"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      const expected = {
        name: "NotFoundException",
        message: `Alias ${ARN}:alias/none is not found.`,
        status: 400,
      };
      assert.deepEqual(await refusal(metadataOf(kms.client(), "alias/none")), expected);
      assert.deepEqual(await refusal(update("alias/none", KeyId)), expected);
      const deleting = kms.client().send(new DeleteAliasCommand({ AliasName: "alias/none" }));
      assert.deepEqual(await refusal(deleting), expected);
    },
  );

  rule(
    "An alias name begins with alias/, has 1 to 256 letters, digits, / _ - and does not begin with alias/aws/",
    api("CreateAlias"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      for (const [name, error] of [
        ["orders", "ValidationException"],
        ["alias/or ders", "ValidationException"],
        ["alias/", "InvalidAliasNameException"],
        ["alias/or:ders", "ValidationException"],
        ["alias/aws/orders", "NotAuthorizedException"],
        [`alias/${"a".repeat(251)}`, "ValidationException"],
      ] as const) {
        assert.equal((await refusal(create(name, KeyId))).name, error, name);
      }
      await create(`alias/${"a".repeat(250)}`, KeyId);
    },
  );

  rule("The target of an alias is a key, never another alias", api("CreateAlias"), async () => {
    const { KeyId } = await createKey(kms.client());
    await create("alias/first", KeyId);
    const answer = await refusal(create("alias/second", "alias/first"));
    assert.equal(answer.name, "ValidationException");
    assert.equal(answer.message, "Aliases must refer to keys. Not aliases");
  });

  rule(
    "An alias stays with a key that is pending deletion and its name stays taken, until it is moved or deleted",
    guide("deleting-keys"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      const other = await createKey(kms.client());
      await create("alias/stays", KeyId);
      await create("alias/leaves", KeyId);
      await kms.client().send(new ScheduleKeyDeletionCommand({ KeyId }));
      assert.equal((await refusal(create("alias/stays", other.KeyId))).name, "AlreadyExistsException");
      const toPending = await refusal(create("alias/late", KeyId));
      assert.equal(toPending.name, "KMSInvalidStateException");
      assert.equal(toPending.message, `${Arn} is pending deletion.`);
      await update("alias/leaves", other.KeyId);
      assert.equal((await refusal(update("alias/leaves", KeyId))).name, "KMSInvalidStateException");
      await kms.client().send(new DeleteAliasCommand({ AliasName: "alias/stays" }));
      await create("alias/stays", other.KeyId);
    },
  );

  rule(
    "ListAliases lists the aliases of one key or of all, in pages; NextMarker is there exactly where Truncated is true",
    api("ListAliases"),
    async () => {
      const alone = await start();
      const client = alone.client();
      const one = await createKey(client);
      const two = await createKey(client);
      const names = Array.from({ length: 7 }, (_, i) => `alias/page-${i}`);
      for (const [i, AliasName] of names.entries()) {
        const TargetKeyId = i % 2 ? one.KeyId : two.KeyId;
        await client.send(new CreateAliasCommand({ AliasName, TargetKeyId }));
      }
      const pagesOf = async (KeyId?: string) => {
        const pages: string[][] = [];
        let Marker: string | undefined;
        do {
          const page = await client.send(new ListAliasesCommand({ KeyId, Limit: 3, Marker }));
          assert.equal(page.Truncated, page.NextMarker !== undefined);
          pages.push(page.Aliases!.map((alias) => alias.AliasName!));
          Marker = page.NextMarker;
        } while (Marker);
        return pages;
      };
      assert.deepEqual(await pagesOf(), [names.slice(0, 3), names.slice(3, 6), names.slice(6)]);
      assert.deepEqual(await pagesOf(one.KeyId), [["alias/page-1", "alias/page-3", "alias/page-5"]]);
      await alone.close();
    },
  );

  rule(
    "ListAliases shows 50 aliases by default and at most 100; a key has at most 50 aliases (LimitExceededException)",
    guide("resource-limits", "aliases-per-key"),
    async () => {
      const { KeyId } = await createKey(kms.client());
      for (let i = 0; i < 50; i += 1) await create(`alias/many-${i}`, KeyId);
      const page = await kms.client().send(new ListAliasesCommand({}));
      assert.equal(page.Aliases!.length, 50);
      assert.equal(page.Truncated, true);
      const tooMany = kms.client().send(new ListAliasesCommand({ Limit: 101 }));
      assert.equal((await refusal(tooMany)).name, "ValidationException");
      const marker = kms.client().send(new ListAliasesCommand({ Marker: "page-2" }));
      assert.equal((await refusal(marker)).name, "InvalidMarkerException");
      assert.equal((await refusal(create("alias/many-50", KeyId))).name, "LimitExceededException");
    },
  );

  rule(
    "An alias and its key are in the same account and Region: the ARN of a key in another Region is a NotFoundException",
    api("CreateAlias"),
    async () => {
      const here = await createKey(kms.client());
      const there = await createKey(kms.client(WEST));
      await create("alias/at-home", here.KeyId);
      for (const naming of [create("alias/abroad", there.Arn), update("alias/at-home", there.Arn)]) {
        assert.deepEqual(await refusal(naming), {
          name: "NotFoundException",
          message: `Invalid arn ${WEST}`,
          status: 400,
        });
      }
    },
  );

  rule(
    "ListAliases takes the key ID or key ARN of the key; a key that does not exist is a NotFoundException, an alias no key",
    api("ListAliases"),
    async () => {
      const { KeyId, Arn } = await createKey(kms.client());
      await create("alias/listed", KeyId);
      assert.deepEqual(await namesOf(Arn), ["alias/listed"]);
      const nobody = Arn.replace(KeyId, "1234abcd-12ab-34cd-56ef-1234567890ab");
      for (const name of [nobody, "alias/listed"])
        assert.equal((await refusal(namesOf(name))).name, "NotFoundException");
    },
  );
});
