/**
 * Each operation of the life cycle, each of its KMS calls, each fault: after it the operation is run again until it is
 * done, and then no data is lost, no KMS key is unaccounted for, and nothing is left to do. The suite runs a part, another one
 * each time; PROPERTY_SEED, which is printed, gives the same part again, and CI has always the same. All of it runs where
 * FAULTS is "all" (`make nightly`).
 */
import assert from "node:assert/strict";
import { useHurry } from "../world/providerProcess";
import { useQuickRsaKeys } from "../world/quickRsaKeys";
import { SCENARIOS } from "./faultMatrix/scenarios";
import { before as beforeOf, casesOf, nameOf, strike } from "./faultMatrix/strike";

const ALL = process.env.FAULTS === "all";
/** Shares no factor with the number of faults, so that each comes in turn. A case takes three times as long at a local KMS as strict as AWS. */
const EVERY = ALL ? 1 : process.env.LOCAL_KMS_PROFILE === "aws" ? 41 : 23;
const SEED = Number(process.env.PROPERTY_SEED ?? Math.floor(Math.random() * EVERY));

describe("fault matrix", function () {
  this.timeout(ALL ? 30 * 60_000 : 120_000);
  useHurry();
  useQuickRsaKeys();
  let [cases, all] = [0, 0];
  const found: string[] = [];

  after(() => {
    const part = ALL ? "FAULTS=all" : `PROPERTY_SEED=${SEED}`;
    console.log(`      fault matrix: ${cases} cases of ${all} (${part}), ${found.length} violations`);
  });

  for (const scenario of SCENARIOS) {
    it(`${scenario.title}: nothing is lost and nothing is left over, whatever fails`, async () => {
      const from = await beforeOf(scenario);
      const every = await casesOf(scenario, from);
      const chosen = every.filter((_, index) => (all + index + SEED) % EVERY === 0);
      all += every.length;
      const wrong: string[] = [];
      for (const one of chosen) {
        const violations = await strike(scenario, from, one);
        if (violations) cases += 1;
        if (violations?.length) wrong.push([nameOf(scenario, one), ...violations].join("\n    "));
      }
      found.push(...wrong);
      if (wrong.length) assert.fail(wrong.join("\n"));
    });
  }
});
