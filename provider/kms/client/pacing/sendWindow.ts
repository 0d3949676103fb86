/** A call that counts against a quota. */
export interface Send {
  /** When its turn came, in milliseconds. */
  readonly begunAt: number;
  readonly requests: number;
  /** When it was put on the wire; Infinity until then. */
  at: number;
}

/** At most `limit` requests in any `ms` milliseconds, wherever they start. */
export class SendWindow {
  #counted: { send: Send; laterMs: number }[] = [];

  constructor(
    readonly limit: number,
    readonly ms: number,
  ) {}

  /** When there is room for `requests`. Infinity: not before a call that has had its turn is on the wire. */
  freeAt(now: number, requests: number): number {
    const needed = Math.min(requests, this.limit);
    const missing = () => this.#counted.length + needed - this.limit;
    if (missing() <= 0) return now;
    this.#counted = this.#counted.filter((one) => this.#leavesAt(one) > now);
    if (missing() <= 0) return now;
    const leaving = this.#counted.map((one) => this.#leavesAt(one)).sort((a, b) => a - b);
    return leaving[missing() - 1]!;
  }

  add(send: Send): void {
    for (let request = 0; request < send.requests; request++)
      // ReplicateKey is two requests. Under a quota of one, the second counts in the next window.
      this.#counted.push({ send, laterMs: Math.floor(request / this.limit) * this.ms });
  }

  remove(send: Send): void {
    this.#counted = this.#counted.filter((one) => one.send !== send);
  }

  #leavesAt({ send, laterMs }: { send: Send; laterMs: number }): number {
    return send.at + laterMs + this.ms;
  }
}
