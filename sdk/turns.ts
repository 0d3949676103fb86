/** So many at once: three keep a quota of one import a second busy, and leave the engine's workers to replicas. */
const AT_ONCE = 3;
/** No turn takes longer. A distribution that waits for a later one, by way of the program, does not stop it. */
const LONGEST_MS = 10_000;

interface Turn {
  begun: Promise<void>;
  ended: Promise<void>;
}

/**
 * Registers distributions with replicas a few at a time. The engine does what is registered in that order, with four workers for each core
 * (`defaultParallel` and `stepExecutor` of pulumi/pulumi). With all distributions registered at the start no replica would begin before the
 * last of them, and the quotas of the replicas' Regions would not be used meanwhile.
 */
export class Turns {
  #last: Turn[] = [];

  /** The next turn: `begun` when it comes, and `end` for who has it. */
  next(): { begun: Promise<void>; end: () => void } {
    const before = this.#last.length < AT_ONCE ? undefined : this.#last.shift();
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
