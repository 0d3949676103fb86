import type { ClockMove } from "./control/control.js";
import type { Change } from "./store/change.js";
import type { Store } from "./store/store.js";

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
    return this.base().getTime() + this.aheadMillis;
  }

  /** Of state that is new: when its clock begins, and the change that makes it so. Later it goes on from where it was. */
  async beginning(startTime: string | undefined): Promise<{ now: number; change: Change } | undefined> {
    if (this.store.clockAheadMillis() !== undefined) return undefined;
    const present = this.base().getTime();
    const now = startTime === undefined ? present : await readTime("startTime", startTime);
    return { now, change: ahead(now - present) };
  }

  /** Resolves with the new time when it would survive a SIGKILL. */
  async move(move: ClockMove): Promise<Date> {
    const target = "time" in move ? await at(move.time) : await after(move.advance);
    const now = this.now();
    const step = target(now) - now;
    if (step < 0) throw new Error("The clock never goes back: what time did is not undone by it");
    if (!(now + step <= LAST)) throw tooLate();
    await this.set(this.aheadMillis + step);
    return new Date(this.now());
  }

  private get aheadMillis(): number {
    return this.store.clockAheadMillis() ?? 0;
  }

  private set(aheadMillis: number): Promise<void> {
    return this.store.commit([ahead(aheadMillis)]);
  }
}

const ahead = (millis: number): Change => ["clock", "aheadMillis", millis];

async function readTime(name: string, text: string): Promise<number> {
  const { DateTime } = await import("luxon");
  const time = DateTime.fromISO(text, { zone: "utc" });
  if (!time.isValid) throw expected(name, "time such as `2027-01-01T00:00:00Z`", text);
  if (time.toMillis() > LAST) throw tooLate();
  return time.toMillis();
}

async function at(text: string): Promise<() => number> {
  const time = await readTime("time", text);
  return () => time;
}

/** The time that is a duration after another, in calendar steps of UTC: a month is as long as that month. */
async function after(text: string): Promise<(from: number) => number> {
  const { DateTime, Duration } = await import("luxon");
  const duration = Duration.fromISO(text);
  if (!duration.isValid) throw expected("advance", "duration such as `P30D` or `PT12H`", text);
  return (from) => DateTime.fromMillis(from, { zone: "utc" }).plus(duration).toMillis();
}

/** Dates that follow from the time, such as those of deletions, stay within the years of four digits that AWS's clients read. */
const LAST = Date.UTC(9000, 0, 1);
const tooLate = () => new Error("Expected the clock to go no further than 9000-01-01T00:00:00Z");

const expected = (name: string, what: string, got: string) =>
  new Error(`Expected \`${name}\` to be an ISO 8601 ${what}, got \`${got}\``);
