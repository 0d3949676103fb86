/** One command of a stack in a world: what it leaves, and whether all went as it must. */
import type { Clock } from "./clock";
import { Connection, type Fault } from "./connection";
import { up } from "./side";
import { Violation, Watch } from "./watch";
import type { World } from "./world";

export interface Ran {
  world: World;
  error?: Error;
  /** Calls to AWS, and those of them that are writes. */
  calls: number;
  writes: number;
  changed: string[];
  waited: number;
}

/** More than any run of the world makes. */
const MOST_CALLS = 300;

export async function run(
  world: World,
  of: number,
  clock: Clock,
  { refresh = false, fault }: { refresh?: boolean; fault?: Fault } = {},
): Promise<Ran> {
  const side = world.sides[of]!;
  clock.begin(side.stack, Number(side.states.key?.outputs.latestVersion ?? 0));
  const watch = new Watch(world, of);
  const connection = new Connection(world.aws, watch, fault);
  const outcome = await up(side, connection, refresh);
  if (watch.violation) throw watch.violation;
  const { calls, writes } = connection;
  if (calls > MOST_CALLS || /does not end/.test(String(outcome.error)))
    throw new Violation(`the plan does not end: ${calls} calls, ${outcome.error}`);
  const sides = world.sides.map((one, index) => (index === of ? outcome.side : one));
  return {
    world: {
      ...world,
      ...{ aws: connection.aws, sides, owners: watch.owners, used: watch.used },
      isDisturbed: world.isDisturbed && !refresh,
    },
    ...{ error: outcome.error, calls, writes, changed: outcome.changed, waited: clock.waited },
  };
}
