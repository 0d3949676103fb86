import { violated } from "./invariants";
import { type Operation, sequenceOf } from "./operations/operations";
import { aliasNameOf, perform } from "./operations/perform";
import { changesIn, errorsIn } from "./outcomes";
import { takenBack } from "./remedies";
import { REGIONS, World } from "./world";

export interface Ran {
  seed: number;
  /** What was done and what came of it, line by line. */
  log: string[];
  violations: string[];
  seconds: number;
}

/** Runs one sequence, from the first update to the last look. `without` leaves operations out, by number. */
export async function ran(seed: number, without: number[] = []): Promise<Ran> {
  const began = Date.now();
  const log: string[] = [];
  const violations: string[] = [];
  const sequence = sequenceOf(seed);
  log.push(`the KmsProvider is ${sequence.providerInside ? "inside" : "outside"} the component`);
  const world = await World.open(sequence);
  try {
    const first = await world.pulumi("up", "--yes", "--skip-preview");
    if (first.kind !== "done") throw new Error(first.text);
    world.applications.use("this stack", await aliasNameOf(world), REGIONS);
    await world.applications.work("at the start");
    for (const [index, operation] of sequence.operations.entries()) {
      const number = index + 1;
      if (without.includes(number)) continue;
      const done = await perform(world, operation, number);
      log.push(`${number}. ${worded(operation)}\n     ${indented(done.says)}`);
      violations.push(...done.violations.map((each) => `${number}. ${each}`));
      await world.applications.work(`after ${number}`);
    }
    violations.push(...(await takenBack(world, (line) => log.push(`   ${indented(line)}`))));
    const last = await world.pulumi("up", "--yes", "--skip-preview", "--refresh", "--expect-no-changes");
    log.push(`   up --refresh --expect-no-changes: ${last.kind}`);
    if (last.kind !== "done")
      violations.push(`rest: not at rest: ${errorsIn(last.text)}
${changesIn(last.text)}`);
    violations.push(...(await violated(world)));
  } catch (error) {
    violations.push(`broken: ${(error as Error).stack}`);
  } finally {
    await world.close();
  }
  return { seed, log, violations: [...new Set(violations)], seconds: (Date.now() - began) / 1000 };
}

/** A run in a form that can be run again, and read. */
export function report({ seed, log, violations, seconds }: Ran): string {
  const again = `SOAK_ONLY=${seed} npx mocha test/soak/soak.test.ts`;
  const found = violations.map((each) => `! ${indented(each)}`);
  return [
    `seed ${seed}, ${seconds} s, ${violations.length} violations (again: ${again})`,
    ...log,
    ...found,
  ].join("\n  ");
}

const worded = (operation: Operation) =>
  Object.entries(operation)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");

const indented = (text: string) => text.split("\n").slice(0, 40).join("\n     ");
