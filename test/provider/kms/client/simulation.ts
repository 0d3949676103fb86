/** A clock of its own for several limiters, and AWS's quota as it may count. */
import { Limiter } from "../../../../provider/kms/client/limiter";
import type { Clock } from "../../../../provider/kms/client/pacing/clock";
import { quotaUses } from "../../../../provider/kms/client/quotas";
import { DEFAULT_RETRY_LIMITS, withRetries } from "../../../../provider/kms/client/retry";

const REGION = "us-east-1";
const OPERATION = "GetParametersForImport";

/** Pseudorandom numbers from 0 up to 1, the same for a seed (mulberry32). */
export function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Time goes by only in `run`: from one event to the next. */
export class SimulatedClock implements Clock {
  #now = 1_800_000_000_000;
  readonly #events: { at: number; run: () => void; background: boolean }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void, background = false): () => void {
    const event = { at: this.#now + ms, run, background };
    this.#events.push(event);
    return () => {
      const at = this.#events.indexOf(event);
      if (at >= 0) this.#events.splice(at, 1);
    };
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Runs until nothing is left to happen. */
  async run(): Promise<void> {
    for (;;) {
      await new Promise(setImmediate);
      if (!this.#events.some(({ background }) => !background)) return;
      const next = this.#events.reduce((first, event) => (event.at < first.at ? event : first));
      this.#events.splice(this.#events.indexOf(next), 1);
      this.#now = next.at;
      next.run();
    }
  }
}

export type Model = "token bucket" | "fixed windows";

/** Whether AWS accepts a request that comes at this time. */
type Counts = (at: number) => boolean;

/** As much as one second's requests at once, and the quota over time. */
function tokenBucket(quota: number): Counts {
  const size = Math.max(1, quota);
  let [tokens, filledAt] = [size, 0];
  return (at) => {
    tokens = Math.min(size, tokens + ((at - filledAt) * quota) / 1000);
    filledAt = at;
    if (tokens < 1 - 1e-9) return false;
    tokens--;
    return true;
  };
}

/** The quota in each second, from `offsetMs` on; one request in several seconds where the quota is below one. */
function fixedWindows(quota: number, offsetMs: number): Counts {
  const windowMs = quota < 1 ? 1000 / quota : 1000;
  let [window, used] = [-1, 0];
  return (at) => {
    const current = Math.floor((at + offsetMs) / windowMs);
    if (current !== window) [window, used] = [current, 0];
    return ++used <= Math.max(1, quota);
  };
}

/** What became of the calls of one sender. */
export interface Calls {
  throttled: number;
  accepted: number;
  /** When the last was answered. */
  endedAt: number;
}

/** Several senders in one account. */
export class Account {
  readonly clock = new SimulatedClock();
  readonly #counts: Counts;

  constructor(
    readonly quota: number,
    model: Model,
    readonly random: () => number,
    /** The most by which the network delays one request more than another. */
    readonly networkJitterMs = 15,
  ) {
    this.#counts =
      model === "token bucket" ? tokenBucket(quota) : fixedWindows(quota, Math.floor(1000 * random()));
  }

  /** A stack whose process does so many imports, up to 8 at a time, from `startMs` on. */
  stack(imports: number, startMs: number): Calls {
    const calls = { throttled: 0, accepted: 0, endedAt: 0 };
    const limiter = new Limiter({ clock: this.clock, random: this.random, log: () => {} });
    let left = imports;
    const worker = async () => {
      while (left-- > 0) {
        const allowance = limiter.buckets("account", quotaUses(OPERATION, REGION), () => ({
          [OPERATION]: this.quota,
        }));
        const send = async (sent: () => void) => {
          sent();
          await this.#ask(calls);
        };
        await withRetries(OPERATION, allowance, send, DEFAULT_RETRY_LIMITS, { lost: 0 });
      }
    };
    this.clock.after(startMs, () => {
      for (let i = 0; i < 8; i++) void worker();
    });
    return calls;
  }

  /** One request, which is not tried again. */
  request(startMs: number): Calls {
    const calls = { throttled: 0, accepted: 0, endedAt: 0 };
    this.clock.after(startMs, () => void this.#ask(calls).catch(() => {}));
    return calls;
  }

  /** Another tool: it uses half of the quota evenly, and tries again as the AWS SDK does. */
  tool(requests: number, startMs: number): Calls {
    const calls = { throttled: 0, accepted: 0, endedAt: 0 };
    const everyMs = 2000 / this.quota;
    const one = async () => {
      for (let attempt = 0; ; attempt++) {
        try {
          return await this.#ask(calls);
        } catch {
          await this.clock.pause(Math.min(20_000, 1000 * 2 ** attempt) * this.random());
        }
      }
    };
    for (let i = 0; i < requests; i++)
      this.clock.after(startMs + (i + 0.1 * this.random()) * everyMs, () => void one());
    return calls;
  }

  async #ask(calls: Calls): Promise<void> {
    const oneWay = () => this.clock.pause(20 + this.networkJitterMs * this.random());
    await oneWay();
    const accepted = this.#counts(this.clock.now());
    await oneWay();
    calls[accepted ? "accepted" : "throttled"]++;
    calls.endedAt = this.clock.now();
    if (!accepted) throw Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
  }
}
