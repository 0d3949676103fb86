/** No turn takes longer. A resource that waits for a later one, by way of the program, does not stop it. */
const LONGEST_MS = 10_000;

interface Turn {
  begun: Promise<void>;
  ended: Promise<void>;
}

/**
 * Registers resources a few at a time. The engine does what is registered in that order, with four workers for each core (`defaultParallel`
 * and `stepExecutor` of pulumi/pulumi). What a program registers at its start is done before all that follows from it, and AWS's quotas are
 * not used meanwhile: no import begins before the last of a thousand keys is made, and no replica before the last distribution.
 */
export class Turns {
  #last: Turn[] = [];

  /** @param atOnce how many turns there are at once */
  constructor(private readonly atOnce: number) {}

  /** The next turn: `begun` when it comes, and `end` for who has it. */
  next(): { begun: Promise<void>; end: () => void } {
    const before = this.#last.length < this.atOnce ? undefined : this.#last.shift();
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const begun = before ? before.begun.then(() => atMost(LONGEST_MS, before.ended)) : Promise.resolve();
    this.#last.push({ begun, ended });
    return { begun, end };
  }
}

function atMost(ms: number, ended: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void ended.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
