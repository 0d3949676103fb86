import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Agent, request as httpRequest, type IncomingHttpHeaders, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateAliasCommand, ReplicateKeyCommand } from "@aws-sdk/client-kms";
import fc from "fast-check";
import { API } from "../../src/api/model.js";
import {
  createEnabledKey,
  createExternalKey,
  createKey,
  EAST,
  start,
  type TestKms,
  WEST,
} from "../support.js";
import { faultsOf } from "./answers.js";
import { inputsOf, type Known, nested } from "./fuzz/inputs.js";
import { converse, type Sent, statusesOf } from "./fuzz/rawHttp.js";

const SIGNED = `AWS4-HMAC-SHA256 Credential=111122223333/20261124/${EAST}/kms/aws4_request, SignedHeaders=host, Signature=00`;
const HEADERS = { authorization: SIGNED, "content-type": "application/x-amz-json-1.1" };
const OPERATIONS = Object.keys(API.operations);

interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Fails on anything but an answer that AWS's API model has for the operation. */
function judge({ status, headers, body }: Answered, operation: string): void {
  assert.ok(status < 500, `${status} ${body}`);
  assert.deepEqual(faultsOf(operation, status, body), []);
  if (status !== 200) assert.equal(headers["x-amzn-errortype"], JSON.parse(body).__type);
}

/** fast-check prints the seed of a run that fails. */
const runs = (numRuns: number) => ({ numRuns, endOnFailure: false });

