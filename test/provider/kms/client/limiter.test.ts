import assert from "node:assert/strict";
import sinon from "sinon";
import { isKeymgmtError } from "../../../../provider/errors";
import { Limiter } from "../../../../provider/kms/client/limiter";
import { quotaUses } from "../../../../provider/kms/client/quotas";
import { DEFAULT_RETRY_LIMITS, withRetries } from "../../../../provider/kms/client/retry";

describe("limiter", () => {
  let clock: sinon.SinonFakeTimers;
  let lines: string[];
  let limiter: Limiter;
  let chance: number;

  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1_700_000_000_000 });
    lines = [];
    chance = 0.5;
    limiter = new Limiter({ log: (line) => lines.push(line), random: () => chance });
  });
  afterEach(() => clock.restore());

  /** Starts `count` calls; the list fills with the milliseconds after which each was let through. */
  function start(count: number, allowance: () => { take(): Promise<void> }): number[] {
    const begun = Date.now();
    const passed: number[] = [];
    for (let i = 0; i < count; i++) {
      void allowance()
        .take()
        .then(() => passed.push(Date.now() - begun));
    }
    return passed;
  }
  const createKey = (owner = "111122223333", region = "us-east-1", quotas?: Record<string, number>) =>
    limiter.buckets(owner, quotaUses("CreateKey", region), quotas);

  it("lets AWS's default quota through in any one second", async () => {
    const passed = start(12, () => createKey());
    await clock.tickAsync(10_000);
    assert.equal(passed.length, 12);
    for (const at of passed) {
      const inWindow = passed.filter((other) => other >= at && other < at + 1000).length;
      assert.ok(inWindow <= 5, `${inWindow} calls in the second from ${at} ms: ${passed}`);
    }
    assert.ok(passed.at(-1)! <= 3000, `slower than the quota: ${passed}`);
  });

  it("paces GetParametersForImport at one a second", async () => {
    const passed = start(4, () => limiter.buckets("a", quotaUses("GetParametersForImport", "us-east-1")));
    await clock.tickAsync(10_000);
    assert.deepEqual(passed, [0, 1000, 2000, 3000]);
  });

  it("takes quotas below one a second and with a fraction", async () => {
    const slow = start(3, () => createKey("a", "us-east-1", { CreateKey: 0.25 }));
    const odd = start(5, () => createKey("b", "us-east-1", { CreateKey: 2.5 }));
    await clock.tickAsync(10_000);
    assert.deepEqual(slow, [0, 4000, 8000]);
    assert.equal(odd.filter((at) => at < 800).length, 2);
    assert.equal(odd.filter((at) => at < 1600).length, 4);
  });

  it("keeps to the quota wherever the second begins", async () => {
    start(1, () => createKey());
    await clock.tickAsync(900);
    start(4, () => createKey());
    await clock.tickAsync(150);
    const passed = start(5, () => createKey());
    await clock.tickAsync(0);
    assert.deepEqual(passed, [0], "four of the last second, and one more");
  });

  it("takes the user's quota instead of the default", async () => {
    const passed = start(50, () => createKey("a", "us-east-1", { CreateKey: 50 }));
    await clock.tickAsync(10);
    assert.equal(passed.length, 50);
  });

  it("refuses a quota that is not above 0", () => {
    for (const quota of [0, -1, Number.NaN]) {
      assert.throws(
        () => createKey("a", "us-east-1", { CreateKey: quota }),
        (error) => isKeymgmtError(error, "InvalidInput") && error.message.includes("quotas.CreateKey"),
      );
    }
  });

  it("keeps accounts, Regions and operations apart", async () => {
    const passed = [
      start(5, () => createKey("111122223333", "us-east-1")),
      start(5, () => createKey("444455556666", "us-east-1")),
      start(5, () => createKey("111122223333", "eu-west-1")),
      start(5, () => limiter.buckets("111122223333", quotaUses("CreateAlias", "us-east-1"))),
    ];
    await clock.tickAsync(10);
    assert.deepEqual(
      passed.map((list) => list.length),
      [5, 5, 5, 5],
    );
  });

  it("counts ReplicateKey as two CreateKey in the replica's Region", async () => {
    const replicate = () => limiter.buckets("a", quotaUses("ReplicateKey", "us-east-1", "eu-west-1"));
    const replicas = start(2, replicate);
    const keys = start(2, () => createKey("a", "eu-west-1"));
    const elsewhere = start(5, () => createKey("a", "us-east-1"));
    await clock.tickAsync(10);
    assert.equal(replicas.length, 2);
    assert.equal(keys.length, 1, "five CreateKey a second: four for two replicas, and one more");
    assert.equal(elsewhere.length, 5);
  });

  it("holds the whole bucket back after a throttle, longer each time, and forgets once a call is accepted", async () => {
    assert.equal(createKey().backOff(), 500);
    const held = start(1, () => createKey());
    await clock.tickAsync(499);
    assert.deepEqual(held, []);
    await clock.tickAsync(1);
    await clock.tickAsync(1000);
    assert.equal(held.length, 1);
    assert.equal(createKey().backOff(), 1000);
    await clock.tickAsync(1000);
    assert.equal(createKey().backOff(), 2000);
    await clock.tickAsync(2000);
    createKey().accepted();
    assert.equal(createKey().backOff(), 500);
  });

  it("forgets former throttles when AWS answers a call", async () => {
    createKey().backOff();
    await clock.tickAsync(500);
    await withRetries("CreateKey", createKey(), async () => {}, DEFAULT_RETRY_LIMITS, { lost: 0 });
    assert.equal(createKey().backOff(), 500);
  });

  it("jitters the whole of the backoff and stops growing at 20 s", async () => {
    chance = 0;
    assert.equal(createKey().backOff(), 0);
    chance = 0.999_999;
    for (let i = 0; i < 10; i++) await clock.tickAsync(createKey().backOff());
    assert.equal(createKey().backOff(), 20_000);
  });

  it("counts calls throttled together as one throttle", () => {
    const first = createKey().backOff();
    assert.equal(createKey().backOff(), first);
    assert.equal(createKey().backOff(), first);
  });

  it("lets nobody through in a pause who was waiting when it began, and the first as it ends", async () => {
    const forImport = () => limiter.buckets("a", quotaUses("GetParametersForImport", "us-east-1"));
    const passed = start(4, forImport);
    await clock.tickAsync(900);
    chance = 1;
    for (const _ of [1, 2]) await clock.tickAsync(forImport().backOff());
    assert.equal(forImport().backOff(), 4000);
    const late = start(1, forImport);
    await clock.tickAsync(20_000);
    assert.equal(passed[0], 0);
    assert.ok(passed[1]! >= 900 + 1000 + 2000 + 4000, `in the pause: ${passed}`);
    assert.equal(late[0], 4000);
  });

  it("paces the calls that waited out a pause", async () => {
    createKey().backOff();
    const passed = start(10, () => createKey());
    await clock.tickAsync(10_000);
    assert.equal(passed.length, 10);
    assert.ok(passed[0]! >= 500);
    const firstSecond = passed.filter((at) => at < passed[0]! + 1000).length;
    assert.ok(firstSecond <= 5, `${firstSecond} calls in one second: ${passed}`);
  });

  it("says how long a long queue is, all of it, and again each minute while it is long", async () => {
    start(100, () => limiter.buckets("a", quotaUses("GetParametersForImport", "us-west-1")));
    await clock.tickAsync(1500);
    assert.equal(lines.length, 1);
    assert.match(
      lines[0]!,
      /99 calls of kms:GetParametersForImport wait in us-west-1.* 1 a second.*about 99 s/,
    );
    await clock.tickAsync(58_000);
    assert.equal(lines.length, 1);
    await clock.tickAsync(3_000);
    assert.equal(lines.length, 2);
    assert.match(lines[1]!, /about 3\d s/);
    await clock.tickAsync(60_000);
    assert.equal(lines.length, 2);
  });

  it("is silent about a short queue", async () => {
    start(45, () => createKey());
    await clock.tickAsync(10_000);
    assert.deepEqual(lines, []);
  });
});
