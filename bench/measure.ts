import { watchMemory } from "./memory";
import type { Subject } from "./subjects";

/** Seconds, bytes. */
export interface Measured {
  up: number;
  /** `up` with nothing to do. */
  again: number;
  preview: number | undefined;
  /** The largest resident memory of one process, in any of the commands. */
  memory: number | undefined;
  /** Bytes of the state. */
  state: number;
}

/** Measures subjects in turn, so that what else the machine does reaches all of them. What is repeated counts by its median. */
export async function measure(subjects: Subject[], rounds: number): Promise<Measured[]> {
  const runs = subjects.map((subject) => ({
    subject,
    again: [] as number[],
    preview: [] as number[],
    memory: 0,
    up: 0,
  }));
  const timed = async (
    run: (typeof runs)[number],
    work: (started: (pid: number) => void) => Promise<void>,
  ) => {
    let watch: ReturnType<typeof watchMemory> | undefined;
    const began = performance.now();
    await work((pid) => {
      watch = watchMemory(pid);
    });
    run.memory = Math.max(run.memory, watch?.stop() ?? 0);
    return (performance.now() - began) / 1000;
  };
  for (const run of runs) run.up = await timed(run, (started) => run.subject.up(started));
  for (let round = 0; round < rounds; round++)
    for (const run of runs) {
      const { subject } = run;
      run.again.push(await timed(run, (started) => subject.up(started)));
      if (subject.preview) run.preview.push(await timed(run, (started) => subject.preview!(started)));
    }
  return Promise.all(
    runs.map(async ({ subject, up, again, preview, memory }) => ({
      up,
      again: median(again)!,
      preview: median(preview),
      memory: memory || undefined,
      state: await subject.stateBytes(),
    })),
  );
}

function median(values: number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
