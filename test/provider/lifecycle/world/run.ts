/** One command of a stack in a world: what it leaves, and whether all went as it must. */

import { Connection, type Fault } from "./aws/connection";
import { canonical } from "./canonical";
import type { Clock } from "./clock";
import { publishedAfter } from "./publication";
import { up } from "./stack/engine";
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

/** What is run: `up`, or `up --refresh`, with a fault or without. */
interface Command {
  refresh?: boolean;
  fault?: Fault;
}

/** Runs what was not run before: in a world that differs in given names alone (canonical.ts), all that a run does is the same. */
export class Runs {
  readonly #known = new Map<string, Promise<Ran>>();

  constructor(private readonly clock: Clock) {}

  /** What is left to happen in `world` does not matter, and is not that of the world that it leaves. */
  in(world: World, of: number, command: Command = {}): Promise<Ran> {
    const at = JSON.stringify([kindOf(world), canonical(world), of, command]);
    const ran = this.#known.get(at) ?? run(world, of, this.clock, command);
    this.#known.set(at, ran);
    return ran;
  }
}

/** What is the same in all worlds of one walk, and may be the same in those of another. */
const kindOf = ({ sides, permitted }: World) => [
  ...sides.map(({ type, strategy, own, replicaRegions }) => [type, strategy, own, replicaRegions]),
  ...(permitted ?? []),
];

/** More than any run of the world makes. */
const MOST_CALLS = 300;

async function run(
  world: World,
  of: number,
  clock: Clock,
  { refresh = false, fault }: Command = {},
): Promise<Ran> {
  const side = world.sides[of]!;
  const isLater = world.isLater || side.isBegun;
  const { days } = world.published;
  clock.begin(side.stack, Number(side.states.key?.outputs.latestVersion ?? 0), isLater, days);
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
  const after = { ...world, aws: connection.aws, sides: now, owners: watch.owners, used: watch.used };
  return {
    world: {
      ...after,
      ...(of === 0 && { published: publishedAfter(after, of) }),
      isDisturbed: world.isDisturbed && !(refresh && of === 0), // others touch only what is the first stack's
      isLater,
    },
    ...{ error: outcome.error, calls, writes, changed: outcome.changed, waited: clock.waited },
  };
}
