import { Rate } from "./rate";
import { type Send, SendWindow } from "./sendWindow";
import type { Share } from "./share";
import { Slots } from "./slots";

/**
 * How much longer than AWS's second ours is. Requests reach AWS earlier or later than they were sent after each other, by the jitter of
 * the network; 6 % of a second are more than it has within a Region or across an ocean.
 */
const MARGIN = 0.06;
/** How much later than later ones the first request may be counted: AWS and this process have nothing at hand for it yet. */
const FIRST_LATE_MS = 200;

/**
 * When calls of one operation may be sent in one Region. It is pure: it is told the time, and what came of each call.
 *
 * AWS does not say how it counts. "If users in your account submit 1000 DescribeKey requests in a second, AWS KMS throttles all subsequent
 * DescribeKey requests in that second" (https://docs.aws.amazon.com/kms/latest/developerguide/throttling.html) is a window that begins
 * with each second; other services of AWS have token buckets. No more than the quota in any second, wherever it starts, keeps to both.
 */
export class Pace {
  readonly #window: SendWindow;
  readonly #share: Share;
  #first: Send | undefined;

  /** @param quota requests a second */
  constructor(
    readonly quota: number,
    random: () => number,
  ) {
    // A window of whole requests: 0.25 a second is 1 in 4 s, and 2.5 a second is 2 in 0.8 s.
    const limit = Math.max(1, Math.floor(quota));
    const windowMs = (1000 * limit) / quota;
    const withMargin = windowMs * (1 + MARGIN);
    // Slots have the whole margin. A call that is late in its slot is followed by one in time if half of the margin is left.
    this.#window = new SendWindow(limit, limit === 1 ? windowMs * (1 + MARGIN / 2) : withMargin);
    this.#share =
      limit === 1 ? new Slots(withMargin, random) : new Rate(withMargin / limit, withMargin, random);
  }

  /** When a call may be sent, `now` or later. Infinity: not before a call that has had its turn is on the wire or answered. */
  dueAt(now: number, requests: number): number {
    const free = this.#window.freeAt(now, requests);
    return free === Number.POSITIVE_INFINITY ? free : this.#share.dueAt(free, free === now);
  }

  /** A call has its turn. */
  begin(now: number, requests: number): Send {
    const send = { begunAt: now, requests, at: Number.POSITIVE_INFINITY };
    this.#first ??= send;
    this.#window.add(send);
    this.#share.begun(send);
    return send;
  }

  /** The call was put on the wire. */
  sent(send: Send, now: number): void {
    if (send.at === Number.POSITIVE_INFINITY) send.at = now;
  }

  accepted(send: Send, now: number): void {
    this.sent(send, now);
    if (send === this.#first) send.at = Math.min(now, send.at + FIRST_LATE_MS);
    this.#share.accepted(send);
  }

  throttled(send: Send, now: number): void {
    this.sent(send, now);
    this.#share.throttled(send, now);
  }

  /** The call failed otherwise. One that was never sent does not count. */
  failed(send: Send, now: number): void {
    if (send.at === Number.POSITIVE_INFINITY) this.#window.remove(send);
    this.sent(send, now);
  }

  /** Whether others seem to use the quota too. */
  get isShared(): boolean {
    return this.#share.part < 1;
  }

  /** Requests a second that are sent now. */
  get rate(): number {
    return this.quota * Math.max(0.05, this.#share.part);
  }
}
