/** The time, and a timer. Tests have one of their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * Returns what cancels it.
   * @param background whether the process may end before
   */
  after(ms: number, run: () => void, background?: boolean): () => void;
}

const STARTED = performance.timeOrigin;

/** The machine's clock. Setting it during a run changes nothing. */
export const machineClock: Clock = {
  now: () => STARTED + performance.now(),
  after: (ms, run, background = false) => {
    const timer = setTimeout(run, Math.ceil(ms));
    if (background) timer.unref();
    return () => clearTimeout(timer);
  },
};
