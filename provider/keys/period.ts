import type { Duration } from "luxon";
import { isUnknown, UNKNOWN } from "../schema/unknowns";

/** Loaded where a period is read: many keys have none. */
const luxon = () => require("luxon") as typeof import("luxon");

const SHORTHAND = /^(\d+)\s*(d|w|y|days?|weeks?|years?|months?)$/i;

/** Longest period, in days: 100 years. Past the year 9999 dates no longer compare as text. */
const LONGEST = 36_500;

/**
 * Reads a rotation period: `90d`, `12w`, `1y`, `6 months`, or an ISO 8601 duration such as `P3M`.
 * Undefined where it is neither, or shorter than a day (an update rotates on or after a date, not an hour), or longer
 * than 100 years.
 */
export function parseRotationPeriod(text: string): Duration | undefined {
  const period = luxon().Duration.fromISO(isoOf(text.trim()));
  const days = period.as("days");
  return period.isValid && days >= 1 && days <= LONGEST ? period : undefined;
}

function isoOf(text: string): string {
  const shorthand = SHORTHAND.exec(text);
  return shorthand ? `P${shorthand[1]}${shorthand[2]!.charAt(0).toUpperCase()}` : text;
}

const HOURS = /^(\d+)\s*(h|hours?)$/i;

/**
 * Reads how long to wait, in milliseconds: `0`, `24h`, `7d`, or an ISO 8601 duration such as `PT36H`. Undefined where it is none of them, or
 * longer than 100 years.
 */
export function parseWait(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  const hours = HOURS.exec(trimmed);
  const wait = luxon().Duration.fromISO(hours ? `PT${hours[1]}H` : isoOf(trimmed));
  return wait.isValid && wait.toMillis() >= 0 && wait.as("days") <= LONGEST ? wait.toMillis() : undefined;
}

export function periodOfDays(days: number): Duration {
  return luxon().Duration.fromObject({ days });
}

/** The UTC date (YYYY-MM-DD) one period after another UTC date. Unknown if that date is unknown. */
export function dateAfter(date: string, period: Duration): string {
  if (isUnknown(date)) return UNKNOWN;
  return luxon().DateTime.fromISO(date, { zone: "utc" }).plus(period).toISODate() as string;
}

/** A moment's UTC date, YYYY-MM-DD. */
export function utcDate(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

/**
 * The UTC date of the update that `check` plans. It is unknown in a preview, because the saved plan of a preview may be applied on a
 * later day. The engine accepts any value in the place of an unknown one of its plan, and no other value in the place of a known one
 * (DeepEqualsIncludeUnknowns in pulumi/pulumi's pkg/resource/deploy/plan.go). Dates of the last update are known. So a plan fails only
 * if something became due after the preview.
 */
export function dateOfUpdate(now: Date, isPreview = false): string {
  return isPreview ? UNKNOWN : utcDate(now);
}
