import { AssertionError, deepEqual, notDeepEqual } from "node:assert/strict";
import { sequenceOf } from "./operations/operations";
import { type Ran, ran, report } from "./sequence";

/**
 * Random sequences of what people and machines do to a stack, on the real engine. Whatever was done, once the mistake is taken
 * back nothing is lost: what was encrypted decrypts in every Region where it did, the aliases work, no KMS key is in no state,
 * the next `up --refresh` has nothing to do, and no refusal was a dead end.
 *
 *     SOAK_SEQUENCES=200 SOAK_SEED=1000 npx mocha test/soak/soak.test.ts     runs 200, of the seeds 1000 to 1199
 *     SOAK_ONLY=1017 npx mocha test/soak/soak.test.ts                        runs one again
 *     SOAK_ONLY=1017 SOAK_WITHOUT=2,5 npx mocha test/soak/soak.test.ts       … without its operations 2 and 5
 */
const { SOAK_SEQUENCES = "1", SOAK_SEED = "1", SOAK_ONLY, SOAK_WITHOUT } = process.env;
const seeds = SOAK_ONLY
  ? SOAK_ONLY.split(",").map(Number)
  : Array.from({ length: Number(SOAK_SEQUENCES) }, (_, index) => Number(SOAK_SEED) + index);
const without = SOAK_WITHOUT ? SOAK_WITHOUT.split(",").map(Number) : [];

/** The long run says at once what it finds. */
const isLong = SOAK_ONLY !== undefined || process.env.SOAK_SEQUENCES !== undefined;

describe("any sequence of operations on a stack, and the mistake taken back", function () {
  this.timeout(600_000);
  const results: Ran[] = [];

  it("the same seed is the same sequence, and another is another", () => {
    deepEqual(sequenceOf(7), sequenceOf(7));
    notDeepEqual(sequenceOf(7).operations, sequenceOf(8).operations);
  });

  for (const seed of seeds)
    it(`seed ${seed}`, async () => {
      const result = await ran(seed, without);
      results.push(result);
      if (isLong) console.log(report(result));
      if (result.violations.length > 0) throw new AssertionError({ message: report(result) });
    });

  after(() => {
    const failed = results.filter(({ violations }) => violations.length > 0);
    console.log(`${results.length} sequences, ${failed.length} violations`);
  });
});
