import assert from "node:assert/strict";
import sinon from "sinon";
import { Turns } from "../../sdk/turns";

describe("turns of resources", () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers();
  });
  afterEach(() => clock.restore());

  /** Takes so many turns. */
  function take(count: number) {
    const turns = new Turns(3);
    const begun: number[] = [];
    const ends = Array.from({ length: count }, (_, index) => {
      const turn = turns.next();
      void turn.begun.then(() => begun.push(index));
      return turn.end;
    });
    return { begun, ends };
  }

  it("are as many at once as is said, and one more when one ends", async () => {
    const { begun, ends } = take(5);
    await clock.tickAsync(0);
    assert.deepEqual(begun, [0, 1, 2]);
    ends[1]!();
    await clock.tickAsync(0);
    assert.deepEqual(begun, [0, 1, 2, 4]);
    ends[0]!();
    await clock.tickAsync(0);
    assert.deepEqual(begun, [0, 1, 2, 4, 3]);
    assert.equal(clock.countTimers(), 0);
  });

  it("come all the same where the former ones wait for a later one", async () => {
    const { begun } = take(7);
    await clock.tickAsync(9_000);
    assert.equal(begun.length, 3);
    await clock.tickAsync(2_000);
    assert.equal(begun.length, 6);
    await clock.tickAsync(10_000);
    assert.equal(begun.length, 7);
  });
});
