import assert from "node:assert/strict";
import { AT_NIGHT, IN_CI } from "./world/bounds";
import { Clock } from "./world/clock";
import { Runs } from "./world/run";
import { walk } from "./world/walk";

/**
 * `EXHAUSTIVE=nightly` walks the larger worlds, each for five minutes (EXHAUSTIVE_SECONDS), and says how far it came: what is
 * nearest to the beginning comes first.
 */
const { EXHAUSTIVE, EXHAUSTIVE_SECONDS } = process.env;
const isNight = EXHAUSTIVE === "nightly";
const MOST_SECONDS = Number(EXHAUSTIVE_SECONDS ?? (isNight ? 300 : Number.POSITIVE_INFINITY));

/**
 * The planner and the executor, behind the resources as the engine calls them, against a model of AWS KMS that has AWS's rules
 * only: every state that can be reached within world/bounds.ts, and what must hold in each (world/watch.ts at each moment of a
 * run, world/settled.ts after it).
 */
describe("every state that the life cycle can reach", function () {
  this.timeout(isNight ? 3_600_000 : 180_000);
  let clock: Clock;
  let runs: Runs;
  before(() => {
    clock = new Clock();
    runs = new Runs(clock);
  });
  after(() => clock.restore());

  for (const bounds of isNight ? AT_NIGHT : IN_CI)
    it(`nothing is lost: ${bounds.name}`, async () => {
      const walked = await walk(bounds, runs, MOST_SECONDS);
      const { states, transitions, seconds, depth, left, found } = walked;
      const rest = left > 0 ? `; ${left} states not gone on from` : "";
      console.log(
        `      ${states} states, ${transitions} transitions, ${depth} deep, ${seconds.toFixed(1)} s${rest}`,
      );
      const told = found.map(({ path, message }) => `${message}\n  ${path.join("\n  ")}`);
      assert.ok(found.length === 0, `\n${told.join("\n")}`);
    });
});
