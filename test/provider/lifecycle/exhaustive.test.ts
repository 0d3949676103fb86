import assert from "node:assert/strict";
import { IN_CI } from "./world/bounds";
import { Clock } from "./world/clock";
import { walk } from "./world/walk";

describe("every state that the life cycle can reach", function () {
  this.timeout(3_600_000);
  for (const bounds of IN_CI)
    it(`nothing is lost in: ${bounds.name}`, async () => {
      const clock = new Clock();
      try {
        const { states, transitions, seconds, found, depth } = await walk(
          bounds,
          clock,
          Number(process.env.MOST ?? Infinity),
        );
        console.log(`${states} states, ${transitions} transitions, depth ${depth}, ${seconds.toFixed(1)} s`);
        const told = found.map(({ path, message }) => `${message}\n  ${path.join("\n  ")}`);
        if (found.length > 0) assert.fail(told.join("\n"));
      } finally {
        clock.restore();
      }
    });
});
