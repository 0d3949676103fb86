import { rm } from "node:fs/promises";
import fc from "fast-check";
import { start, type TestKms, temporaryFolder } from "../support.js";
import { type Action, sequences } from "./property/actions.js";
import { Requests } from "./property/requests.js";
import { Run } from "./property/run.js";
import { TRANSIENT, type World } from "./property/world.js";

/**
 * Random sequences of requests and steps of the clock in two Regions, held against the rules of AWS's documents
 * (property/rules.ts). A failure prints its seed, the path to the shortest sequence found, and that sequence;
 *
 *     PROPERTY_SEED=<seed> PROPERTY_PATH=<path> npx mocha local-kms/test/durability/property.test.ts -g "<title>"
 *
 * runs it again. The suite runs 20 of each; with PROPERTY_SECONDS (`make nightly`) as many as it leaves time for.
 */
const { PROPERTY_SECONDS, PROPERTY_SEED, PROPERTY_PATH } = process.env;
const seconds = Number(PROPERTY_SECONDS ?? 0);
const BATCH = 20;

describe("any sequence of operations", function () {
  this.timeout((seconds + 900) * 1000);

  it("is answered as AWS's documents say, and every ciphertext decrypts where they say", () =>
    hold(sequences(60, false), (actions) => carryOut(actions)));

  it("leaves the same after a restart from the data folder", () =>
    hold(sequences(40, true), async (actions) => {
      const dataDir = await temporaryFolder();
      await carryOut(actions, dataDir).finally(() => rm(dataDir, { recursive: true }));
    }));
});

/** In batches, so that none is cut off half-way when the time is over. */
async function hold(sequences: fc.Arbitrary<Action[]>, run: (actions: Action[]) => Promise<void>) {
  const until = Date.now() + seconds * 1000;
  do {
    await fc.assert(fc.asyncProperty(sequences, run), {
      seed: PROPERTY_SEED === undefined ? undefined : Number(PROPERTY_SEED),
      path: PROPERTY_PATH,
      numRuns: BATCH,
    });
  } while (PROPERTY_SEED === undefined && Date.now() < until);
}

async function carryOut(actions: Action[], dataDir?: string): Promise<void> {
  const world: World = { now: Date.UTC(2027, 0, 1), keys: [], aliases: new Map(), ciphertexts: [], made: 0 };
  const config = {
    now: () => new Date(world.now),
    replicaCreatingMillis: TRANSIENT,
    primaryUpdatingMillis: TRANSIENT,
  };
  let kms: TestKms = await start({ dataDir, config });
  const restart = async () => {
    await kms.close();
    kms = await start({ dataDir, config });
  };
  await new Run(world, new Requests(() => kms.url), restart).carryOut(actions).finally(() => kms.close());
}
