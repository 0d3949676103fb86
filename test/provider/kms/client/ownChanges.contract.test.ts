import assert from "node:assert/strict";
import { isKeymgmtError } from "../../../../provider/errors";
import { type Kms, KmsConnections } from "../../../../provider/kms/client/client";
import { type Answer, kmsError, type Loopback, loopback, setEnvironment } from "../loopback";

const ID = "1234abcd-12ab-34cd-56ef-1234567890ab";
const MULTI_REGION = "mrk-1234abcd12ab34cd56ef1234567890ab";
const FOUND: Answer = { body: { KeyMetadata: { KeyId: ID } } };
const NOT_FOUND = kmsError(
  "NotFoundException",
  `Key 'arn:aws:kms:us-west-1:111122223333:key/${ID}' does not exist`,
);
const PENDING = kmsError(
  "KMSInvalidStateException",
  `arn:aws:kms:us-west-1:111122223333:key/${ID} is pending deletion.`,
);

/** https://docs.aws.amazon.com/kms/latest/developerguide/accessing-kms.html#programming-eventual-consistency */
describe("refusals by a state that is over", () => {
  let server: Loopback;
  let restore: () => void;
  beforeEach(() => {
    restore = setEnvironment({});
  });
  afterEach(async () => {
    restore();
    await server.close();
  });

  async function kmsThat(...answers: Answer[]): Promise<Kms> {
    server = await loopback((_, index) => answers[Math.min(index, answers.length - 1)]!);
    const credentials = { accessKey: "AKIAEXAMPLE", secretKey: "secret" };
    return new KmsConnections().open({ keyCollection: "us-west-1", credentials, endpoint: server.url });
  }
  const refused = (code: string) => (error: unknown) => isKeymgmtError(error) && error.code === code;

  it("are not believed of a KMS key that CreateKey has made: the call is sent again", async () => {
    const kms = await kmsThat(FOUND, NOT_FOUND, NOT_FOUND, FOUND);
    await kms.call("CreateKey", {});
    await kms.call("DescribeKey", { KeyId: ID });
    assert.equal(server.seen.length, 4);
  });

  it("are not believed of one that an answer was about, by its id or its ARN, and are believed of any other", async () => {
    const kms = await kmsThat(FOUND, NOT_FOUND, FOUND, NOT_FOUND);
    await kms.call("DescribeKey", { KeyId: ID });
    await kms.call("DescribeKey", { KeyId: `arn:aws:kms:us-west-1:111122223333:key/${ID}` });
    await assert.rejects(kms.call("DescribeKey", { KeyId: MULTI_REGION }), refused("NotFound"));
    assert.equal(server.seen.length, 4);
  });

  it("are believed of an alias: it may be gone", async () => {
    const kms = await kmsThat(FOUND, NOT_FOUND);
    await kms.call("DescribeKey", { KeyId: "alias/orders" });
    await assert.rejects(kms.call("DescribeKey", { KeyId: "alias/orders" }), refused("NotFound"));
  });

  it("are not believed of a deletion that was cancelled, until it is scheduled again", async () => {
    const kms = await kmsThat({ body: { KeyId: ID } }, PENDING, FOUND, { body: { KeyId: ID } }, PENDING);
    await kms.call("CancelKeyDeletion", { KeyId: ID });
    await kms.call("EnableKey", { KeyId: ID });
    assert.equal(server.seen.length, 3);
    await kms.call("ScheduleKeyDeletion", { KeyId: ID });
    await assert.rejects(kms.call("EnableKey", { KeyId: ID }), refused("InvalidState"));
    assert.equal(server.seen.length, 5);
  });

  it("are believed of a deletion that this run has asked for, though its answer was lost", async () => {
    const kms = await kmsThat({ body: { KeyId: ID } }, "reset", PENDING);
    await kms.call("CancelKeyDeletion", { KeyId: ID });
    await assert.rejects(kms.call("ScheduleKeyDeletion", { KeyId: ID }), refused("InvalidState"));
    assert.equal(server.seen.length, 3);
  });

  it("are believed of UpdateAlias: it may be the alias that is gone", async () => {
    const kms = await kmsThat(FOUND, NOT_FOUND);
    await kms.call("DescribeKey", { KeyId: ID });
    const move = kms.call("UpdateAlias", { AliasName: "alias/orders", TargetKeyId: ID });
    await assert.rejects(move, refused("NotFound"));
    assert.equal(server.seen.length, 2);
  });

  it("leave it known that an answer was lost before: what is there may be this call's own", async () => {
    const EXISTS = kmsError("AlreadyExistsException");
    const kms = await kmsThat(FOUND, "reset", NOT_FOUND, EXISTS);
    await kms.call("DescribeKey", { KeyId: ID });
    const error = await kms
      .call("CreateAlias", { AliasName: "alias/orders", TargetKeyId: ID })
      .catch((thrown: unknown) => thrown);
    assert.ok(isKeymgmtError(error, "AlreadyExists"));
    assert.equal(error.context.afterLostAnswer, true);
  });
});
