import type { Store } from "./store/store.js";

/** Where the clock is moved to: ahead by an ISO 8601 duration (`P30D`, `PT12H`), or to an ISO 8601 time (UTC unless it says). */
export type ClockMove = { advance: string } | { time: string };

/**
 * The KMS's clock: the machine's (or a test's own), and how far it was moved. It ticks on from there. It never goes
 * back, since what time did (expiry, deletion, rotation) is not undone by it. How far it was moved is part of the
 * state: without that it would jump back at a restart.
 */
export class Clock {
  constructor(
    private readonly base: () => Date,
    private readonly store: Store,
  ) {}

  now(): number {
    return this.base().getTime() + (this.store.clockAheadMillis() ?? 0);
  }

  /** Sets the clock of state that is new: later it goes on from where it was. */
  async begin(startTime: string | undefined): Promise<void> {
    if (this.store.clockAheadMillis() !== undefined) return;
    const start = startTime === undefined ? this.now() : await parseTime("startTime", startTime);
    await this.setAhead(start);
  }

  /** Resolves with the new time when it would survive a SIGKILL. */
  async move(move: ClockMove): Promise<Date> {
    const target = "time" in move ? await parseTime("time", move.time) : await this.after(move.advance);
    if (target < this.now()) throw new Error("The clock never goes back: what time did is not undone by it");
    await this.setAhead(target);
    return new Date(this.now());
  }

  /** In calendar steps of UTC: a month is as long as that month. */
  private async after(duration: string): Promise<number> {
    const { DateTime, Duration } = await import("luxon");
    const parsed = Duration.fromISO(duration);
    if (!parsed.isValid) throw expected("advance", "duration such as `P30D` or `PT12H`", duration);
    return DateTime.fromMillis(this.now(), { zone: "utc" }).plus(parsed).toMillis();
  }

  private setAhead(target: number): Promise<void> {
    return this.store.commit([["clock", "aheadMillis", target - this.base().getTime()]]);
  }
}

async function parseTime(name: string, text: string): Promise<number> {
  const { DateTime } = await import("luxon");
  const millis = DateTime.fromISO(text, { zone: "utc" }).toMillis();
  if (!Number.isFinite(millis)) throw expected(name, "time such as `2027-01-01T00:00:00Z`", text);
  return millis;
}

const expected = (name: string, what: string, got: string) =>
  new Error(`Expected \`${name}\` to be an ISO 8601 ${what}, got \`${got}\``);
