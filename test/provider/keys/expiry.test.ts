import assert from "node:assert/strict";
import {
  type ExpiryInputs,
  expiresAsPlanned,
  expiryTimes,
  planExpiry,
  validToOf,
} from "../../../provider/keys/expiry";
import { UNKNOWN } from "../../../provider/schema/unknowns";
import { refusedByPlan } from "../savedPlan";

const noon = new Date("2026-11-24T12:00:00Z");

describe("the plan of when material expires", () => {
  it("is empty where material does not expire", () => {
    assert.deepEqual(planExpiry(undefined, {}, noon), {});
    assert.deepEqual(planExpiry({ validFor: "30d", importedOn: "2026-11-01" }, {}, noon), {});
  });

  it("renews a third of the time before the end, or `renewBefore` before it", () => {
    assert.deepEqual(planExpiry(undefined, { validFor: "30d" }, noon), {
      importedOn: "2026-11-24",
      renewAfter: "2026-12-14",
    });
    assert.equal(
      planExpiry(undefined, { validFor: "P30D", renewBefore: "1w" }, noon).renewAfter,
      "2026-12-17",
    );
  });

  it("stays as it was until renewal is due, and starts again then or where the time changes", () => {
    const olds = { validFor: "30d", importedOn: "2026-11-05", renewAfter: "2026-11-25" };
    assert.equal(planExpiry(olds, { validFor: "30d" }, noon).importedOn, "2026-11-05");
    const due = new Date("2026-11-25T00:00:00Z");
    assert.equal(planExpiry(olds, { validFor: "30d" }, due).importedOn, "2026-11-25");
    assert.equal(planExpiry(olds, { validFor: "60d" }, noon).importedOn, "2026-11-24");
    const sooner = planExpiry(olds, { validFor: "30d", renewBefore: "20d" }, noon);
    assert.deepEqual(sooner, { importedOn: "2026-11-24", renewAfter: "2026-12-04" });
  });

  it("is the same all day long", () => {
    const morning = planExpiry(undefined, { validFor: "30d" }, new Date("2026-11-24T00:00:00Z"));
    assert.deepEqual(planExpiry(undefined, { validFor: "30d" }, new Date("2026-11-24T23:59:59Z")), morning);
  });

  it("knows in a preview the dates that there are, but not the day of the update", () => {
    const olds = { validFor: "30d", importedOn: "2026-11-05", renewAfter: "2026-11-25" };
    const [unknown, due] = [{ importedOn: UNKNOWN, renewAfter: UNKNOWN }, new Date("2026-11-25T00:00:00Z")];
    const { validFor: _, ...last } = olds;
    assert.deepEqual(planExpiry(olds, { validFor: "30d" }, noon, true), last);
    assert.deepEqual(planExpiry(olds, { validFor: "30d" }, due, true), unknown);
    assert.deepEqual(planExpiry(olds, { validFor: "60d" }, noon, true), unknown);
    assert.deepEqual(planExpiry(undefined, { validFor: "30d" }, noon, true), unknown);
  });

  it("is the same in an update as in a preview of an earlier day, unless an import became due in between", () => {
    const olds = { validFor: "30d", importedOn: "2026-11-05" };
    const on = (day: number) => new Date(Date.UTC(2026, 10, day, 12));
    const isRefused = (news: ExpiryInputs, day: number, later: number) =>
      refusedByPlan(planExpiry(olds, news, on(day), true), planExpiry(olds, news, on(later))).length > 0;
    for (let day = 20; day < 30; day++)
      for (let later = day; later < 30; later++) {
        assert.equal(isRefused({ validFor: "30d" }, day, later), day < 25 && later >= 25, `${day}, ${later}`);
        assert.ok(!isRefused({ validFor: "60d" }, day, later));
        assert.ok(!isRefused({}, day, later));
      }
  });

  it("is not known while an input is not", () => {
    const olds = { validFor: "30d", importedOn: "2026-11-05", renewAfter: "2026-11-25" };
    const plan = { importedOn: UNKNOWN, renewAfter: UNKNOWN };
    assert.deepEqual(planExpiry(olds, { validFor: UNKNOWN }, noon), plan);
    assert.deepEqual(planExpiry(olds, { validFor: "30d", renewBefore: UNKNOWN }, noon), plan);
  });

  it("takes 2 to 365 days, and less than that for `renewBefore`", () => {
    for (const validFor of ["2d", "365d", "1y", "P12M"]) assert.ok(expiryTimes({ validFor }), validFor);
    for (const validFor of ["1d", "366d", "P2Y", "soon", ""]) assert.ok(!expiryTimes({ validFor }), validFor);
    assert.ok(!expiryTimes({ validFor: "30d", renewBefore: "30d" }));
    assert.ok(!expiryTimes({ validFor: "30d", renewBefore: "soon" }));
  });

  it("never asks AWS for more than 365 days, even where AWS's clock is behind", () => {
    const days = (validToOf({ validFor: "365d" }, noon)!.getTime() - noon.getTime()) / 86_400_000;
    assert.ok(days < 365 && days > 364.9, String(days));
    assert.equal(validToOf({}, noon), undefined);
  });

  it("tells what was imported as planned from what was not", () => {
    const inputs = { validFor: "30d", importedOn: "2026-11-24", renewAfter: "2026-12-14" };
    const imported = validToOf(inputs, noon)!.toISOString();
    const later = new Date("2026-12-01T12:00:00Z");
    assert.ok(expiresAsPlanned(imported, inputs, noon));
    assert.ok(expiresAsPlanned(validToOf(inputs, later)!.toISOString(), inputs, later));
    assert.ok(!expiresAsPlanned(imported, { ...inputs, importedOn: "2026-12-14" }, later));
    assert.ok(!expiresAsPlanned("2027-11-24T00:00:00Z", inputs, noon), "longer than wished");
    assert.ok(!expiresAsPlanned(undefined, inputs, noon));
    assert.ok(!expiresAsPlanned(imported, {}, noon));
    assert.ok(expiresAsPlanned(undefined, {}, noon));
    const preview = { validFor: "30d", importedOn: UNKNOWN, renewAfter: UNKNOWN };
    assert.ok(expiresAsPlanned(imported, preview, noon));
    assert.ok(!expiresAsPlanned(imported, preview, later));
  });
});
