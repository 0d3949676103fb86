import assert from "node:assert/strict";
import { SdkKms } from "../../../../provider/kms/client/sdkKms";
import { DEFAULT_TIME_LIMITS } from "../../../../provider/kms/endpoints/http";
import { type Loopback, loopback } from "../loopback";

const NO_ONE = () => undefined;

describe("when a request is put on the wire", () => {
  let server: Loopback;

  beforeEach(async () => {
    server = await loopback(() => ({ body: {} }));
  });
  afterEach(() => server.close());

  const kms = (credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string }>) =>
    new SdkKms({ region: "us-east-1", endpoint: server.url, credentials }, DEFAULT_TIME_LIMITS, NO_ONE);
  const keys = { accessKeyId: "a", secretAccessKey: "b" };

  it("is told on a new connection and on one that is kept", async () => {
    const client = kms(async () => keys);
    for (const operation of ["DescribeKey", "DescribeKey", "CreateKey"] as const) {
      const seenThen: number[] = [];
      const before = server.seen.length;
      await client.send(operation, { KeyId: "k" }, () => seenThen.push(server.seen.length));
      assert.deepEqual(seenThen, [before], "once, before the server has seen it");
    }
    assert.deepEqual(
      server.seen.map(({ socket }) => socket),
      [0, 0, 1],
    );
  });

  it("is not told of a call for the credentials of the call", async () => {
    const ofCredentials = kms(async () => keys);
    let found = false;
    const client = kms(async () => {
      await ofCredentials.send("ListAliases", {}, () => {});
      found = true;
      return keys;
    });
    let told = 0;
    await client.send("DescribeKey", { KeyId: "k" }, () => {
      told++;
      assert.ok(found);
    });
    assert.equal(told, 1);
  });

  it("is not told where no connection is made", async () => {
    await server.close();
    let told = 0;
    await assert.rejects(kms(async () => keys).send("DescribeKey", { KeyId: "k" }, () => told++));
    assert.equal(told, 0);
    server = await loopback(() => ({}));
  });
});
