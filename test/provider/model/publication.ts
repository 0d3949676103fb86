/** Which version signs, as `publishBefore` promises it: told from when versions entered the state, and not from what the provider notes. */

/** Values of `publishBefore`, in days. */
export const WAITS = { "24h": 1, "7d": 7, "0": 0 } as const;
export type Wait = keyof typeof WAITS;

const DAY = 24 * 60 * 60 * 1000;

/** Of a stack's distribution. */
export class Publication {
  /** By version, the moment before the run that made its KMS key. */
  readonly #since = new Map<number, number>();
  #signing: number | undefined;

  /** The version that the alias points to. Undefined before there is one. */
  get signing(): number | undefined {
    return this.#signing;
  }

  /** A run that began at a moment has left KMS keys of these versions in the state. */
  published(versions: number[], began: number): void {
    for (const version of versions) if (!this.#since.has(version)) this.#since.set(version, began);
  }

  /** The version that an update moves the alias to, or leaves it on. */
  after(latest: number, wait: Wait | undefined): number {
    if (this.#signing === undefined || wait === undefined) return latest;
    const over = [...this.#since].filter(([, since]) => since + WAITS[wait] * DAY <= Date.now());
    return Math.max(this.#signing, ...over.map(([version]) => version));
  }

  updated(latest: number, wait: Wait | undefined): void {
    this.#signing = this.after(latest, wait);
  }

  /** The distribution is gone: nobody knows what one that returns signs with. */
  removed(): void {
    this.#since.clear();
    this.#signing = undefined;
  }
}
