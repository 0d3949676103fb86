import fc from "fast-check";
import sinon from "sinon";
import { checkInvariants } from "./model/invariants";
import { Stack } from "./model/stack";
import { type Beginning, beginning, type Step, sentence, steps } from "./model/steps";

/**
 * 100 random programs, or as many as PROPERTY_SECONDS leave time for (`make nightly`). The title says the first seed. A failure
 * prints its own, the path to the shortest program that fails, and that program;
 *
 *     PROPERTY_SEED=<seed> PROPERTY_PATH=<path> npx mocha test/provider/model.test.ts
 *
 * runs it again.
 */
const { PROPERTY_SECONDS, PROPERTY_SEED, PROPERTY_PATH } = process.env;
const BATCH = 50;
const BATCHES = 2;

/** Lives a stack's life, and looks after each step whether everything is as it must be. */
async function live(begins: Beginning, happens: Step[], clock: sinon.SinonFakeTimers): Promise<void> {
  const stack = await Stack.begin(begins, clock);
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
  this.timeout((Number(PROPERTY_SECONDS ?? 0) + 900) * 1000);
  const first = Number(PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31));

  it(`nothing is lost and nothing unaccounted (seed ${first})`, async () => {
    const says = sinon.stub(console, "error");
    const runs = fc.asyncProperty(beginning, steps, async (begins, happens) => {
      const clock = sinon.useFakeTimers({
        now: new Date("2026-11-24T12:00:00Z"),
        toFake: ["Date"],
        shouldAdvanceTime: true,
      });
      try {
        await live(begins, happens, clock);
      } finally {
        clock.restore();
      }
    });
    const until = Date.now() + Number(PROPERTY_SECONDS ?? 0) * 1000;
    const isOver = (done: number) =>
      PROPERTY_SECONDS === undefined ? done === BATCHES : Date.now() >= until;
    try {
      for (let done = 0; !isOver(done); done++) {
        const seed = first + done;
        const replay = { seed, path: PROPERTY_PATH, numRuns: BATCH, includeErrorInReport: true };
        await fc.assert(runs, replay);
        if (PROPERTY_PATH !== undefined) return;
      }
    } finally {
      says.restore();
    }
  });
});
