import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import sinon from "sinon";
import { ImportKeyPool, type WrappingPair } from "../../localkms/crypto/importKeyPool";
import { checkInvariants } from "./model/invariants";
import { Stack } from "./model/stack";
import { type Beginning, beginning, type Step, sentence, steps } from "./model/steps";

/**
 * How many programs are run, and which: the title says the seed, and a failure the path to the shortest program that fails.
 * `MODEL_SEED=1 MODEL_PATH=20:3:2 mocha test/provider/model.test.ts` runs it again.
 */
const { MODEL_RUNS = "500", MODEL_SEED, MODEL_PATH } = process.env;

/** Making RSA pairs is what would take the time; that the local KMS gives each out once is tested elsewhere. */
function preparedPair(): WrappingPair {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
}

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
  this.timeout(Number(MODEL_RUNS) * 2000);
  const seed = Number(MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));

  beforeEach(() => {
    const pair = preparedPair();
    sinon.stub(ImportKeyPool.prototype, "start");
    sinon.stub(ImportKeyPool.prototype, "take").callsFake(async () => pair);
  });
  afterEach(() => sinon.restore());

  it(`nothing is lost and nothing unaccounted (seed ${seed})`, async () => {
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
    try {
      await fc.assert(runs, {
        seed,
        path: MODEL_PATH,
        includeErrorInReport: true,
        numRuns: Number(MODEL_RUNS),
      });
    } finally {
      says.restore();
    }
  });
});
