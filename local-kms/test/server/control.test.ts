import assert from "node:assert/strict";
import { request } from "node:http";
import { createKey, refusal, start, type TestKms } from "../support.js";

interface Given {
  status: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON came.
  body: any;
}

/** fetch sets Host and Origin itself, so these requests are made by hand. */
function send(
  url: string,
  path: string,
  { method = "GET", body, headers = {} }: { method?: string; body?: unknown; headers?: object } = {},
): Promise<Given> {
  const type = body === undefined ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/_local-kms/${path}`,
      { method, headers: { ...type, ...headers } },
      (response) => {
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
      },
    );
    sent.on("error", reject);
    sent.end(typeof body === "string" ? body : JSON.stringify(body));
  });
}

describe("local KMS: control endpoint", () => {
  let kms: TestKms;
  beforeEach(async () => {
    kms = await start({ config: { control: true } });
  });
  afterEach(() => kms.close());
  const control = (path: string, options?: Parameters<typeof send>[2]) => send(kms.url, path, options);

  it("is not there unless asked for", async () => {
    const without = await start();
    const { status, body } = await send(without.url, "health");
    assert.deepEqual([status, body.__type], [404, "UnknownOperationException"]);
    await without.close();
  });

  it("says that the server is up", async () => {
    assert.deepEqual(await control("health"), { status: 200, body: { status: "ok" } });
  });

  it("counts requests by operation, and begins again when told to", async () => {
    await createKey(kms.client());
    assert.deepEqual((await control("counts")).body, { CreateKey: 1 });
    assert.deepEqual((await control("counts", { method: "DELETE" })).body, {});
    assert.deepEqual(kms.counts(), {});
  });

  it("shows and moves the clock", async () => {
    const { time } = (await control("clock")).body;
    const moved = (await control("clock", { method: "POST", body: { advance: "P365D" } })).body;
    assert.ok(Date.parse(moved.time) - Date.parse(time) >= 365 * 24 * 60 * 60 * 1000);
    const back = await control("clock", { method: "POST", body: { time } });
    assert.equal(back.status, 400);
    assert.match(back.body.error, /^The clock never goes back/);
  });

  it("shows, sets and ends faults, quotas and lag", async () => {
    const settings = {
      faults: [{ operation: "CreateKey", drop: "close" }],
      quotas: { requestsPerSecond: { CreateKey: 2 } },
      consistency: { lagReads: 2 },
    };
    for (const [name, value] of Object.entries(settings)) {
      const shown = name === "faults" ? [{ fault: settings.faults[0], hits: 0 }] : value;
      const none = name === "faults" ? [] : null;
      assert.deepEqual((await control(name)).body, none);
      assert.deepEqual((await control(name, { method: "PUT", body: value })).body, shown);
      assert.deepEqual((await control(name)).body, shown);
      assert.deepEqual((await control(name, { method: "DELETE" })).body, none);
    }
    await control("faults", { method: "PUT", body: settings.faults });
    await refusal(createKey(kms.client()));
    assert.equal((await control("faults")).body[0].hits, 1);
    await control("faults", { method: "DELETE" });
    await createKey(kms.client());
  });

  it("says what is wrong with a request", async () => {
    for (const [path, options, status, error] of [
      ["weather", {}, 404, /^There is no \/_local-kms\/weather; there are health,counts,clock,/],
      ["health", { method: "DELETE" }, 405, /health takes GET$/],
      ["faults", { method: "PUT", body: "{" }, 400, /JSON/],
      [
        "faults",
        { method: "PUT", body: [{ drop: "gently" }] },
        400,
        /^Expected `faults\[0\]\.drop` to be "close"/,
      ],
      ["faults", { method: "PUT", body: [{ kill: true }] }, 400, /only the command `local-kms` takes it/],
      ["clock", { method: "POST", body: { advance: "30d" } }, 400, /ISO 8601 duration/],
      ["clock", { method: "POST" }, 400, /^Expected `clock` to be/],
      [
        "quotas",
        { method: "PUT", body: "null" },
        400,
        /^Expected `quotas` to be "aws" or an object, got `null`$/,
      ],
    ] as const) {
      const given = await control(path, options);
      assert.equal(given.status, status, path);
      assert.match(given.body.error, error);
    }
  });

  it("refuses what a web page could make a browser send", async () => {
    const body = { advance: "P1D" };
    for (const [headers, status] of [
      [{ origin: "https://example.com" }, 403],
      [{ origin: "null" }, 403],
      [{ origin: kms.url }, 403],
      [{ host: "rebound.example.com" }, 403],
      [{ host: "127.0.0.1.example.com:80" }, 403],
      [{ "content-type": "text/plain" }, 415],
      [{ "content-type": "application/x-www-form-urlencoded" }, 415],
      [{ host: "localhost:9" }, 200],
      [{ host: "[::1]" }, 200],
      [{ "content-type": "application/json; charset=utf-8" }, 200],
    ] as const) {
      const given = await control("clock", { method: "POST", body, headers });
      assert.equal(given.status, status, JSON.stringify(headers));
    }
  });
});
