import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import type { KeyRecord } from "../../src/keys/record.js";
import { ownMaterial } from "../../src/keys/rotation.js";
import { sweep } from "../../src/keys/sweep.js";
import { putKey } from "../../src/store/change.js";
import { Store } from "../../src/store/store.js";

const DAY = 24 * 3_600_000;
const REGIONS = ["eu-west-1", "us-east-1", "us-west-2"];

/** A multi-Region key with everything that time alone does, each by chance. */
const related = fc
  .record({
    regions: fc.integer({ min: 1, max: REGIONS.length }),
    external: fc.boolean(),
    rotation: fc.option(
      fc.record({ periodDays: fc.integer({ min: 90, max: 200 }), day: fc.integer({ min: 1, max: 90 }) }),
    ),
    waitingDays: fc.option(fc.integer({ min: 1, max: 90 })),
    deletions: fc.array(fc.option(fc.integer({ min: 7, max: 30 })), { minLength: 3, maxLength: 3 }),
  })
  .map(({ regions, external, rotation, waitingDays, deletions }) =>
    REGIONS.slice(0, regions).map((region, i): KeyRecord => {
      const isPrimary = i === 0;
      const windowDays = deletions[i];
      const waits = isPrimary && regions > 1;
      const { currentFrom: _, ...waiting } = ownMaterial("mrk-1", randomBytes(32), 0);
      return {
        account: "111122223333",
        region,
        id: "mrk-1",
        spec: "SYMMETRIC_DEFAULT",
        usage: "ENCRYPT_DECRYPT",
        origin: external ? "EXTERNAL" : "AWS_KMS",
        description: "",
        createdAt: 0,
        enabled: true,
        policy: "",
        tags: [],
        multiRegion: isPrimary ? "PRIMARY" : "REPLICA",
        automaticRotation:
          isPrimary && !external && rotation
            ? { periodDays: rotation.periodDays, nextAt: rotation.day * DAY }
            : undefined,
        deletion: windowDays ? { windowDays, ...(waits ? {} : { startedAt: 0 }) } : undefined,
        materials: [
          { ...ownMaterial("mrk-1", randomBytes(32), 0), id: "first" },
          ...(external && waitingDays ? [{ ...waiting, id: "waiting", validTo: waitingDays * DAY }] : []),
        ],
      };
    }),
  );

/** All state but the random bytes, after a clock that was looked at at these times. */
function after(keys: readonly KeyRecord[], times: readonly number[]) {
  const store = new Store(keys.map(putKey), { append: async () => {}, close: async () => {} });
  for (const time of times) void sweep(store, time);
  const left = store.relatedKeys(keys[0]!).sort((a, b) => (a.region < b.region ? -1 : 1));
  return left.map((key) => ({
    ...key,
    materials: key.materials.map(({ currentFrom, rotation, validTo }) => ({
      currentFrom,
      rotation,
      validTo,
    })),
  }));
}

describe("local KMS: what time alone does", () => {
  it("comes to the same, and at the same dates, whether the clock ticks or jumps ahead", () => {
    const days = Array.from({ length: 400 }, (_, day) => day * DAY);
    fc.assert(
      fc.property(related, fc.integer({ min: 0, max: 399 }), (keys, jump) => {
        assert.deepEqual(after(keys, [jump * DAY]), after(keys, days.slice(0, jump + 1)));
      }),
    );
  });

  it("gives related keys the same material at every rotation", () => {
    fc.assert(
      fc.property(related, fc.integer({ min: 0, max: 399 }), (keys, day) => {
        const store = new Store(keys.map(putKey), { append: async () => {}, close: async () => {} });
        void sweep(store, day * DAY);
        const ids = store.relatedKeys(keys[0]!).map(({ materials }) => materials.map(({ id }) => id).join());
        assert.ok(new Set(ids).size <= 1);
      }),
    );
  });
});