describe("local KMS: what no client sends", function () {
  this.timeout(120_000);
  let kms: TestKms;
  let known: Known;
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });

  before(async () => {
    kms = await start();
    const { KeyId, Arn } = await createEnabledKey(kms.client(), { MultiRegion: true });
    await kms.client().send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: WEST }));
    await kms.client().send(new CreateAliasCommand({ AliasName: "alias/known", TargetKeyId: KeyId }));
    const others = [await createExternalKey(kms.client()), await createKey(kms.client())];
    known = { keys: [KeyId, Arn!, ...others.map((key) => key.KeyId)], aliases: ["alias/known"] };
  });
  after(async () => {
    agent.destroy();
    await kms.close();
  });
  afterEach(() => works());

  const post = (
    target: string | undefined,
    body: string | Buffer,
    headers: Record<string, string> = HEADERS,
  ) =>
    new Promise<Answered>((resolve, reject) => {
      const all = target === undefined ? headers : { ...headers, "x-amz-target": target };
      const sent = httpRequest(kms.url, { method: "POST", agent, headers: all }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => {
          const body = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode!, headers: response.headers, body });
        });
      });
      sent.on("error", reject).end(body);
    });
  const call = (operation: string, body: string | Buffer) => post(`TrentService.${operation}`, body);

  async function works() {
    assert.equal((await call("ListKeys", "{}")).status, 200);
  }

  it("answers inputs made from the API model with a success or an error that AWS lists for the operation", async () => {
    for (const operation of OPERATIONS) {
      await fc.assert(
        fc.asyncProperty(inputsOf(operation, known), async (input) => {
          judge(await call(operation, JSON.stringify(input)), operation);
        }),
        runs(40),
      );
    }
  });

  it("refuses bodies that are no JSON object as a SerializationException", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json().map((json) => json.slice(0, -1)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...OPERATIONS),
        fc.oneof(text, fc.uint8Array()),
        async (operation, body) => {
          const bytes = Buffer.from(body as string);
          fc.pre(bytes.length > 0 && !isObject(bytes.toString()));
          const answer = await call(operation, bytes);
          judge(answer, operation);
          assert.notEqual(answer.status, 200);
        },
      ),
      runs(300),
    );
  });

  it("refuses lists nested as deep as 1 MB holds, wherever a member may be", async () => {
    const depths = [100, 5000, 100_000, 500_000];
    for (const depth of depths) {
      const deep = "[".repeat(depth) + "]".repeat(depth);
      const object = `${'{"a":'.repeat(depth / 10)}1${"}".repeat(depth / 10)}`;
      for (const body of [deep, object, `{"Tags":${deep}}`, `{"KeyId":${object},"Limit":${deep}}`]) {
        for (const operation of ["CreateKey", "DescribeKey", "TagResource"])
          judge(await call(operation, body), operation);
      }
    }
    judge(
      await call("CreateKey", JSON.stringify({ Policy: JSON.stringify({ Statement: nested(3000) }) })),
      "CreateKey",
    );
  });

  it("reads a body of 1 MB and answers 413 to a byte more", async () => {
    const sized = (bytes: number) => `{"Description":"${"a".repeat(bytes - 18)}"}`;
    const most = 1024 * 1024;
    assert.equal((await call("CreateKey", sized(most))).status, 400);
    for (const bytes of [most + 1, 5 * most]) {
      const answer = await call("CreateKey", sized(bytes));
      judge(answer, "CreateKey");
      assert.equal(answer.status, 413);
    }
  });

  it("refuses targets, signatures and content types that are none", async () => {
    const header = fc.oneof(
      fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) }),
      fc.constantFrom(
        "TrentService.",
        "TrentService.__proto__",
        "TrentService.ListKeys ",
        "AWS4-HMAC-SHA256 Credential=////",
      ),
      fc.subarray([...SIGNED], { minLength: 1 }).map((left) => left.join("")),
    );
    const changed = fc.record(
      { authorization: header, "content-type": header, "x-amz-target": header, "x-amz-date": header },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(changed, async (given) => {
        judge(await post("TrentService.ListKeys", "{}", { ...HEADERS, ...trimmed(given) }), "ListKeys");
      }),
      runs(300),
    );
  });

  describe("on a raw connection", () => {
    const head = (more = "", line = "POST / HTTP/1.1") =>
      `${line}\r\nHost: 127.0.0.1\r\nAuthorization: ${SIGNED}\r\nX-Amz-Target: TrentService.ListKeys\r\n${more}\r\n`;
    const whole = (more = "") => `${head(`Content-Length: 2\r\n${more}`)}{}`;
    const last = whole("Connection: close\r\n");

    for (const [title, sent, statuses] of [
      [
        "answers each of several requests sent at once",
        { parts: [whole() + whole() + last] },
        [200, 200, 200],
      ],
      ["reads a request that comes byte by byte", { parts: [...last] }, [200]],
      [
        "lets a caller that asks first send its body",
        { parts: [head("Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n"), "{}"] },
        [100, 200],
      ],
      [
        "refuses an expectation that it does not know",
        { parts: [whole("Expect: tea\r\nConnection: close\r\n")] },
        [417],
      ],
      [
        "refuses a request with more body than it said",
        { parts: [`${head("Content-Length: 2\r\n")}{}{}{}\r\n\r\n`] },
        [400],
      ],
      [
        "closes where a body ends before it is whole",
        { parts: [`${head("Content-Length: 200\r\n")}{}`], afterwards: "end" },
        [400],
      ],
      ["refuses a negative length", { parts: [head("Content-Length: -1\r\n")] }, [400]],
      ["refuses two lengths", { parts: [`${head("Content-Length: 2\r\nContent-Length: 3\r\n")}{}`] }, [400]],
      [
        "refuses a length beside chunks, by which requests are smuggled",
        { parts: [`${head("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n")}0\r\n\r\n`] },
        [400],
      ],
      [
        "refuses chunks without sizes",
        { parts: [`${head("Transfer-Encoding: chunked\r\n")}tea\r\n{}\r\n`] },
        [400],
      ],
      [
        "reads chunks",
        {
          parts: [
            head("Transfer-Encoding: chunked\r\nConnection: close\r\n"),
            "1\r\n{\r\n",
            "1\r\n}\r\n0\r\n\r\n",
          ],
        },
        [200],
      ],
      ["refuses a NUL in a header", { parts: [whole("X-Nul: a\0b\r\n")] }, [400]],
      ["refuses a NUL in the request line", { parts: [head("", "POST /\0 HTTP/1.1")] }, [400]],
      ["refuses headers of 100 KB", { parts: [whole(`X-Long: ${"a".repeat(100_000)}\r\n`)] }, [431]],
      ["refuses a folded header", { parts: [whole("X-Folded: a\r\n b\r\n")] }, [400]],
      ["refuses HTTP/2 without TLS", { parts: ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] }, [400]],
      ["refuses TLS", { parts: [Buffer.from("16030100a5010000a10303", "hex")] }, [400]],
      ["refuses no HTTP at all", { parts: ["HELO kms\r\n"] }, [400]],
      ["closes on CONNECT", { parts: [head("", "CONNECT kms:443 HTTP/1.1")] }, []],
      ["closes on half a request line", { parts: ["POST / HT"], afterwards: "end" }, [400]],
      ["closes on half of the headers", { parts: [head().slice(0, -2)], afterwards: "end" }, [400]],
    ] as [string, Sent, number[]][]) {
      it(title, async () => {
        const received = await converse(kms.port, sent);
        assert.ok(received !== undefined, "the connection is still open");
        assert.deepEqual(statusesOf(received), statuses);
      });
    }

    it("outlives connections that are reset at any byte of a request", async () => {
      const request = Buffer.from(whole());
      for (let end = 0; end < request.length; end += 7) {
        await converse(kms.port, { parts: [request.subarray(0, end)], afterwards: "reset" });
      }
    });

    it("answers noise after a good beginning with 4xx, or closes", async () => {
      const good = Buffer.from(last);
      const noise = fc.record({
        keep: fc.nat({ max: good.length }),
        bytes: fc.uint8Array({ maxLength: 300 }),
      });
      await fc.assert(
        fc.asyncProperty(noise, async ({ keep, bytes }) => {
          const parts = [good.subarray(0, keep), bytes];
          const received = await converse(kms.port, { parts, afterwards: "end" });
          assert.ok(received !== undefined, "the connection is still open");
          for (const status of statusesOf(received)) assert.ok(status < 500, received);
        }),
        runs(200),
      );
    });

    it("closes hundreds of connections that fall silent, whatever they have sent, and serves others meanwhile", async () => {
      const { port, httpServer, close } = await impatient(last);
      const beginnings = ["", "POST", head().slice(0, -10), `${head("Content-Length: 9\r\n")}{}`];
      const silent = Array.from({ length: 400 }, (_, i) =>
        converse(port, { parts: [beginnings[i % 4]!] }, 20_000),
      );
      await sleep(50);
      assert.deepEqual(statusesOf((await converse(port, { parts: [last] }))!), [200]);
      for (const text of await Promise.all(silent)) assert.match(text ?? "still open", /^HTTP\/1.1 408 /);
      assert.equal(
        await new Promise((resolve) => httpServer.getConnections((_, count) => resolve(count))),
        0,
      );
      await close();
    });
  });
});

/** A local KMS that waits less for a request than it does by default. Node tells of its server with each request. */
async function impatient(first: string) {
  const kms = await start();
  let httpServer: Server | undefined;
  const onRequest = (message: unknown) => {
    httpServer = (message as { server: Server }).server;
  };
  subscribe("http.server.request.start", onRequest);
  await converse(kms.port, { parts: [first] });
  unsubscribe("http.server.request.start", onRequest);
  assert.ok(
    httpServer!.headersTimeout <= 60_000 && httpServer!.requestTimeout <= 120_000,
    "it waits too long",
  );
  Object.assign(httpServer!, { headersTimeout: 300, requestTimeout: 600 });
  return { port: kms.port, httpServer: httpServer!, close: kms.close };
}

function isObject(text: string): boolean {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** A header's outer blanks are not part of it, and an undefined one is not sent. */
const trimmed = (headers: Record<string, string | undefined>) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value.trim()]])),
  );
