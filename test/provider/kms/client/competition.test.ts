import assert from "node:assert/strict";
import { Account, type Calls, type Model, randomBy } from "./simulation";

/** What came of one simulation: throttled calls of all calls, and the time until all were done, by what the quota allows. */
interface Outcome {
  throttled: number;
  time: number;
}

const MODELS: Model[] = ["token bucket", "fixed windows"];
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

/** Simulates it with each seed. `start` gives what each sender does. */
async function outcomes(
  quota: number,
  model: Model,
  start: (account: Account, seconds: (most: number) => number) => Calls[],
): Promise<Outcome[]> {
  return Promise.all(
    SEEDS.map(async (seed) => {
      const random = randomBy(seed);
      const account = new Account(quota, model, random);
      const begunAt = account.clock.now();
      const senders = start(account, (most) => 1000 * most * random());
      await account.clock.run();
      const sum = (of: (calls: Calls) => number) => senders.reduce((total, calls) => total + of(calls), 0);
      const accepted = sum((calls) => calls.accepted);
      const throttled = sum((calls) => calls.throttled);
      const ms = Math.max(...senders.map((calls) => calls.endedAt)) - begunAt;
      return { throttled: throttled / (throttled + accepted), time: (ms * quota) / (1000 * accepted) };
    }),
  );
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function within(all: Outcome[], { throttled, time }: Outcome): void {
  const [share, times] = [mean(all.map((one) => one.throttled)), mean(all.map((one) => one.time))];
  const found = `${(100 * share).toFixed(1)} % throttled, ${times.toFixed(2)} times the bound`;
  if (process.env.SHOW) console.log(`        ${found}`);
  assert.ok(share <= throttled && times <= time, found);
}

describe("pacing beside others", function () {
  this.timeout(60_000);

  for (const model of MODELS) {
    describe(`AWS counts by ${model}`, () => {
      for (const [quota, imports] of [
        [1, 100],
        [5, 200],
        [10, 300],
      ] as const) {
        it(`${quota} a second: alone nothing is throttled`, async () => {
          const alone = await outcomes(quota, model, (account) => [account.stack(25 * quota, 0)]);
          for (const one of alone) {
            assert.equal(one.throttled, 0);
            assert.ok(one.time <= 1.08, `${one.time}`);
          }
        });

        it(`${quota} a second: one request of somebody else costs little`, async () => {
          const beside = await outcomes(quota, model, (account, seconds) => [
            account.stack(25 * quota, 0),
            account.request(5000 + seconds(1)),
          ]);
          within(beside, { throttled: 0.04, time: 1.15 });
        });

        it(`${quota} a second: two stacks at once`, async () => {
          const two = await outcomes(quota, model, (account, seconds) =>
            [1, 2].map(() => account.stack(imports, seconds(1))),
          );
          within(two, { throttled: 0.08, time: 1.2 });
          assert.ok(Math.max(...two.map((one) => one.throttled)) <= 0.1);
        });

        it(`${quota} a second: a second stack comes when the first has done half, and has all when that has ended`, async () => {
          const late = await outcomes(quota, model, (account) => [
            account.stack(imports, 0),
            account.stack(imports, (500 * imports) / quota),
          ]);
          within(late, { throttled: 0.06, time: 1.25 });
        });

        it(`${quota} a second: three stacks at once`, async () => {
          const three = await outcomes(quota, model, (account, seconds) =>
            [1, 2, 3].map(() => account.stack(imports, seconds(1))),
          );
          within(three, { throttled: 0.14, time: 1.25 });
        });
      }

      // One a second is no more than such a tool and one stack take exactly in turn, which a tool of its own pace does not do.
      for (const quota of [5, 10])
        it(`${quota} a second: another tool uses half`, async () => {
          const beside = await outcomes(quota, model, (account, seconds) => [
            account.stack(40 * quota, seconds(1)),
            account.tool(40 * quota, seconds(1)),
          ]);
          within(beside, { throttled: 0.1, time: 1.25 });
        });
    });
  }
});
