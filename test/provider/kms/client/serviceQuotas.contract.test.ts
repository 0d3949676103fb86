import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { KmsConnections } from "../../../../provider/kms/client/client";
import { type Answer, kmsError, type Loopback, loopback, type Seen, setEnvironment } from "../loopback";

const quota = (QuotaName: string, Value: number, more = {}) => ({ QuotaName, Value, ...more });
const RAISED = [
  quota("Custom Key Stores", 10),
  quota("CreateKey request rate", 1.5),
  quota("DescribeKey request rate", 120, { Period: { PeriodValue: 1, PeriodUnit: "MINUTE" } }),
  quota("Cryptographic operations (symmetric) request rate", 1),
];

describe("quotas from Service Quotas", () => {
  let server: Loopback;
  let restore: () => void;
  let lines: string[];
  let answer: (seen: Seen) => Answer;

  beforeEach(async () => {
    lines = [];
    answer = () => ({ body: { Quotas: RAISED } });
    server = await loopback((seen) =>
      seen.operation === "ListServiceQuotas" ? answer(seen) : { body: { Keys: [], Aliases: [] } },
    );
    restore = setEnvironment({ AWS_ENDPOINT_URL_SERVICE_QUOTAS: server.url });
  });
  afterEach(async () => {
    restore();
    await server.close();
  });

  const open = (quotas: "aws" | Record<string, number> | undefined, region = "us-west-1") => {
    const connections = new KmsConnections({ say: (line) => lines.push(line) });
    return connections.open(
      {
        keyCollection: "us-west-1",
        endpoint: server.url,
        credentials: { accessKey: "AKIAEXAMPLE", secretKey: "secret" },
        quotas,
      },
      region,
    );
  };
  const asked = () => server.seen.filter(({ operation }) => operation === "ListServiceQuotas");
  /** Milliseconds between two calls of an operation. */
  async function spacing(call: () => Promise<unknown>): Promise<number> {
    const begun = Date.now();
    await Promise.all([call(), call()]);
    return Date.now() - begun;
  }

  it("are asked for once in a Region, before the first call there, and pace the calls", async () => {
    const kms = open("aws", "eu-west-1");
    assert.ok((await spacing(() => kms.call("CreateKey", {}))) >= 600, "1.5 a second instead of 5");
    assert.ok((await spacing(() => kms.call("ListKeys", {}))) < 500, "what is not listed is AWS's default");
    const [{ region, body, accessKey }] = asked() as [Seen];
    assert.deepEqual(
      [region, accessKey, JSON.parse(body)],
      ["eu-west-1", "AKIAEXAMPLE", { ServiceCode: "kms" }],
    );
    assert.equal(asked().length, 1);
    assert.equal(server.seen[0]!.operation, "ListServiceQuotas");
    assert.deepEqual(lines, []);
  });

  it("are a minute's where Service Quotas says so, and Decrypt has what is shared", async () => {
    const kms = open("aws");
    const describe = () => kms.call("DescribeKey", { KeyId: "k" });
    await describe();
    assert.ok((await spacing(describe)) >= 500, "two a second");
    const decrypt = () => kms.call("Decrypt", { CiphertextBlob: new Uint8Array(1) });
    assert.ok((await spacing(decrypt)) >= 1000);
  });

  it("come from every page", async () => {
    answer = ({ body }) => {
      const { NextToken } = JSON.parse(body);
      return NextToken === undefined
        ? { body: { Quotas: [], NextToken: "more" } }
        : { body: { Quotas: RAISED } };
    };
    const kms = open("aws");
    assert.ok((await spacing(() => kms.call("CreateKey", {}))) >= 600);
    assert.equal(asked().length, 2);
  });

  it("are AWS's defaults without the permission, and a line says so once", async () => {
    answer = () => kmsError("AccessDeniedException", "not authorized");
    const kms = open("aws");
    assert.ok((await spacing(() => kms.call("CreateKey", {}))) < 500);
    assert.deepEqual(lines, [
      "no permission servicequotas:ListServiceQuotas in us-west-1: AWS's default quotas are assumed there",
    ]);
  });

  it("are AWS's defaults where Service Quotas does not answer", async () => {
    answer = () => "reset";
    const kms = open("aws");
    assert.ok((await spacing(() => kms.call("CreateKey", {}))) < 1000);
    assert.match(
      lines.join(),
      /^the quotas in us-west-1 are not known \(.*\): AWS's default quotas are assumed/,
    );
  });

  it("are sent for to AWS or this machine only", async () => {
    process.env.AWS_ENDPOINT_URL_SERVICE_QUOTAS = "https://quotas.example.com";
    await open("aws").call("ListKeys", {});
    assert.match(lines.join(), /AWS_ENDPOINT_URL_SERVICE_QUOTAS to name an endpoint of AWS/);
    assert.equal(asked().length, 0);
  });

  it("are read with a refresh's time limit, so that a Service Quotas that hangs delays a run by seconds", async () => {
    answer = () => "hang";
    const connections = new KmsConnections({ say: (line) => lines.push(line), time: { requestMs: 300 } });
    const connection = { keyCollection: "us-west-1", endpoint: server.url, quotas: "aws" };
    const credentials = { accessKey: "AKIAEXAMPLE", secretKey: "secret" };
    await connections.open({ ...connection, credentials }).call("ListKeys", {});
    assert.match(lines.join(), /the quotas in us-west-1 are not known/);
  });

  it("are not asked for, nor is the SDK's package loaded, where the program does not say so", async () => {
    await open({ CreateKey: 10 }).call("ListKeys", {});
    await open(undefined).call("ListKeys", {});
    assert.equal(asked().length, 0);
    const script = `
      const { Run } = require("./provider/run.ts");
      const connection = { keyCollection: "us-east-1", endpoint: "http://127.0.0.1:9", credentials: { accessKey: "a", secretKey: "b" } };
      new Run({ retry: { attempts: 1 } }).openKms(connection).call("ListKeys", {}).catch(() => {
        for (const name of ["client-kms", "client-service-quotas"])
          console.log(name, Object.keys(require.cache).some((file) => file.includes(name)));
      });`;
    const loaded = execFileSync(process.execPath, ["--require", "tsx/cjs", "-e", script], {
      encoding: "utf8",
    });
    assert.equal(loaded, "client-kms true\nclient-service-quotas false\n");
  });
});
