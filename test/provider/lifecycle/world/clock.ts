/** A time that stands still but for what is waited, and a CSPRNG and a wrapping that cost nothing: thousands of runs go by. */
import crypto from "node:crypto";
import sinon from "sinon";
import { materialOf } from "./aws/materials";
import { WRAPPING_KEY } from "./aws/operations";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const LATER = NOW + 3_600_000;

export class Clock {
  /** Who makes material, and how much they have made. */
  #whose = "";
  #made = 0;
  #since = NOW;
  #nonces = 0;
  readonly #fake = sinon.useFakeTimers({ now: NOW, toFake: ["Date"] });
  /** Thousands of refusals are thrown: where they come from is not asked. */
  readonly #traces = Error.stackTraceLimit;
  readonly #replaced = sinon.createSandbox();

  constructor() {
    Error.stackTraceLimit = 0;
    const waits = (work: () => void, milliseconds = 0) => {
      this.#fake.setSystemTime(Date.now() + milliseconds);
      queueMicrotask(work);
    };
    this.#replaced.replace(globalThis, "setTimeout", waits as never);
    this.#replaced.replace(crypto, "randomBytes", ((size: number) =>
      size === 16 ? this.#nonce() : materialOf(this.#whose, ++this.#made)) as never);
    // An import is wrapped for nobody in particular: the model reads what it gets, and has one wrapping key. OAEP, and what a
    // wrapping key must be, are tested elsewhere.
    const wrappingKey = readOnce(WRAPPING_KEY);
    this.#replaced.replace(crypto, "createPublicKey", (() => wrappingKey) as never);
    const unwrapped = (_key: unknown, bytes: Buffer) => Buffer.from(bytes);
    this.#replaced.replace(crypto, "publicEncrypt", unwrapped as never);
  }

  /** There are two moments: stacks are made in the same second, and all else happens later. */
  begin(whose: string, made: number, isLater: boolean): void {
    this.#since = isLater ? LATER : NOW;
    this.#fake.setSystemTime(this.#since);
    this.#whose = whose;
    this.#made = made;
  }

  /** Another run goes on in the midst of this one. */
  async aside<T>(work: () => Promise<T>): Promise<T> {
    const [since, now, whose, made] = [this.#since, Date.now(), this.#whose, this.#made];
    try {
      return await work();
    } finally {
      this.#fake.setSystemTime(now);
      [this.#since, this.#whose, this.#made] = [since, whose, made];
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

/** A public key that is written once in each form. */
function readOnce(der: Buffer): crypto.KeyObject {
  const key = crypto.createPublicKey({ key: der, format: "der", type: "spki" });
  const jwk = key.export({ format: "jwk" });
  return Object.assign(key, { export: ({ format }: { format: string }) => (format === "jwk" ? jwk : der) });
}
