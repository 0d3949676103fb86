import type { Call } from "../../world/providerProcess";
import { Bench, type Moment } from "./bench";
import { FAULTS, type Fault, staleReads } from "./faults";
import { removalViolations, stillServes, unaccounted, violations } from "./invariants";
import type { End, Scenario } from "./scenarios";

/** One fault at one call of one operation. */
export interface Case {
  fault: Fault;
  at?: Call;
}

const RUNS = 3;

/** What there is before the operation. */
export async function before({ before }: Scenario): Promise<Moment> {
  const bench = await Bench.open();
  await before?.(bench);
  return bench.leave();
}

/** Runs the operation without a fault, and gives every case that its calls make. */
export async function casesOf(scenario: Scenario, from: Moment): Promise<Case[]> {
  const bench = await Bench.open(from);
  try {
    const outcome = await bench.run(scenario.run);
    if (outcome !== "done") throw outcome;
    const { calls } = bench;
    const wrong = await ended(bench, scenario);
    if (wrong.length) throw new Error(`${scenario.title}, without a fault: ${wrong.join("; ")}`);
    return [
      ...calls.flatMap((at) => FAULTS.map((fault) => ({ fault, at }))),
      ...staleReads(calls).map((fault) => ({ fault })),
    ];
  } finally {
    await bench.close();
  }
}

export function nameOf(scenario: Scenario, { fault, at }: Case): string {
  const call = at ? ` at ${at.operation} ${at.nth + 1} in ${at.region}` : "";
  return `${scenario.title}${call}: ${fault.name}`;
}

/**
 * Strikes, runs the operation until it is done, and gives what is wrong then: nothing, where all is well; undefined where
 * the call did not come, since how often a state is polled depends on the moment.
 */
export async function strike(
  scenario: Scenario,
  from: Moment,
  { fault, at }: Case,
): Promise<string[] | undefined> {
  const bench = await Bench.open(from);
  try {
    const wrong: string[] = [];
    let runs = 0; // since it struck; where reads are stale, a run may fail before that
    for (let tried = 0; runs < RUNS && tried < 2 * RUNS; tried++) {
      const outcome = await (runs > 0 ? bench.run(scenario.run) : bench.run(scenario.run, fault, at));
      const struck = runs > 0 || bench.hits > 0 || !fault.how;
      if (struck) runs += 1;
      if (outcome === "done") return struck ? [...wrong, ...(await ended(bench, scenario))] : undefined;
      if (runs === RUNS) wrong.push(`not done after ${RUNS} runs: ${outcome}`);
      if (outcome instanceof Error) wrong.push(...(await unaccounted(bench, outcome)));
      if (scenario.inUse)
        wrong.push(...(await stillServes(bench, scenario.inUse, scenario.ends.lowest ?? 1)));
    }
    return runs > 0 ? wrong : [...wrong, `not done after ${2 * RUNS} runs`];
  } finally {
    await bench.close();
  }
}

async function ended(bench: Bench, { run, ends }: Scenario): Promise<string[]> {
  if ("removed" in ends) return removedAndBack(bench, ends);
  const again = await bench.run(run);
  if (again !== "done") return [`a run more fails: ${again}`];
  const calls = bench.calls.map(({ operation, region }) => `${operation} in ${region}`);
  return [
    ...(calls.length ? [`a run more is not without work: ${calls.join(", ")}`] : []),
    ...(await bench.program.refreshAll()),
    ...(await violations(bench, ends)),
  ];
}

/** What was deleted can be had back, with all its data. */
async function removedAndBack(
  bench: Bench,
  { removed }: Extract<End, { removed: unknown }>,
): Promise<string[]> {
  const wrong = await removalViolations(bench);
  const run = (program: Bench["program"]) => program.up(removed);
  const outcome = await bench.run(run);
  if (outcome !== "done") return [...wrong, `it does not come back: ${outcome}`];
  const oneKmsKey = removed.distribution?.rotationStrategy === "on-demand" ? true : undefined;
  const regions = ["us-west-1", ...(removed.replicas ?? [])];
  return [...wrong, ...(await ended(bench, { title: "", run, ends: { regions, latest: 2, oneKmsKey } }))];
}
