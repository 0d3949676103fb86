/** A time that stands still but for what is waited, and a CSPRNG and a wrapping that cost nothing: thousands of runs go by. */
import crypto from "node:crypto";
import sinon from "sinon";
import { materialOf } from "./materials";

const NOW = new Date("2026-11-24T12:00:00Z");

export class Clock {
  /** Who makes material, and how much they have made. */
  #whose = "";
  #made = 0;
  readonly #fake = sinon.useFakeTimers({ now: NOW, toFake: ["Date"] });
  readonly #stubs = [
    sinon.stub(globalThis, "setTimeout").callsFake(((work: () => void, milliseconds = 0) => {
      this.#fake.setSystemTime(Date.now() + milliseconds);
      queueMicrotask(work);
    }) as never),
    sinon.stub(crypto, "randomBytes").callsFake((() => materialOf(this.#whose, ++this.#made)) as never),
    // An import is wrapped for nobody in particular: the model reads what it gets. OAEP itself is tested elsewhere.
    sinon.stub(crypto, "createPublicKey").returns({ asymmetricKeyType: "rsa" } as never),
    sinon.stub(crypto, "publicEncrypt").callsFake(((_key: unknown, bytes: Buffer) => Buffer.from(bytes)) as never),
  ];

  /** Every run begins at the same moment: two stacks are made in the same second. */
  begin(whose: string, made: number): void {
    this.#fake.setSystemTime(NOW);
    this.#whose = whose;
    this.#made = made;
  }

  /** Seconds that the run has waited. */
  get waited(): number {
    return (Date.now() - NOW.getTime()) / 1000;
  }

  restore(): void {
    for (const stub of this.#stubs) stub.restore();
    this.#fake.restore();
  }
}
