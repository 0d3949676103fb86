import fc from "fast-check";
import { useHurry } from "../world/providerProcess";
import { useQuickRsaKeys } from "../world/quickRsaKeys";
import { checkInvariants } from "./model/invariants";
import { Stack } from "./model/stack";
import {
  type Beginning,
  beginning,
  ofEachType,
  publishing,
  type Step,
  sentence,
  steps,
  stepsOfPublishing,
} from "./model/steps";

/**
 * 50 random programs, and 12 whose key signs, or as many as PROPERTY_SECONDS leave time for (`make nightly`). The title says the first seed. A failure
 * prints its own, the path to the shortest program that fails, and that program;
 *
 *     PROPERTY_SEED=<seed> PROPERTY_PATH=<path> npx mocha test/provider/model.test.ts
 *
 * runs it again.
 */
const { PROPERTY_SECONDS, PROPERTY_SEED, PROPERTY_PATH } = process.env;
const seconds = Number(PROPERTY_SECONDS ?? 0);
const BATCH = 50;

/** Lives a stack's life, and looks after each step whether everything is as it must be. */
async function live(begins: Beginning, happens: Step[]): Promise<void> {
  const stack = await Stack.begin(begins);
  const done = [`a stack: ${JSON.stringify(begins)}`];
  try {
    await stack.settle(begins.mishap);
    await checkInvariants(stack);
    for (const step of happens) {
      done.push(sentence(step));
      await stack.happen(step);
      // What others have changed stays until the program changes next, or the end.
      if (!stack.isDisturbed) await checkInvariants(stack);
    }
    done.push("at the end");
    if (stack.distributed) await stack.settle();
    await checkInvariants(stack);
  } catch (error) {
    throw new Error(`${(error as Error).message}\nafter:\n  ${done.join("\n  ")}`, { cause: error });
  } finally {
    await stack.close();
  }
}

// What takes the time: about 30 calls a step, by the provider and to look, at a millisecond of CPU or two each. Nothing waits.
describe("whatever happens to a stack", function () {
  this.timeout((seconds + 900) * 1000);
  useHurry();
  useQuickRsaKeys();
  const first = Number(PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31));

  const holds = async (
    beginnings: fc.Arbitrary<Beginning>,
    happens: fc.Arbitrary<Step[]>,
    numRuns: number,
    firstExamples: [Beginning, Step[]][] = [],
  ) => {
    const runs = fc.asyncProperty(beginnings, happens, live);
    const until = Date.now() + seconds * 1000;
    let seed = first;
    let examples = PROPERTY_PATH === undefined ? firstExamples : [];
    do {
      await fc.assert(runs, { seed, path: PROPERTY_PATH, numRuns, examples, includeErrorInReport: true });
      seed += 1;
      examples = [];
    } while (PROPERTY_PATH === undefined && Date.now() < until);
  };

  it(`nothing is lost and nothing unaccounted (seed ${first})`, () =>
    holds(beginning, steps, BATCH, ofEachType));

  it(`nobody signs with what was not published before (seed ${first})`, () =>
    holds(publishing, stepsOfPublishing, Math.floor(BATCH / 4)));
});
