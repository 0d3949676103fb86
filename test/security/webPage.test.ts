import assert from "node:assert/strict";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import type { LocalKms } from "../../local-kms/src/index";
import { startLocalKms } from "../world/localKms";
import { rawRequest } from "./support/rawRequest";

/**
 * The attacker has a web page open in a browser on the machine of a local KMS. By a name of theirs that they make lead to
 * 127.0.0.1 ("DNS rebinding") the page is of the KMS's own origin: it may send any header and read the answers.
 */
describe("an attacker with a web page", () => {
  let local: LocalKms;
  beforeEach(async () => {
    local = await startLocalKms({ config: { control: true } });
  });
  afterEach(() => local.close());

  const rebound = () => ({ host: `rebound.example.com:${local.port}` });
  const signedFor = (service: string) => ({
    authorization: `AWS4-HMAC-SHA256 Credential=111122223333/20261124/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=00`,
  });
  const kms = (operation: string, headers: object) =>
    rawRequest(local.url, {
      headers: {
        "x-amz-target": `TrentService.${operation}`,
        "content-type": "application/x-amz-json-1.1",
        ...signedFor("kms"),
        ...headers,
      },
      body: "{}",
    });

  it("reads and changes no keys by a name that they make lead here", async () => {
    for (const operation of ["ListKeys", "CreateKey"]) {
      const { status, text } = await kms(operation, rebound());
      assert.equal(status, 403);
      assert.equal(JSON.parse(text).__type, "ForbiddenHostException");
    }
    assert.deepEqual(local.counts(), {});
    assert.match(
      JSON.parse((await kms("ListKeys", rebound())).text).message,
      /^Expected the Host of the request to be this server's, such as 127\.0\.0\.1 or localhost; got "rebound\.example\.com"\. .*--allow-host/,
    );
  });

  it("does not do so by STS or the control endpoint", async () => {
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const body = "Action=GetCallerIdentity&Version=2011-06-15";
    const headers = { ...type, ...signedFor("sts"), ...rebound() };
    assert.equal((await rawRequest(local.url, { headers, body })).status, 403);
    const before = local.time();
    const moved = await rawRequest(`${local.url}/_local-kms/clock`, {
      headers: { "content-type": "application/json", ...rebound() },
      body: '{"advance": "P1D"}',
    });
    assert.equal(moved.status, 403);
    assert.ok(local.time().getTime() - before.getTime() < 3_600_000);
  });

  it("reads and changes nothing by any path of the control endpoint, whatever the page sends", async () => {
    const before = local.time();
    const json = { "content-type": "application/json" };
    for (const [path, method, body] of [
      ["health", "GET"],
      ["counts", "GET"],
      ["counts", "DELETE"],
      ["clock", "GET"],
      ["clock", "POST", '{"advance": "P1D"}'],
      ["faults", "GET"],
      ["faults", "PUT", '[{"operation": "Decrypt", "drop": "hang"}]'],
      ["quotas", "PUT", '"aws"'],
      ["consistency", "PUT", '{"lagReads": 3}'],
      ["constructor", "GET"],
    ] as const)
      for (const headers of [
        rebound(),
        { origin: "https://example.com" },
        { "sec-fetch-site": "cross-site" },
      ]) {
        const sent = { method, body, headers: { ...(body && json), ...headers } };
        assert.equal((await rawRequest(`${local.url}/_local-kms/${path}`, sent)).status, 403, path);
      }
    assert.ok(local.time().getTime() - before.getTime() < 3_600_000);
    assert.deepEqual([local.faults(), local.quotas(), local.consistency()], [[], undefined, undefined]);
    const own = await rawRequest(`${local.url}/_local-kms/constructor`, { method: "GET" });
    assert.equal(own.status, 404);
  });

  it("does not do so from an origin of another server, whatever the browser lets through", async () => {
    for (const origin of ["https://example.com", "null", local.url])
      assert.equal((await kms("CreateKey", { origin })).status, 403);
    assert.deepEqual(local.counts(), {});
  });

  it("does not keep others out: SDKs, forwarded ports, and names that the server was told", async () => {
    const credentials = { accessKeyId: "111122223333", secretAccessKey: "any" };
    const client = new KMSClient({ endpoint: local.url, region: "us-east-1", credentials });
    await client.send(new CreateKeyCommand({}));
    client.destroy();
    assert.equal((await kms("ListKeys", { host: "localhost:15000" })).status, 200);
    const named = await startLocalKms({ allowHosts: ["kms", "kms.test:4599"] });
    try {
      for (const host of ["kms:4599", "KMS", "kms.test"]) {
        const headers = { host, "x-amz-target": "TrentService.ListKeys", ...signedFor("kms") };
        assert.equal((await rawRequest(named.url, { headers, body: "{}" })).status, 200, host);
      }
    } finally {
      await named.close();
    }
  });
});
