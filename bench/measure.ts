import { timed } from "./memory";
import type { Subject } from "./subjects";

/** What one subject costs: seconds and bytes. */
export interface Cost {
  up: number;
  /** `up` with nothing to do. */
  again: number;
  preview?: number;
  /** The largest resident memory of one process, in any of the commands; undefined where it cannot be read. */
  memory?: number;
  /** Of the state, for each key. */
  state: number;
}

/**
 * Measures subjects in turn, so that what else the machine does reaches all of them.
 *
 * @param rounds how often what changes nothing is repeated; the median counts
 */
export async function measure(subjects: Subject[], keys: number, rounds: number): Promise<Cost[]> {
  const runs = subjects.map((subject) => new Measuring(subject));
  for (const run of runs) await run.up();
  for (let round = 0; round < rounds; round++) for (const run of runs) await run.again();
  return Promise.all(runs.map((run) => run.cost(keys)));
}

class Measuring {
  #up = 0;
  #memory = 0;
  readonly #again: number[] = [];
  readonly #previews: number[] = [];

  constructor(private readonly subject: Subject) {}

  async up(): Promise<void> {
    this.#up = await this.#timed(this.subject.up);
  }

  async again(): Promise<void> {
    const { up, preview } = this.subject;
    this.#again.push(await this.#timed(up));
    if (preview) this.#previews.push(await this.#timed(preview));
  }

  async cost(keys: number): Promise<Cost> {
    return {
      up: this.#up,
      again: median(this.#again)!,
      preview: median(this.#previews),
      memory: this.#memory || undefined,
      state: (await this.subject.stateBytes()) / keys,
    };
  }

  /** Seconds that a command takes. */
  async #timed(work: Subject["up"]): Promise<number> {
    const { seconds, memory } = await timed(work);
    this.#memory = Math.max(this.#memory, memory ?? 0);
    return seconds;
  }
}

export function median(values: number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
