/** One command of a stack in a world: what it leaves, and whether all went as it must. */
import type { Clock } from "./clock";
import { Connection, type Fault } from "./connection";
import { up } from "./engine";
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
  const isLater = world.isLater || side.isBegun;
  clock.begin(side.stack, Number(side.states.key?.outputs.latestVersion ?? 0), isLater);
  const watch = new Watch(world, of);
  let sides = world.sides;
  const race = async () => {
    const others = sides.findIndex((_, index) => index !== of);
    const now = { ...world, aws: connection.aws, owners: watch.owners, used: watch.used, isLater };
    const raced = await clock.aside(() => run(now, others, clock));
    connection.aws = raced.world.aws;
    watch.owners = raced.world.owners;
    watch.used = raced.world.used;
    sides = raced.world.sides;
  };
  const connection = new Connection(world.aws, watch, { fault, race, permitted: world.permitted });
  const outcome = await up(side, connection, refresh);
  if (watch.violation) throw watch.violation;
  const { calls, writes } = connection;
  if (calls > MOST_CALLS || /does not end/.test(String(outcome.error)))
    throw new Violation(`the plan does not end: ${calls} calls, ${outcome.error}`);
  const now = sides.map((one, index) => (index === of ? outcome.side : one));
  return {
    world: {
      ...world,
      ...{ aws: connection.aws, sides: now, owners: watch.owners, used: watch.used },
      isDisturbed: world.isDisturbed && !(refresh && of === 0), // others touch only what is the first stack's
      isLater,
    },
    ...{ error: outcome.error, calls, writes, changed: outcome.changed, waited: clock.waited },
  };
}
