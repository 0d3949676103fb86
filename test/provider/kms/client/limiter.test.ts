import assert from "node:assert/strict";
import sinon from "sinon";
import { isKeymgmtError } from "../../../../provider/errors";
import { type Allowance, Limiter } from "../../../../provider/kms/client/limiter";
import { type QuotaUse, quotaUses } from "../../../../provider/kms/client/quotas";

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

  /** Starts `count` calls; the list fills with the milliseconds after which each was sent. */
  function start(count: number, allowance: () => Allowance): number[] {
    const begun = Date.now();
    const passed: number[] = [];
    for (let i = 0; i < count; i++) {
      const one = allowance();
      void one.take().then(() => {
        one.sent();
        passed.push(Date.now() - begun);
      });
    }
    return passed;
  }
  const buckets = (owner: string, uses: QuotaUse[], quotas?: Record<string, number>) =>
    limiter.buckets(owner, uses, () => quotas);
  const createKey = (owner = "111122223333", region = "us-east-1", quotas?: Record<string, number>) =>
    buckets(owner, quotaUses("CreateKey", region), quotas);
  const forImport = () => buckets("a", quotaUses("GetParametersForImport", "us-west-1"));
  /** A call that AWS throttles as soon as it is sent. */
  async function throttle(allowance: Allowance): Promise<Allowance> {
    await allowance.take();
    allowance.sent();
    allowance.throttled();
    return allowance;
  }

  const mostInASecond = (times: number[]) =>
    Math.max(...times.map((at) => times.filter((other) => other >= at && other < at + 1000).length));

  it("lets AWS's default quota through in any one second, the first calls at once", async () => {
    const passed = start(12, () => createKey());
    await clock.tickAsync(10_000);
    assert.equal(passed.length, 12);
    assert.deepEqual(passed.slice(0, 3), [0, 0, 0]);
    assert.equal(mostInASecond(passed), 5, `${passed}`);
    assert.ok(passed.at(-1)! <= 2300, `slower than the quota: ${passed}`);
  });

  it("paces GetParametersForImport at one a second, with a margin", async () => {
    const passed = start(25, forImport);
    await clock.tickAsync(40_000);
    assert.equal(passed.length, 25);
    for (const [i, at] of passed.slice(1).entries()) assert.ok(at - passed[i]! >= 1025, `${passed}`);
    assert.ok(passed.at(-1)! <= 25 * 1080, `${passed}`);
  });

  it("takes quotas below one a second and with a fraction", async () => {
    const slow = start(3, () => createKey("a", "us-east-1", { CreateKey: 0.25 }));
    const odd = start(5, () => createKey("b", "us-east-1", { CreateKey: 2.5 }));
    await clock.tickAsync(20_000);
    assert.ok(slow[1]! >= 4000 && slow[2]! - slow[1]! >= 4000 && slow[2]! <= 3 * 4240, `${slow}`);
    assert.equal(odd.filter((at) => at < 840).length, 2);
    assert.equal(odd.filter((at) => at < 1690).length, 4);
  });

  it("keeps to the quota wherever the second begins", async () => {
    const send = async (at: number, count: number) => {
      await clock.tickAsync(at - (Date.now() - begun));
      const passed = start(count, () => createKey());
      const from = Date.now() - begun;
      lists.push([passed, from]);
    };
    const begun = Date.now();
    const lists: [number[], number][] = [];
    for (const [at, count] of [
      [0, 1],
      [900, 4],
      [1050, 5],
      [1900, 3],
    ] as const)
      await send(at, count);
    await clock.tickAsync(10_000);
    const all = lists.flatMap(([passed, from]) => passed.map((at) => from + at));
    assert.equal(all.length, 13);
    assert.equal(mostInASecond(all), 5, `${all}`);
  });

  it("takes the user's quota instead of the default", async () => {
    const passed = start(50, () => createKey("a", "us-east-1", { CreateKey: 50 }));
    await clock.tickAsync(800);
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
      start(3, () => createKey("111122223333", "us-east-1")),
      start(3, () => createKey("444455556666", "us-east-1")),
      start(3, () => createKey("111122223333", "eu-west-1")),
      start(3, () => buckets("111122223333", quotaUses("CreateAlias", "us-east-1"))),
    ];
    await clock.tickAsync(10);
    assert.deepEqual(
      passed.map((list) => list.length),
      [3, 3, 3, 3],
    );
  });

  it("counts ReplicateKey as two CreateKey in the replica's Region", async () => {
    const replicate = () => buckets("a", quotaUses("ReplicateKey", "us-east-1", "eu-west-1"));
    const replicas = start(2, replicate);
    const keys = start(2, () => createKey("a", "eu-west-1"));
    const elsewhere = start(5, () => createKey("a", "us-east-1"));
    await clock.tickAsync(1000);
    assert.equal(replicas.length, 2);
    assert.equal(keys.length, 1, "five CreateKey a second: four for two replicas, and one more");
    assert.equal(elsewhere.length, 5);
  });

  it("takes two windows for ReplicateKey where the replica's Region has a quota of one CreateKey", async () => {
    const uses = quotaUses("ReplicateKey", "us-east-1", "eu-west-1");
    const passed = start(2, () => buckets("a", uses, { CreateKey: 1 }));
    await clock.tickAsync(5000);
    assert.ok(passed[0] === 0 && passed[1]! >= 2000, `${passed}`);
  });

  it("counts from when a request is put on the wire", async () => {
    const late = forImport();
    await late.take();
    const next = start(1, forImport);
    await clock.tickAsync(5000);
    assert.deepEqual(next, [], "the first may still arrive");
    late.sent();
    await clock.tickAsync(1020);
    assert.deepEqual(next, []);
    await clock.tickAsync(1100);
    assert.equal(next.length, 1);
  });

  it("does not count a call that failed before it was sent", async () => {
    const failed = forImport();
    await failed.take();
    const next = start(1, forImport);
    failed.failed();
    await clock.tickAsync(0);
    assert.deepEqual(next, [0]);
  });

  it("pauses after a throttle, longer each time, and forgets once a call is accepted", async () => {
    const pauses: number[] = [];
    let call = await throttle(createKey());
    for (let i = 0; i < 8; i++) {
      const begun = Date.now();
      let taken = 0;
      void call.take().then(() => {
        taken = Date.now();
      });
      await clock.tickAsync(30_000);
      pauses.push(taken - begun);
      call.sent();
      call.throttled();
    }
    assert.deepEqual(pauses, [398, 795, 1590, 3180, 6360, 10_000, 10_000, 10_000]);
    call = createKey();
    void call.take();
    await clock.tickAsync(30_000);
    call.accepted();
    const again = createKey();
    void again.take();
    await clock.tickAsync(30_000);
    again.sent();
    again.throttled();
    const passed = start(1, () => again);
    await clock.tickAsync(30_000);
    assert.ok(passed[0]! < 700, `the first pause again, at the rate of now: ${passed}`);
  });

  it("jitters the whole of the pause", async () => {
    chance = 0;
    const call = await throttle(createKey("a", "us-east-1", { CreateKey: 1000 }));
    const passed = start(1, () => call);
    await clock.tickAsync(10);
    assert.equal(passed.length, 1);
  });

  it("counts calls that were throttled together as one throttle", async () => {
    const calls = [1, 2, 3].map(() => createKey());
    for (const call of calls) await call.take();
    for (const call of calls) call.sent();
    for (const call of calls) call.throttled();
    const passed = start(1, () => calls[0]!);
    await clock.tickAsync(30_000);
    assert.ok(passed[0]! < 700, `one pause, and the pace of three calls: ${passed}`);
  });

  it("sends a call that was throttled before those that wait for the first time", async () => {
    const first = forImport();
    await first.take();
    first.sent();
    const others = start(2, forImport);
    first.throttled();
    const again = start(1, () => first);
    await clock.tickAsync(20_000);
    assert.ok(again[0]! < others[0]!, `${again} before ${others}`);
  });

  it("spreads the calls after a pause, and comes back to the whole quota", async () => {
    await throttle(createKey());
    const passed: number[] = [];
    const send = async () => {
      const call = createKey();
      await call.take();
      call.sent();
      passed.push(Date.now());
      call.accepted();
    };
    for (let i = 0; i < 100; i++) void send();
    await clock.tickAsync(40_000);
    assert.equal(passed.length, 100);
    const gaps = passed.slice(1).map((at, i) => at - passed[i]!);
    assert.ok(gaps[0]! > 290 && gaps[0]! < 305, `0.7 of 5 a second: ${gaps}`);
    assert.ok(passed.at(-1)! - passed.at(-21)! < 4300, `5 a second: ${gaps}`);
  });

  it("has one timer for all that wait, and one for the line", async () => {
    start(1000, forImport);
    await clock.tickAsync(0);
    assert.equal(clock.countTimers(), 2);
  });

  it("says how long a long queue is, all of it, and each minute what is left while it is long", async () => {
    start(100, forImport);
    await clock.tickAsync(1500);
    assert.deepEqual(lines, [
      "keymgmt: 99 imports wait for AWS's quota of 1 a second in us-west-1: about 2 minutes",
    ]);
    await clock.tickAsync(58_000);
    assert.equal(lines.length, 1);
    await clock.tickAsync(3_000);
    assert.match(lines[1]!, /: 4\d imports wait for .*: about 4\d seconds$/);
    await clock.tickAsync(300_000);
    assert.equal(lines.length, 2);
  });

  it("counts in the line what the program has declared beside it: the engine does only some at a time", async () => {
    for (let come = 0; come < 9; come++) limiter.countDistribution("us-west-1", "a", 403);
    for (let come = 0; come < 10; come++) limiter.countDistribution("us-west-1", "b", 20);
    limiter.countDistribution("eu-west-1", "a", 6);
    start(9, forImport);
    await clock.tickAsync(1500);
    assert.deepEqual(lines, [
      "keymgmt: up to 412 imports wait for AWS's quota of 1 a second in us-west-1: about 7 minutes",
    ]);
    for (let come = 0; come < 500; come++) limiter.countDistribution("us-west-1", "a", 403);
    for (let come = 0; come < 10; come++) limiter.countDistribution("us-west-1", "b", 20);
    await clock.tickAsync(60_000);
    assert.equal(lines.length, 1);
  });

  it("says in plain words what waits, and that others use the quota too", async () => {
    for (const [operation, quota, text] of [
      ["CreateKey", 5, "new KMS keys wait for AWS's quota of 5 a second"],
      ["DescribeKey", 1.5, "calls of kms:DescribeKey wait for AWS's quota of 1.5 a second"],
      ["CreateAlias", 0.25, "new aliases wait for AWS's quota of 1 in 4 seconds"],
    ] as const) {
      lines = [];
      const uses = quotaUses(operation, "eu-west-1");
      const throttled = await throttle(buckets("a", uses, { [operation]: quota }));
      start(98, () => buckets("a", uses, { [operation]: quota }));
      start(1, () => throttled);
      await clock.tickAsync(1001);
      assert.ok(lines[0]!.includes(text), lines[0]);
      assert.match(lines[0]!, / in eu-west-1: about \d+ (seconds|minutes), because others use it too$/);
    }
  });

  it("is silent about a short queue", async () => {
    start(45, () => createKey());
    await clock.tickAsync(12_000);
    assert.deepEqual(lines, []);
  });
});
