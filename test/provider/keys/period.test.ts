import assert from "node:assert/strict";
import { dateAfter, parseRotationPeriod, utcDate } from "../../../provider/keys/period";

describe("rotation period", () => {
  const dates: [string, string, string][] = [
    ["90d", "2026-01-01", "2026-04-01"],
    ["90D", "2026-01-01", "2026-04-01"],
    ["1 day", "2026-12-31", "2027-01-01"],
    ["30 days", "2026-01-31", "2026-03-02"],
    ["12w", "2026-01-01", "2026-03-26"],
    ["2 weeks", "2026-02-20", "2026-03-06"],
    ["1y", "2026-01-01", "2027-01-01"],
    ["2 years", "2026-01-01", "2028-01-01"],
    ["6 months", "2026-01-15", "2026-07-15"],
    [" 1 month ", "2026-01-15", "2026-02-15"],
    ["P3M", "2026-01-15", "2026-04-15"],
    ["P90D", "2026-01-01", "2026-04-01"],
    ["P1Y6M", "2026-01-01", "2027-07-01"],
    ["P2W", "2026-01-01", "2026-01-15"],
    ["PT36H", "2026-01-01", "2026-01-02"],
    ["100y", "2026-01-01", "2126-01-01"],
  ];
  for (const [period, from, to] of dates) {
    it(`of "${period}" from ${from} ends on ${to}`, () => {
      assert.equal(dateAfter(from, parseRotationPeriod(period)!), to);
    });
  }

  it("ends on a month's last day where the month has no such day", () => {
    for (const [period, from, to] of [
      ["P1M", "2026-01-31", "2026-02-28"],
      ["P1M", "2024-01-31", "2024-02-29"],
      ["P1M", "2026-03-31", "2026-04-30"],
      ["6 months", "2026-08-31", "2027-02-28"],
      ["1y", "2024-02-29", "2025-02-28"],
      ["P1M", "2026-12-31", "2027-01-31"],
    ] as const) {
      assert.equal(dateAfter(from, parseRotationPeriod(period)!), to, `${from} + ${period}`);
    }
  });

  for (const text of [
    "",
    "90",
    "d",
    "quarterly",
    "90 d d",
    "1m",
    "0d",
    "-90d",
    "P-3M",
    "-P3M",
    "P",
    "PT1H",
    "PT23H59M",
    "1.5d",
    "p3m",
    "3 fortnights",
    "101y",
    "8000 years",
    "P99999Y",
    "99999999999999999999d",
  ]) {
    it(`is not "${text}"`, () => assert.equal(parseRotationPeriod(text), undefined));
  }

  it("counts in days of UTC, wherever the machine stands", () => {
    const zone = process.env.TZ;
    try {
      for (const place of ["Pacific/Kiritimati", "Europe/Berlin", "America/Los_Angeles", "UTC"]) {
        process.env.TZ = place;
        assert.equal(utcDate(new Date("2026-03-29T23:59:59.999Z")), "2026-03-29");
        assert.equal(utcDate(new Date("2026-03-30T00:00:00.000Z")), "2026-03-30");
        assert.equal(dateAfter("2026-03-28", parseRotationPeriod("1d")!), "2026-03-29");
        assert.equal(dateAfter("2026-03-28", parseRotationPeriod("PT47H")!), "2026-03-29", "no 23-hour day");
        assert.equal(dateAfter("2026-10-24", parseRotationPeriod("P2D")!), "2026-10-26");
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });
});
