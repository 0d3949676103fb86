import pThrottle from "p-throttle";
import { visible } from "../../secrecy/visible";
import { type QuotaUse, quotaOf } from "./quotas";

/** An expected wait that is longer is shown to the user. */
const LONG_WAIT_MS = 10_000;
/** Calls come in bursts. The line is printed after this time, so that it names the length of the whole queue. */
const GATHERING_MS = 1_000;
/** The least time between two lines about the same queue. */
const REPEAT_LINE_MS = 60_000;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 20_000;

export interface LimiterOptions {
  /** Where lines for the user go; by default stderr, which the Pulumi engine shows. */
  log?: (line: string) => void;
  /** A number from 0 up to 1. */
  random?: () => number;
}

/**
 * Paces the calls of this process within AWS's quotas, and delays them when AWS throttles. There is one bucket for each account, Region
 * and operation. All resources of one `pulumi up` share the buckets.
 */
export class Limiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #options: Required<LimiterOptions>;

  constructor({ log = (line) => console.error(visible(line)), random = Math.random }: LimiterOptions = {}) {
    this.#options = { log, random };
  }

  /** The buckets that a call takes from. `owner` names the owner of the quota: an account at an endpoint. */
  buckets(owner: string, uses: QuotaUse[], quotas?: Record<string, number>): Allowance {
    return new Allowance(
      uses.map(({ region, operation, requests }) => {
        const rate = quotaOf(operation, quotas);
        const id = JSON.stringify([owner, region, operation, rate]);
        const bucket = this.#buckets.get(id) ?? new Bucket(operation, region, rate, this.#options);
        this.#buckets.set(id, bucket);
        return { bucket, requests };
      }),
    );
  }
}

/** What one call takes from its buckets. */
export class Allowance {
  constructor(private readonly parts: { bucket: Bucket; requests: number }[]) {}

  /** Waits until the call may be sent. */
  async take(): Promise<void> {
    await Promise.all(
      this.parts.flatMap(({ bucket, requests }) => Array.from({ length: requests }, () => bucket.take())),
    );
  }

  /** Pauses all buckets of the call, because AWS throttled it. Returns the pause in milliseconds. */
  backOff(): number {
    return Math.max(...this.parts.map(({ bucket }) => bucket.backOff()));
  }

  /** AWS accepted the call. */
  accepted(): void {
    for (const { bucket } of this.parts) bucket.accepted();
  }
}

class Bucket {
  readonly #turn: () => Promise<void>;
  #waiting = 0;
  #pausedUntil = 0;
  #throttledInARow = 0;
  #lineAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly operation: string,
    readonly region: string,
    /** Requests a second. */
    readonly rate: number,
    readonly options: Required<LimiterOptions>,
  ) {
    // A window of whole requests: 0.25 a second is 1 in 4 s, and 2.5 a second is 2 in 0.8 s. With `strict` no window of that length
    // holds more, wherever it starts. That is needed because the start of AWS's windows is unknown.
    const limit = Math.max(1, Math.floor(rate));
    this.#turn = pThrottle({ limit, interval: (1000 * limit) / rate, strict: true })(async () => {});
  }

  async take(): Promise<void> {
    this.#waiting++;
    this.#sayIfLong();
    try {
      do {
        await this.#pause();
        await this.#turn();
        // A call whose turn came during a pause queues again. Otherwise all such calls would be sent when the pause ends.
      } while (this.#pausedUntil > Date.now());
    } finally {
      this.#waiting--;
      this.#sayIfLong();
    }
  }

  async #pause(): Promise<void> {
    const rest = this.#pausedUntil - Date.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
  }

  /**
   * Exponential backoff with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
   * A call that was sent before the pause began does not make the pause longer, because it was throttled for the same reason.
   */
  backOff(): number {
    const rest = this.#pausedUntil - Date.now();
    if (rest > 0) return rest;
    const most = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#throttledInARow++);
    const pause = Math.ceil(most * this.options.random());
    this.#pausedUntil = Date.now() + pause;
    return pause;
  }

  accepted(): void {
    this.#throttledInARow = 0;
  }

  #sayIfLong(): void {
    const now = Date.now();
    if (this.#waitMs(now) <= LONG_WAIT_MS || now - this.#lineAt < REPEAT_LINE_MS) return;
    this.#lineAt = now;
    setTimeout(() => this.#say(), GATHERING_MS);
  }

  #say(): void {
    const seconds = Math.round(this.#waitMs(Date.now()) / 1000);
    this.options.log(
      `keymgmt: ${this.#waiting} calls of kms:${this.operation} wait in ${this.region}, paced at ${this.rate} a second ` +
        `(the AWS quota): about ${seconds} s. If the account's quota is higher, say so in \`quotas\`.`,
    );
  }

  /** Milliseconds until the last waiting call may be sent. */
  #waitMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now) + (1000 * this.#waiting) / this.rate;
  }
}
