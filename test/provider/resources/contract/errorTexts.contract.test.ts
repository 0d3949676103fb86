import assert from "node:assert/strict";
import { ListResourceTagsCommand, ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../../../local-kms/src/index";
import type { KmsKeyRecords } from "../../../../provider/state/types";
import { Application } from "../../../world/application";
import { localKms, Program } from "../../../world/program";

/** What may be done to a KMS key that somebody else has scheduled for deletion while it is not known to be so. */
const READS = ["DescribeKey", "GetKeyPolicy", "ListAliases", "ListResourceTags", "GetPublicKey"];

describe("an update that meets a KMS key that is pending deletion, which the state does not know", () => {
  let local: LocalKms;
  let program: Program;
  let application: Application;
  let keyId: string;
  /** What AWS says of a refusal for the KMS key's state. The name of the error is the same. */
  let says: ((arn: string) => string) | undefined;
  const asked: string[] = [];

  beforeEach(async () => {
    says = undefined;
    const refusing = { name: "KMSInvalidStateException" };
    let isPending = false;
    local = await localKms({
      intercept: ({ operation, account, region, input }) => {
        asked.push(operation);
        if (operation === "ScheduleKeyDeletion") isPending = true;
        if (operation === "CancelKeyDeletion") isPending = false;
        const { KeyId = keyId } = input as { KeyId?: string };
        const isRefused = isPending && !READS.includes(operation) && operation !== "ScheduleKeyDeletion";
        if (!says || !isRefused) return undefined;
        return { error: { ...refusing, message: says(`arn:aws:kms:${region}:${account}:key/${KeyId}`) } };
      },
    });
    program = new Program(local);
    application = new Application(local, "us-west-1");
    await program.up(tagged("a"));
    keyId = (program.outputs("distribution").versions as KmsKeyRecords)[1]!.keyId;
    await application.send(new ScheduleKeyDeletionCommand({ KeyId: keyId }));
    asked.length = 0;
  });
  afterEach(() => local.close());

  const tagged = (team: string) => ({ distribution: { tags: { team } } });
  const stateOf = async () => (await application.describe(keyId)).KeyState;
  const teamOf = async () => {
    const { Tags } = await application.send(new ListResourceTagsCommand({ KeyId: keyId }));
    return Tags!.find(({ TagKey }) => TagKey === "team")!.TagValue;
  };

  it("cancels the deletion where AWS says so in the recorded words", async () => {
    says = (arn) => `${arn} is pending deletion.`;
    await program.up(tagged("b"));
    assert.equal(await stateOf(), "Enabled");
    assert.equal(await teamOf(), "b");
  });

  for (const [by, text] of [
    ["in other words", (arn: string) => `The KMS key ${arn} is scheduled for deletion.`],
    ["in none", () => ""],
  ] as const)
    it(`changes nothing where AWS says so ${by}, and says what to do; a refresh finds it`, async () => {
      says = text;
      await assert.rejects(program.up(tagged("b")), /KMSInvalidStateException.* run `pulumi up --refresh`/);
      const writes = asked.filter((operation) => !READS.includes(operation) && !operation.startsWith("sts:"));
      assert.deepEqual([...new Set(writes)], ["TagResource"], "all of them refused");
      assert.equal(await stateOf(), "PendingDeletion");
      says = undefined;
      await program.up({ ...tagged("b"), isRefreshed: true });
      assert.equal(await stateOf(), "Enabled");
      assert.equal(await teamOf(), "b");
    });
});
