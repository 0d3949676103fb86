import { availableParallelism } from "node:os";
import { makePair, type RsaWrappingKeySpec, WRAPPING_BITS, type WrappingPair } from "./wrappingPair.js";

export type PoolSizes = Record<RsaWrappingKeySpec, number>;

/** Where GetParametersForImport has its RSA pairs from. */
export interface WrappingPairs {
  /** Begins to make pairs ahead of time. */
  start(): void;
  take(spec: RsaWrappingKeySpec): Promise<WrappingPair>;
  close(): void;
}

/**
 * RSA pairs made ahead of time, each given out once. Pairs are made off the main thread; on at most three of libuv's
 * four threads, since the fourth must stay free for the journal, and on all processors but one, which is for other requests. A size is filled up once it was asked for; before
 * that only one pair of it waits (making an RSA-4096 pair takes about a second).
 */
export class ImportKeyPool implements WrappingPairs {
  private readonly ready: Record<RsaWrappingKeySpec, WrappingPair[]> = {
    RSA_2048: [],
    RSA_3072: [],
    RSA_4096: [],
  };
  private readonly waiting: { spec: RsaWrappingKeySpec; give: (pair: WrappingPair) => void }[] = [];
  private readonly asked = new Set<RsaWrappingKeySpec>();
  private readonly making: RsaWrappingKeySpec[] = [];
  private closed = false;

  constructor(private readonly sizes: PoolSizes) {}

  start(): void {
    this.refill();
  }

  /** A pair that nobody else gets. */
  take(spec: RsaWrappingKeySpec): Promise<WrappingPair> {
    this.asked.add(spec);
    const pair = this.ready[spec].shift();
    const taken = pair
      ? Promise.resolve(pair)
      : new Promise<WrappingPair>((give) => this.waiting.push({ spec, give }));
    this.refill();
    return taken;
  }

  close(): void {
    this.closed = true;
  }

  private refill(): void {
    const threads = this.waiting.length > 0 ? Math.max(1, Math.min(3, availableParallelism() - 1)) : 1;
    while (!this.closed && this.making.length < threads) {
      const spec = this.nextSpec();
      if (!spec) return;
      this.making.push(spec);
      void this.make(spec);
    }
  }

  /** Whoever waits comes first, then the smaller key: it is ready sooner. */
  private nextSpec(): RsaWrappingKeySpec | undefined {
    const inHand = (spec: RsaWrappingKeySpec) => this.making.filter((made) => made === spec).length;
    const wanted = (spec: RsaWrappingKeySpec) => this.waiting.filter((waiter) => waiter.spec === spec).length;
    const specs = Object.keys(WRAPPING_BITS) as RsaWrappingKeySpec[];
    const missing = specs.find((spec) => inHand(spec) < wanted(spec));
    if (missing) return missing;
    const goal = (spec: RsaWrappingKeySpec) =>
      this.asked.has(spec) ? this.sizes[spec] : Math.min(1, this.sizes[spec]);
    return specs.find((spec) => this.ready[spec].length + inHand(spec) < goal(spec) + wanted(spec));
  }

  private async make(spec: RsaWrappingKeySpec): Promise<void> {
    const pair = await makePair(spec);
    this.making.splice(this.making.indexOf(spec), 1);
    const waiter = this.waiting.findIndex((other) => other.spec === spec);
    if (waiter >= 0) this.waiting.splice(waiter, 1)[0]!.give(pair);
    else this.ready[spec].push(pair);
    this.refill();
  }
}
