import type { KmsOperation } from "../operations";
import type { Clock } from "./clock";
import { Pace } from "./pace";
import type { Send } from "./sendWindow";
import { WaitingLine } from "./waitingLine";

interface Waiting {
  requests: number;
  start: (send: Send) => void;
}

/** The calls of one operation in one Region that wait for their turn. They have one timer together. */
export class Bucket {
  readonly #pace: Pace;
  readonly #waiting: Waiting[] = [];
  readonly #line: WaitingLine;
  #timer: { at: number; cancel: () => void } | undefined;

  constructor(
    operation: KmsOperation,
    region: string,
    quota: number,
    private readonly clock: Clock,
    random: () => number,
    log: (line: string) => void,
    /** How many more calls may come. */
    private readonly following: () => number = () => 0,
  ) {
    this.#pace = new Pace(quota, random);
    this.#line = new WaitingLine(operation, region, quota, clock, log);
  }

  /** The call's turn, now or later. `first`: before the others that wait. */
  take(requests: number, first: boolean): Send | Promise<Send> {
    const now = this.clock.now();
    const isNext = first || this.#waiting.length === 0;
    if (isNext && this.#pace.dueAt(now, requests) <= now) return this.#pace.begin(now, requests);
    return new Promise((start) => {
      this.#waiting[first ? "unshift" : "push"]({ requests, start });
      this.#advance();
      this.#line.watch(() => this.#queue());
    });
  }

  sent(send: Send): void {
    this.#pace.sent(send, this.clock.now());
    this.#advance();
  }

  accepted(send: Send): void {
    this.#pace.accepted(send, this.clock.now());
    this.#advance();
  }

  throttled(send: Send): void {
    this.#pace.throttled(send, this.clock.now());
    this.#advance();
  }

  failed(send: Send): void {
    this.#pace.failed(send, this.clock.now());
    this.#advance();
  }

  /** Starts the calls that are due, and sets the timer for the next. */
  #advance(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const now = this.clock.now();
      const due = this.#pace.dueAt(now, next.requests);
      if (due > now) {
        this.#wakeAt(due, now);
        return;
      }
      this.#waiting.shift();
      next.start(this.#pace.begin(now, next.requests));
    }
  }

  #wakeAt(due: number, now: number): void {
    if (this.#timer?.at === due) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (due === Number.POSITIVE_INFINITY) return;
    const cancel = this.clock.after(due - now, () => {
      this.#timer = undefined;
      this.#advance();
    });
    this.#timer = { at: due, cancel };
  }

  #queue() {
    const { isShared, rate } = this.#pace;
    const requests = this.#waiting.reduce((sum, { requests }) => sum + requests, 0);
    const following = this.following();
    return { calls: this.#waiting.length, following, seconds: (requests + following) / rate, isShared };
  }
}
