import { visible } from "../../secrecy/visible";
import type { KmsOperation } from "./operations";
import { Bucket } from "./pacing/bucket";
import { type Clock, machineClock } from "./pacing/clock";
import type { Send } from "./pacing/sendWindow";
import { type QuotaUse, quotaOf } from "./quotas";

export interface LimiterOptions {
  /** Where lines for the user go; by default stderr, which the Pulumi engine shows. */
  log?: (line: string) => void;
  /** A number from 0 up to 1. */
  random?: () => number;
  clock?: Clock;
}

/** Requests a second by operation, in one Region. What it does not name has AWS's default quota. */
export type Quotas = Readonly<Record<string, number>>;
export type QuotasByRegion = (region: string) => Quotas | undefined;

/**
 * Paces the calls of this process within AWS's quotas, and leaves room for others when AWS throttles. There is one bucket for each account,
 * Region and operation. All resources of one `pulumi up` share the buckets.
 */
export class Limiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #declared = new Map<string, { region: string; count: number }>();
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: (line: string) => void;

  constructor({
    log = (line) => console.error(visible(line)),
    random = Math.random,
    clock = machineClock,
  }: LimiterOptions = {}) {
    this.#clock = clock;
    this.#random = random;
    this.#log = (line) => log(`keymgmt: ${line}`);
  }

  /**
   * One of `count` distributions that the program declares in a Region, by `group`, has come. The line about waiting imports counts those
   * that are still to come too: the engine does only some at a time.
   */
  countDistribution(region: string, group: string, count: number): void {
    const id = JSON.stringify([region, group]);
    const left = this.#declared.get(id)?.count ?? count;
    this.#declared.set(id, { region, count: Math.max(0, left - 1) });
  }

  #following(inRegion: string, operation: KmsOperation): number {
    if (operation !== "GetParametersForImport") return 0;
    return [...this.#declared.values()].reduce(
      (sum, { region, count }) => sum + (region === inRegion ? count : 0),
      0,
    );
  }

  /** The buckets that a call takes from. `owner` names the owner of the quota: an account at an endpoint. */
  buckets(owner: string, uses: QuotaUse[], quotasIn: QuotasByRegion = () => undefined): Allowance {
    const parts = uses.map(({ region, operation, requests }) => {
      const quota = quotaOf(operation, quotasIn(region));
      const id = JSON.stringify([owner, region, operation, quota]);
      const bucket =
        this.#buckets.get(id) ??
        new Bucket(operation, region, quota, this.#clock, this.#random, this.#log, () =>
          this.#following(region, operation),
        );
      this.#buckets.set(id, bucket);
      return { bucket, requests };
    });
    return new Allowance(parts, this.#clock);
  }
}

/** What one call takes from its buckets, each time it is sent. */
export class Allowance {
  #sends: { bucket: Bucket; send: Send }[] = [];
  #throttledSince: number | undefined;

  constructor(
    private readonly parts: { bucket: Bucket; requests: number }[],
    private readonly clock: Clock,
  ) {}

  /** Waits until the call may be sent. A call that was throttled comes before those that have not been sent yet. */
  async take(): Promise<void> {
    this.#sends = [];
    for (const { bucket, requests } of this.parts)
      this.#sends.push({
        bucket,
        send: await bucket.take(requests, this.#throttledSince !== undefined),
      });
  }

  /** The call was put on the wire. Until then it may still wait for credentials or a connection. */
  sent(): void {
    for (const { bucket, send } of this.#sends) bucket.sent(send);
  }

  accepted(): void {
    for (const { bucket, send } of this.#sends) bucket.accepted(send);
  }

  /** AWS throttled the call. Returns for how long it has been throttled, in milliseconds. */
  throttled(): number {
    for (const { bucket, send } of this.#sends) bucket.throttled(send);
    const now = this.clock.now();
    this.#throttledSince ??= now;
    return now - this.#throttledSince;
  }

  /** The call failed for another reason. */
  failed(): void {
    for (const { bucket, send } of this.#sends) bucket.failed(send);
  }
}
