import { isUnknown, known, UNKNOWN } from "../schema/unknowns";
import { dateAfter, dateOfUpdate, parseRotationPeriod, periodOfDays, utcDate } from "./period";

/** The inputs of a KeyDistribution that let its material expire in AWS. Planning precedes validation, so a value may have any type. */
export type ExpiryInputs = {
  validFor?: string;
  renewBefore?: string;
};

/** The plan that `check` adds to the inputs, as for a rotation. Dates are UTC, YYYY-MM-DD, or unknown. */
export type ExpiryPlan = {
  /** The material that AWS holds was imported on this date or after it. */
  importedOn?: string;
  /** An update from this date on imports it again. */
  renewAfter?: string;
};

/** AWS accepts a ValidTo of at most 365 days after the request (ImportKeyMaterial's reference). */
export const LONGEST_DAYS = 365;

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/**
 * Decides from the inputs of the last update and the new inputs when the material was imported and when it is imported again. Times are
 * whole days, as in a rotation.
 */
export function planExpiry(
  olds: (ExpiryInputs & ExpiryPlan) | undefined,
  news: ExpiryInputs,
  now: Date,
  isPreview?: boolean,
): ExpiryPlan {
  if (news.validFor === undefined) return {};
  if (isUnknown(news.validFor) || isUnknown(news.renewBefore))
    return { importedOn: UNKNOWN, renewAfter: UNKNOWN };
  const times = expiryTimes(news);
  if (!times) return {};
  const from = (importedOn: string) => ({ importedOn, renewAfter: dateAfter(importedOn, times.usedFor) });
  const last = olds?.validFor === news.validFor && olds.importedOn ? from(olds.importedOn) : undefined;
  return last && last.renewAfter > utcDate(now) ? last : from(dateOfUpdate(now, isPreview));
}

/** How long material is valid, and how long after an import it is imported again. Undefined where an input is wrong. */
export function expiryTimes({ validFor, renewBefore }: ExpiryInputs) {
  const valid = typeof validFor === "string" ? parseRotationPeriod(validFor) : undefined;
  if (!valid) return undefined;
  const days = Math.floor(valid.as("days"));
  const before = renewBefore === undefined ? Math.ceil(days / 3) : daysOf(renewBefore);
  if (before === undefined || days > LONGEST_DAYS || before >= days) return undefined;
  return { days, usedFor: periodOfDays(days - before) };
}

/** When material that is imported now expires. Undefined where it does not expire. */
export function validToOf(inputs: ExpiryInputs, now: Date): Date | undefined {
  const times = expiryTimes(inputs);
  if (!times) return undefined;
  // AWS's clock may be behind this one, so the longest period is shortened by some minutes to stay within AWS's limit.
  return new Date(Math.min(now.getTime() + times.days * DAY, now.getTime() + LONGEST_DAYS * DAY - HOUR / 4));
}

/** Whether `validTo`, the expiry that AWS shows, matches the planned import. In a preview the import is assumed to be today. */
export function expiresAsPlanned(
  validTo: string | undefined,
  inputs: ExpiryInputs & ExpiryPlan,
  now: Date,
): boolean {
  const times = expiryTimes(inputs);
  if (!times || !inputs.importedOn) return validTo === undefined;
  if (validTo === undefined) return false;
  const ends = Date.parse(validTo);
  const earliest = Date.parse(known(inputs.importedOn) ?? utcDate(now)) + times.days * DAY - HOUR;
  return ends >= earliest && ends <= now.getTime() + times.days * DAY + HOUR;
}

function daysOf(text: unknown): number | undefined {
  const period = typeof text === "string" ? parseRotationPeriod(text) : undefined;
  return period && Math.ceil(period.as("days"));
}
