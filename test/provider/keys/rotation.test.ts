import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import sinon from "sinon";
import { AES_256 } from "../../../provider/keys/keyTypes";
import { planRotation, type RotationInputs, type RotationPlan } from "../../../provider/keys/rotation";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import { refusedByPlan } from "../savedPlan";

const own = randomBytes(32).toString("base64");
const other = randomBytes(32).toString("base64");

/** Noon of a UTC date. */
const on = (date: string, time = "12:00:00.000") => new Date(`${date}T${time}Z`);

/** The inputs as they stand in state after an update at noon of `date`. */
function state(
  inputs: RotationInputs,
  date: string,
  olds?: RotationInputs & Partial<RotationPlan>,
): RotationInputs & RotationPlan {
  return { ...inputs, ...planRotation(olds, inputs, on(date)) };
}

describe("planned rotation", () => {
  describe("of a new key", () => {
    it("is version 1, made today, with no due date", () => {
      assert.deepEqual(planRotation(undefined, {}, on("2026-01-31")), {
        keyVersion: 1,
        rotatedOn: "2026-01-31",
      });
    });

    it("is version 1 with own material and a trigger too", () => {
      const plan = planRotation(undefined, { material: own, rotationTrigger: "a" }, on("2026-01-31"));
      assert.deepEqual(plan, { keyVersion: 1, rotatedOn: "2026-01-31" });
    });

    it("shows when the first rotation is due", () => {
      assert.deepEqual(planRotation(undefined, { rotationPeriod: "90d" }, on("2026-01-01")), {
        keyVersion: 1,
        rotatedOn: "2026-01-01",
        rotateAfter: "2026-04-01",
      });
    });

    it("is version 1 whatever is not known yet", () => {
      const unknown = { material: UNKNOWN, rotationTrigger: UNKNOWN, rotationPeriod: UNKNOWN };
      assert.deepEqual(planRotation(undefined, unknown, on("2026-01-01")), {
        keyVersion: 1,
        rotatedOn: "2026-01-01",
        rotateAfter: UNKNOWN,
      });
    });
  });

  describe("by rotationTrigger", () => {
    const before = state({ rotationTrigger: "a" }, "2026-01-01");
    const cases: [string, RotationInputs, boolean][] = [
      ["comes when it changes", { rotationTrigger: "b" }, true],
      ["comes when it is taken away", {}, true],
      ["does not come while it stays", { rotationTrigger: "a" }, false],
    ];
    for (const [what, inputs, rotates] of cases) {
      it(what, () => {
        const expected = rotates
          ? { keyVersion: 2, rotatedOn: "2026-02-01" }
          : { keyVersion: 1, rotatedOn: "2026-01-01" };
        assert.deepEqual(planRotation(before, inputs, on("2026-02-01")), expected);
      });
    }

    it("comes when it is given for the first time", () => {
      assert.equal(
        planRotation(state({}, "2026-01-01"), { rotationTrigger: "a" }, on("2026-01-02")).keyVersion,
        2,
      );
    });

    it("cannot be told while it is not known", () => {
      assert.deepEqual(planRotation(before, { rotationTrigger: UNKNOWN }, on("2026-02-01")), {
        keyVersion: UNKNOWN,
        rotatedOn: UNKNOWN,
      });
    });
  });

  describe("by material", () => {
    const before = state({ material: own }, "2026-01-01");

    it("comes when it changes", () => {
      assert.deepEqual(planRotation(before, { material: other }, on("2026-02-01")), {
        keyVersion: 2,
        rotatedOn: "2026-02-01",
      });
    });

    it("comes when it is given for the first time", () => {
      const plan = planRotation(state({}, "2026-01-01"), { material: own }, on("2026-02-01"));
      assert.equal(plan.keyVersion, 2);
    });

    it("does not come when it stays, or is only written in another way", () => {
      for (const material of [own, ` ${own}\n`, own.replace(/=+$/, "")]) {
        const inputs = { type: "aes256-gcm96", material };
        assert.equal(planRotation(before, inputs, on("2026-02-01")).keyVersion, 1, material);
      }
    });

    it("is not read when its text stays: to read an RSA key takes a quarter of a second", () => {
      const parse = sinon.spy(AES_256.material, "parse");
      planRotation(before, { type: "aes256-gcm96", material: own }, on("2026-02-01"));
      sinon.assert.notCalled(parse);
      parse.restore();
    });

    it("does not come when it is taken away: the versions there are stay", () => {
      assert.equal(planRotation(before, {}, on("2026-02-01")).keyVersion, 1);
    });

    it("cannot be told while it is not known", () => {
      assert.equal(planRotation(before, { material: UNKNOWN }, on("2026-02-01")).keyVersion, UNKNOWN);
    });

    it("is left to check where it is no material at all", () => {
      for (const material of ["", "x", 5, ["a"], { a: 1 }]) {
        assert.ok(planRotation(before, { material } as RotationInputs, on("2026-02-01")));
      }
    });
  });

  describe("by rotationPeriod", () => {
    const before = state({ rotationPeriod: "30d" }, "2026-01-01");

    it("comes on the due date and after it, and not the day before", () => {
      assert.equal(before.rotateAfter, "2026-01-31");
      const planned = (date: string) => planRotation(before, { rotationPeriod: "30d" }, on(date));
      assert.deepEqual(planned("2026-01-30"), {
        keyVersion: 1,
        rotatedOn: "2026-01-01",
        rotateAfter: "2026-01-31",
      });
      assert.deepEqual(planned("2026-01-31"), {
        keyVersion: 2,
        rotatedOn: "2026-01-31",
        rotateAfter: "2026-03-02",
      });
      assert.deepEqual(planned("2026-12-24"), {
        keyVersion: 2,
        rotatedOn: "2026-12-24",
        rotateAfter: "2027-01-23",
      });
    });

    it("counts a changed period from the last rotation", () => {
      assert.deepEqual(planRotation(before, { rotationPeriod: "60d" }, on("2026-02-15")), {
        keyVersion: 1,
        rotatedOn: "2026-01-01",
        rotateAfter: "2026-03-02",
      });
      assert.equal(planRotation(before, { rotationPeriod: "7d" }, on("2026-01-07")).keyVersion, 1);
      assert.equal(planRotation(before, { rotationPeriod: "7d" }, on("2026-01-08")).keyVersion, 2);
    });

    it("counts a period that is new from the last rotation too", () => {
      const never = state({}, "2026-01-01");
      assert.equal(planRotation(never, { rotationPeriod: "30d" }, on("2026-01-30")).keyVersion, 1);
      assert.equal(planRotation(never, { rotationPeriod: "30d" }, on("2026-01-31")).keyVersion, 2);
    });

    it("ends when the period is taken away", () => {
      assert.deepEqual(planRotation(before, {}, on("2027-01-01")), {
        keyVersion: 1,
        rotatedOn: "2026-01-01",
      });
    });

    it("starts anew with a rotation by the trigger", () => {
      const inputs = { rotationPeriod: "30d", rotationTrigger: "now" };
      assert.deepEqual(planRotation(before, inputs, on("2026-01-15")), {
        keyVersion: 2,
        rotatedOn: "2026-01-15",
        rotateAfter: "2026-02-14",
      });
    });

    it("is one version where several reasons come together", () => {
      const inputs = { rotationPeriod: "30d", rotationTrigger: "now", material: own };
      assert.equal(planRotation(before, inputs, on("2026-06-01")).keyVersion, 2);
    });

    it("cannot be told while the period is not known", () => {
      assert.deepEqual(planRotation(before, { rotationPeriod: UNKNOWN }, on("2026-01-02")), {
        keyVersion: UNKNOWN,
        rotatedOn: UNKNOWN,
        rotateAfter: UNKNOWN,
      });
    });

    it("comes although something else is not known yet", () => {
      const inputs = { rotationPeriod: "30d", rotationTrigger: UNKNOWN };
      assert.equal(planRotation(before, inputs, on("2026-01-31")).keyVersion, 2);
    });

    it("never comes because of a period that is none", () => {
      for (const rotationPeriod of ["soon", "", 90, ["90d"], "9000y"]) {
        assert.deepEqual(
          planRotation(before, { rotationPeriod } as RotationInputs, on("2030-01-01")),
          { keyVersion: 1, rotatedOn: "2026-01-01" },
          JSON.stringify(rotationPeriod),
        );
      }
    });
  });

  describe("over years of daily updates", () => {
    for (const [rotationPeriod, start, rotations] of [
      ["30d", "2024-01-31", 36],
      ["P1M", "2024-01-31", 36],
      ["1y", "2024-02-29", 3],
      ["12w", "2025-12-31", 13],
      ["1d", "2026-01-01", 1095],
    ] as const) {
      it(`comes ${rotations} times in 1095 days for "${rotationPeriod}" from ${start}`, () => {
        let now = state({ rotationPeriod }, start);
        for (let day = 1; day <= 1095; day++) {
          const date = new Date(on(start).getTime() + day * 86_400_000);
          const today = date.toISOString().slice(0, 10);
          const next = { rotationPeriod, ...planRotation(now, { rotationPeriod }, date) };
          const grown = Number(next.keyVersion) - Number(now.keyVersion);
          assert.ok(grown === 0 || grown === 1, `${today}: ${now.keyVersion} -> ${next.keyVersion}`);
          assert.equal(grown === 1, now.rotateAfter! <= today, today);
          assert.ok(next.rotateAfter! > today, `due date ${next.rotateAfter} on ${today}`);
          now = next;
        }
        assert.equal(now.keyVersion, 1 + rotations);
      });
    }
  });

  describe("in a preview", () => {
    const period = { rotationPeriod: "30d" };
    const before = state(period, "2026-01-01");

    it("knows the dates that there are, and the version, but not the day of the update", () => {
      assert.deepEqual(planRotation(before, period, on("2026-01-30"), true), {
        keyVersion: 1,
        rotatedOn: "2026-01-01",
        rotateAfter: "2026-01-31",
      });
      const unknown = { rotatedOn: UNKNOWN, rotateAfter: UNKNOWN };
      assert.deepEqual(planRotation(before, period, on("2026-01-31"), true), { keyVersion: 2, ...unknown });
      assert.deepEqual(planRotation(undefined, period, on("2026-01-31"), true), {
        keyVersion: 1,
        ...unknown,
      });
      assert.deepEqual(planRotation(undefined, {}, on("2026-01-31"), true), {
        keyVersion: 1,
        rotatedOn: UNKNOWN,
      });
    });

    it("knows the dates that a backup gives", () => {
      const restored = { ...period, restore: { kcvs: ["a", "b"], rotatedOn: "2026-01-10" } };
      const plan = { keyVersion: 2, rotatedOn: "2026-01-10", rotateAfter: "2026-02-09" };
      assert.deepEqual(planRotation(undefined, restored, on("2026-01-31"), true), plan);
    });
  });

  describe("is the same", () => {
    const old: (RotationInputs & Partial<RotationPlan>)[] = [
      {},
      { rotationTrigger: "a" },
      { rotationPeriod: "P1M" },
      { rotationPeriod: "1d", material: own },
    ].map((inputs) => state(inputs, "2026-01-31"));
    const now: RotationInputs[] = [
      {},
      { rotationTrigger: "a" },
      { rotationTrigger: "b", rotationPeriod: "P1M" },
      { rotationPeriod: "1d" },
      { material: own },
      { material: other, rotationTrigger: UNKNOWN },
    ];
    const dates = ["2026-01-31", "2026-02-01", "2026-02-27", "2026-02-28", "2026-03-01"];

    it("from the beginning of a day to its end", () => {
      for (const olds of [undefined, ...old])
        for (const news of now)
          for (const date of dates)
            assert.deepEqual(
              planRotation(olds, news, on(date, "23:59:59.999")),
              planRotation(olds, news, on(date, "00:00:00.000")),
            );
    });

    it("in an update as in a preview of an earlier day, unless a rotation became due in between", () => {
      const known = now.filter(({ rotationTrigger }) => rotationTrigger !== UNKNOWN);
      for (const olds of [undefined, ...old])
        for (const news of known)
          for (const [first, date] of dates.entries())
            for (const later of dates.slice(first)) {
              const preview = planRotation(olds, news, on(date), true);
              const update = planRotation(olds, news, on(later));
              const isDue = preview.keyVersion !== update.keyVersion;
              assert.equal(refusedByPlan(preview, update).length > 0, isDue, `${date}, ${later}`);
            }
    });

    it("in an update as in a preview that did not know everything, whatever came of it", () => {
      const unknown = { rotationPeriod: UNKNOWN, rotationTrigger: UNKNOWN, material: UNKNOWN };
      for (const olds of old)
        for (const news of now.filter(({ rotationTrigger }) => rotationTrigger !== UNKNOWN)) {
          const preview = planRotation(olds, { ...news, ...unknown }, on("2026-01-31"), true);
          assert.deepEqual(refusedByPlan(preview, planRotation(olds, news, on("2026-01-31"))), []);
        }
    });

    it("when it is planned again after it was done, on that day", () => {
      for (const olds of [undefined, ...old])
        for (const news of now.filter((inputs) => inputs.rotationTrigger !== UNKNOWN))
          for (const date of dates) {
            const done = state(news, date, olds);
            assert.deepEqual({ ...news, ...planRotation(done, news, on(date)) }, done);
          }
    });
  });
});
