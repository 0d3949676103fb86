import assert from "node:assert/strict";
import { DescribeKeyCommand, ListKeysCommand } from "@aws-sdk/client-kms";
import type { InterceptedRequest, Interception, RequestLogEntry } from "../../localkms/index.js";
import { ACCOUNT, createKey, refusal, start, type TestKms } from "./support.js";

describe("local KMS: a test makes requests fail", () => {
  let kms: TestKms;
  let interception: Interception | undefined;
  const seen: InterceptedRequest[] = [];
  const log: RequestLogEntry[] = [];
  beforeEach(async () => {
    interception = undefined;
    seen.length = 0;
    log.length = 0;
    const intercept = (request: InterceptedRequest) => {
      seen.push(request);
      return request.operation === "CreateKey" ? interception : undefined;
    };
    kms = await start({ config: { intercept }, log: (entry) => log.push(entry) });
  });
  afterEach(() => kms.close());

  const countKeys = async () => (await kms.client().send(new ListKeysCommand({}))).Keys!.length;

  it("by an error of AWS's, with the status that AWS gives it", async () => {
    for (const [name, status] of [
      ["AccessDeniedException", 400],
      ["ThrottlingException", 400],
      ["KMSInternalException", 500],
    ] as const) {
      interception = { error: { name, message: "as told" } };
      assert.deepEqual(await refusal(createKey(kms.client())), { name, message: "as told", status });
    }
    assert.equal(await countKeys(), 0);
    assert.deepEqual(log.map((entry) => entry.outcome).slice(0, 3), [
      "AccessDeniedException",
      "ThrottlingException",
      "KMSInternalException",
    ]);
  });

  it("by an error after the request took effect", async () => {
    interception = { when: "after", error: { name: "KMSInternalException" } };
    assert.equal((await refusal(createKey(kms.client()))).status, 500);
    assert.equal(await countKeys(), 1);
  });

  it("by closing the connection before or after it took effect", async () => {
    interception = { drop: true };
    assert.equal((await refusal(createKey(kms.client()))).status, undefined);
    assert.equal(await countKeys(), 0);
    interception = { drop: true, when: "after" };
    assert.equal((await refusal(createKey(kms.client()))).status, undefined);
    assert.equal(await countKeys(), 1);
    assert.equal(log[0]!.outcome, "dropped");
  });

  it("and sees operation, Region, account and input", async () => {
    await refusal(kms.client("eu-west-1").send(new DescribeKeyCommand({ KeyId: "orders" })));
    assert.deepEqual(seen, [
      { operation: "DescribeKey", region: "eu-west-1", account: ACCOUNT, input: { KeyId: "orders" } },
    ]);
  });
});
