import type { Send } from "./sendWindow";
import type { Share } from "./share";

/** The rate after a throttle, as a part of that before. */
const DECREASE = 0.7;
/** What each accepted call adds to the part of the quota; more after this many calls without a throttle. */
const INCREASE = 0.01;
const CALLS_UNTIL_FASTER = 20;
const LEAST = 0.05;
/** Alone, calls may come this part of a window before an even pace: so much of the quota at once, since a burst of all would meet others' calls. */
const BURST = 0.4;
/**
 * The first pause is up to this part of the window long, and the next up to twice as much: exponential backoff with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
const FIRST_PAUSE = 0.75;
const LONGEST_PAUSE_MS = 20_000;

/**
 * The share of a quota of two a second or more: additive increase, multiplicative decrease. Calls are spread evenly, but for a short burst
 * where nobody else seems to be: a burst that meets another one is throttled as a whole, an even pace once.
 */
export class Rate implements Share {
  #part = 1;
  /** When the next request is due at an even pace. */
  #evenlyAt = Number.NEGATIVE_INFINITY;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #decreasedAt = Number.NEGATIVE_INFINITY;
  #throttledInARow = 0;
  #acceptedInARow = 0;

  constructor(
    /** Between two requests at the whole quota. */
    private readonly spacingMs: number,
    private readonly windowMs: number,
    private readonly random: () => number,
  ) {}

  get part(): number {
    return this.#part;
  }

  dueAt(earliest: number): number {
    const ahead = this.#part === 1 ? this.windowMs * BURST : 0;
    return Math.max(earliest, this.#pausedUntil, this.#evenlyAt - ahead);
  }

  begun(send: Send): void {
    const spacingMs = (send.requests * this.spacingMs) / this.#part;
    this.#evenlyAt = Math.max(this.#evenlyAt, send.begunAt) + spacingMs;
  }

  accepted(): void {
    this.#throttledInARow = 0;
    this.#acceptedInARow++;
    this.#part = Math.min(1, this.#part + INCREASE * Math.max(1, this.#acceptedInARow / CALLS_UNTIL_FASTER));
  }

  /** A call that was sent before the rate went down is throttled for the same reason, and changes nothing. */
  throttled(send: Send, now: number): void {
    if (send.at <= this.#decreasedAt) return;
    if (this.#throttledInARow === 0) this.#part = Math.max(LEAST, this.#part * DECREASE);
    this.#decreasedAt = now;
    this.#acceptedInARow = 0;
    const most = Math.min(LONGEST_PAUSE_MS, this.windowMs * FIRST_PAUSE * 2 ** this.#throttledInARow++);
    this.#pausedUntil = now + most * this.random();
  }
}
