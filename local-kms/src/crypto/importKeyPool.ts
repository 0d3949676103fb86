import { generateKeyPair } from "node:crypto";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";

/** The wrapping keys that are built, with their modulus lengths. */
export const WRAPPING_BITS = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 } as const;
export type RsaWrappingKeySpec = keyof typeof WRAPPING_BITS;
export type PoolSizes = Record<RsaWrappingKeySpec, number>;

export interface WrappingPair {
  /** SubjectPublicKeyInfo DER. */
  readonly publicKey: Buffer;
  /** PKCS#8 DER. */
  readonly privateKey: Buffer;
}

const generate = promisify(generateKeyPair);

/**
 * RSA pairs made ahead of time, each given out once. Pairs are made off the main thread; on at most three of libuv's
 * four threads, since the fourth must stay free for the journal. A size is filled up once it was asked for; before
 * that only one pair of it waits (making an RSA-4096 pair takes about a second).
 */
export class ImportKeyPool {
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
    const threads = this.waiting.length > 0 ? Math.min(3, availableParallelism()) : 1;
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
    const pair = await generate("rsa", {
      modulusLength: WRAPPING_BITS[spec],
      publicKeyEncoding: { type: "spki", format: "der" },
      privateKeyEncoding: { type: "pkcs8", format: "der" },
    });
    this.making.splice(this.making.indexOf(spec), 1);
    const waiter = this.waiting.findIndex((other) => other.spec === spec);
    if (waiter >= 0) this.waiting.splice(waiter, 1)[0]!.give(pair);
    else this.ready[spec].push(pair);
    this.refill();
  }
}
