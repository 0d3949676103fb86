/** A time that stands still but for what is waited, and a CSPRNG and a wrapping that cost nothing: thousands of runs go by. */
import crypto from "node:crypto";
import sinon from "sinon";
import { materialOf, privateKeyOf, SIGNS } from "./aws/materials";
import { DAY } from "./publication";
import { readingOnce } from "./quickKeys";

/** Of the first day. */
export const START = Date.parse("2026-11-24T12:00:00Z");
const LATER = START + 3_600_000;

export class Clock {
  /** Who makes material, and how much they have made. */
  #whose = "";
  #made = 0;
  #pairs = 0;
  #since = START;
  #nonces = 0;
  readonly #fake = sinon.useFakeTimers({ now: START, toFake: ["Date"] });
  /** Thousands of refusals are thrown: where they come from is not asked. */
  readonly #traces = Error.stackTraceLimit;
  readonly #replaced = sinon.createSandbox();

  constructor() {
    Error.stackTraceLimit = 0;
    // What is done without a wait is done first: it may clear the timer.
    const waits = (work: () => void, milliseconds = 0) =>
      setImmediate(() => {
        this.#fake.setSystemTime(Date.now() + milliseconds);
        work();
      });
    this.#replaced.replace(globalThis, "setTimeout", waits as never);
    this.#replaced.replace(globalThis, "clearTimeout", clearImmediate as never);
    this.#replaced.replace(crypto, "randomBytes", ((size: number) =>
      size === 16 ? this.#nonce() : materialOf(this.#whose, ++this.#made)) as never);
    this.#replaced.replace(SIGNS.material, "generate", async () => privateKeyOf(this.#whose, ++this.#pairs));
    for (const read of ["createPublicKey", "createPrivateKey"] as const)
      this.#replaced.replace(crypto, read, readingOnce(crypto[read] as never) as never);
    // An import is wrapped for nobody in particular: the model reads what it gets, and has one wrapping key. OAEP, and what a
    // wrapping key must be, are tested elsewhere.
    const unwrapped = (_key: unknown, bytes: Buffer) => Buffer.from(bytes);
    this.#replaced.replace(crypto, "publicEncrypt", unwrapped as never);
  }

  /** There are two moments of a day: stacks are made in the same second, and all else happens later. */
  begin(whose: string, made: number, isLater: boolean, days: number): void {
    this.#since = (isLater ? LATER : START) + days * DAY;
    this.#fake.setSystemTime(this.#since);
    this.#whose = whose;
    this.#made = made;
    this.#pairs = made;
  }

  /** Another run goes on in the midst of this one. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    const [since, now, whose, made, pairs] = [this.#since, Date.now(), this.#whose, this.#made, this.#pairs];
    try {
      return await work();
    } finally {
      this.#fake.setSystemTime(now);
      [this.#since, this.#whose, this.#made, this.#pairs] = [since, whose, made, pairs];
    }
  }

  /** Seconds that the run has waited. */
  get waited(): number {
    return (Date.now() - this.#since) / 1000;
  }

  /** Of a claim: no two are alike. */
  #nonce(): Buffer {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32BE(++this.#nonces);
    return bytes;
  }

  restore(): void {
    Error.stackTraceLimit = this.#traces;
    this.#replaced.restore();
    this.#fake.restore();
  }
}
