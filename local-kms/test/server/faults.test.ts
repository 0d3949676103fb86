import assert from "node:assert/strict";
import { request } from "node:http";
import { setTimeout } from "node:timers/promises";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  ListKeysCommand,
} from "@aws-sdk/client-kms";
import type { Fault, InterceptedRequest, Interception, RequestLogEntry } from "../../src/index.js";
import { ACCOUNT, clientFor, createKey, refusal, start, type TestKms } from "../support.js";

/** A request without an SDK, which would hide how the answer ended. */
function rawPost(host: string, port: number, operation: string, input: object) {
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20261124/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=00`,
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": `TrentService.${operation}`,
  };
  return new Promise<{ status: number | undefined; body: string; complete: boolean }>((resolve, reject) => {
    const sent = request({ host, port, method: "POST", headers }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("error", () => undefined);
      response.on("close", () => resolve({ status: response.statusCode, body, complete: response.complete }));
    });
    sent.on("error", reject);
    sent.end(JSON.stringify(input));
  });
}

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

  it("by ending the connection before or after it took effect", async () => {
    for (const drop of ["close", "reset"] as const) {
      interception = { drop };
      const before = await countKeys();
      assert.equal((await refusal(createKey(kms.client()))).status, undefined);
      assert.equal(await countKeys(), before);
      interception = { drop, when: "after" };
      assert.equal((await refusal(createKey(kms.client()))).status, undefined);
      assert.equal(await countKeys(), before + 1);
      assert.ok(log.some((entry) => entry.outcome === drop && entry.cause === "fault"));
    }
  });

  it("by half of an answer", async () => {
    interception = { drop: "half" };
    const { host, port } = kms;
    const { status, body, complete } = await rawPost(host, port, "CreateKey", {});
    assert.equal(status, 200);
    assert.equal(complete, false);
    assert.match(body, /^\{"KeyMetadata":\{/);
    assert.throws(() => JSON.parse(body));
    assert.equal(await countKeys(), 1);
  });

  it("by no answer at all, on a connection that stays open", async () => {
    interception = { drop: "hang", when: "after" };
    const client = clientFor(kms.url);
    const abort = new AbortController();
    const hanging = client.send(new CreateKeyCommand({}), { abortSignal: abort.signal });
    while ((await countKeys()) === 0) await setTimeout(5);
    const first = await Promise.race([hanging, setTimeout(50, "nothing")]);
    assert.equal(first, "nothing");
    abort.abort();
    await assert.rejects(hanging, { name: "AbortError" });
  });

  it("by an answer that is slow", async () => {
    interception = { delayMillis: 150 };
    const asked = performance.now();
    const created = createKey(kms.client());
    while ((await countKeys()) === 0) await setTimeout(5);
    await created;
    assert.ok(performance.now() - asked >= 149);
  });

  it("and sees operation, Region, account and input", async () => {
    await refusal(kms.client("eu-west-1").send(new DescribeKeyCommand({ KeyId: "orders" })));
    assert.deepEqual(seen, [
      { operation: "DescribeKey", region: "eu-west-1", account: ACCOUNT, input: { KeyId: "orders" } },
    ]);
  });
});

describe("local KMS: faults as data", () => {
  let kms: TestKms;
  beforeEach(async () => {
    kms = await start();
  });
  afterEach(() => kms.close());

  /** What comes of `count` requests, one after another. */
  async function outcomes(count: number, ask: () => Promise<unknown>): Promise<string> {
    let seen = "";
    for (let i = 0; i < count; i += 1) {
      seen += await ask().then(
        () => ".",
        () => "x",
      );
    }
    return seen;
  }

  it("hit some requests after others, so many times", async () => {
    await kms.setFaults([
      { operation: "CreateKey", skip: 2, times: 3, error: { name: "KMSInternalException" } },
    ]);
    assert.equal(await outcomes(8, () => createKey(kms.client())), "..xxx...");
    assert.deepEqual(
      kms.faults().map(({ hits }) => hits),
      [3],
    );
  });

  it("throttle in AWS's words", async () => {
    await kms.setFaults([{ error: { name: "ThrottlingException" } }]);
    assert.deepEqual(await refusal(createKey(kms.client())), {
      name: "ThrottlingException",
      message: "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
      status: 400,
    });
  });

  it("hit what fits them: operation, Region, account and key by id or ARN, or alias as it is named", async () => {
    const client = kms.client();
    const { KeyId, Arn } = await createKey(client);
    await client.send(new CreateAliasCommand({ AliasName: "alias/a", TargetKeyId: KeyId }));
    const ask = (name: string) => () => client.send(new DescribeKeyCommand({ KeyId: name }));
    const error = { name: "KMSInternalException" };
    const cases: [Omit<Fault, "error">, string][] = [
      [{ key: KeyId }, "xx."],
      [{ key: Arn, operation: "DescribeKey" }, "xx."],
      [{ key: "alias/a" }, "..x"],
      [{ key: Arn.replace(`key/${KeyId}`, "alias/a") }, "..x"],
      [{ operation: "Encrypt" }, "..."],
      [{ region: "eu-west-1" }, "..."],
      [{ region: "us-east-1", account: ACCOUNT }, "xxx"],
      [{ account: "444455556666" }, "..."],
    ];
    for (const [match, expected] of cases) {
      await kms.setFaults([{ ...match, error } as Fault]);
      let seen = "";
      for (const name of [KeyId, Arn, "alias/a"]) seen += await outcomes(1, ask(name));
      assert.equal(seen, expected, JSON.stringify(match));
    }
  });

  it("hit by chance, and with a seed by the same chance each time", async () => {
    const fault: Fault = { probability: 0.5, seed: 7, error: { name: "KMSInternalException" } };
    const runs = [];
    for (let run = 0; run < 2; run += 1) {
      await kms.setFaults([fault]);
      runs.push(await outcomes(16, () => createKey(kms.client())));
    }
    assert.equal(runs[0], runs[1]);
    assert.match(runs[0]!, /x/);
    assert.match(runs[0]!, /\./);
    await kms.setFaults([{ ...fault, seed: 8 }]);
    assert.notEqual(await outcomes(16, () => createKey(kms.client())), runs[0]);
    await kms.setFaults([{ ...fault, probability: 0 }]);
    assert.equal(await outcomes(5, () => createKey(kms.client())), ".....");
  });

  it("come one by one: the first that hits decides, and only those before it have seen the request", async () => {
    await kms.setFaults([
      { operation: "CreateKey", times: 1, error: { name: "KMSInternalException" } },
      { operation: "CreateKey", times: 1, error: { name: "DependencyTimeoutException" } },
    ]);
    const names = [];
    for (let i = 0; i < 2; i += 1) names.push((await refusal(createKey(kms.client()))).name);
    assert.deepEqual(names, ["KMSInternalException", "DependencyTimeoutException"]);
  });

  it("are refused where they say too little, too much, or what is not there", async () => {
    for (const [fault, message] of [
      [
        {},
        /^Expected `faults\[0\]` to be a fault with one of `error`, `drop`, `kill`, or with `delayMillis` alone/,
      ],
      [{ drop: "close", error: { name: "A" } }, /^Expected `faults\[0\]` to be a fault with one of/],
      [
        { drop: "half way" },
        /^Expected `faults\[0\]\.drop` to be "close", "reset", "hang" or "half", got `"half way"`$/,
      ],
      [
        { operation: "CreateKeys", drop: "close" },
        /^Expected `faults\[0\]\.operation` to be an operation of AWS KMS/,
      ],
      [{ operations: "CreateKey", drop: "close" }, /^Unknown setting `operations` in `faults\[0\]`/],
      [{ error: {} }, /^Expected `faults\[0\]\.error` to have `name`$/],
      [
        { account: 111122223333, drop: "close" },
        /^Expected `faults\[0\]\.account` to be an account: a text of 12 digits, got `111122223333`$/,
      ],
    ] as const) {
      await assert.rejects(kms.setFaults([fault as unknown as Fault]), { message });
    }
    assert.deepEqual(kms.faults(), []);
  });

  it("do not end the process of a program that the server is part of", async () => {
    await assert.rejects(kms.setFaults([{ kill: true }]), /only the command `local-kms` takes it/);
    await assert.rejects(
      start({ config: { faults: [{ kill: true }] } }),
      /only the command `local-kms` takes it/,
    );
  });
});
