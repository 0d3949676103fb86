/** What may happen next in a world. */
import type { Fault } from "./aws/connection";
import { type Aws, keyIn, stateOf, withAlias, withoutDeleted, withPrimaryIn } from "./aws/model";
import { OPERATIONS } from "./aws/operations";
import type { Ran, Runs } from "./run";
import { editsOf } from "./stack/program";
import { keysOf, type Left, type World } from "./world";

export interface Move {
  name: string;
  /** An `up` that nothing disturbed: what must hold after it is looked at. */
  isCommand?: true;
  refresh?: true;
  of: number;
  make(): Promise<{ world: World; ran?: Ran }>;
}

export interface Possible {
  versions: number;
  renames: boolean;
  faults: readonly Fault["how"][];
}

const spent = (left: Left, what: keyof Left): Left => ({ ...left, [what]: left[what] - 1 });

/** All that may happen, but for what goes wrong within a command. */
export function movesFrom(world: World, possible: Possible, runs: Runs): Move[] {
  return [
    ...commands(world, runs),
    ...edits(world, possible),
    ...outside(world),
    ...windows(world),
    ...days(world),
  ];
}

function commands(world: World, runs: Runs): Move[] {
  return world.sides.flatMap((side, of) => {
    const { left } = world;
    if (of > 0 && left.second === 0) return [];
    const after = of > 0 ? spent(left, "second") : left;
    const command = (refresh?: true): Move => ({
      name: `${side.stack}: up${refresh ? " --refresh" : ""}`,
      isCommand: true,
      refresh,
      of,
      async make() {
        const ran = await runs.in(world, of, { refresh });
        return { world: { ...ran.world, left: after }, ran };
      },
    });
    return side.isBegun ? [command(), command(true)] : [command()];
  });
}

/** The same command, with each fault at each of its writes. */
export function faultsOf(
  world: World,
  { of, refresh, name }: Move,
  ran: Ran,
  possible: Possible,
  runs: Runs,
): Move[] {
  if (world.left.faults === 0) return [];
  const once = spent(of > 0 ? spent(world.left, "second") : world.left, "faults");
  return Array.from({ length: ran.writes }, (_, write) => write).flatMap((write) =>
    possible.faults
      .filter((how) => how !== "raced" || (world.sides.length > 1 && world.left.second > 0))
      .map(
        (how): Move => ({
          name: `${name}, whose write ${write + 1} is ${how}`,
          of,
          async make() {
            const left = how === "raced" && of === 0 ? spent(once, "second") : once;
            const broken = await runs.in(world, of, { refresh, fault: { write, how } });
            return { world: { ...broken.world, left }, ran: broken };
          },
        }),
      ),
  );
}

function edits(world: World, { versions, renames }: Possible): Move[] {
  const { left, sides, aws } = world;
  const regions = Object.keys(aws.regions);
  return sides.flatMap((side, of) => {
    const costs = of > 0 ? "second" : "edits";
    if (left[costs] === 0 || !side.isBegun) return [];
    const disables = side.strategy === "manual"; // AWS cannot disable one of a KMS key's materials
    const rotates = side.states.key?.outputs.latestVersion === side.program.version; // an update makes one version
    return editsOf(side.program, { rotates, versions, regions, renames, disables }).map(
      ({ name, program }): Move => ({
        name: `${side.stack}: ${name}`,
        of,
        async make() {
          const now = sides.map((one, index) => (index === of ? { ...one, program } : one));
          return { world: { ...world, sides: now, left: spent(left, costs) } };
        },
      }),
    );
  });
}

/** Hands in AWS, on what is the first stack's. */
function outside(world: World): Move[] {
  const { aws, left, owners } = world;
  if (left.outside === 0) return [];
  const moves: Move[] = [];
  const change = (name: string, now: Aws, gone?: string) =>
    moves.push({
      name,
      of: 0,
      async make() {
        const kept = Object.entries(owners).filter(([what]) => what !== gone);
        const owned = Object.fromEntries(kept);
        return {
          world: {
            ...world,
            aws: now,
            owners: owned,
            isDisturbed: true,
            isLater: true,
            left: spent(left, "outside"),
          },
        };
      },
    });
  for (const region of Object.keys(aws.regions)) {
    for (const { id } of keysOf(world, 0, region)) {
      const key = keyIn(aws, region, id)!;
      const state = stateOf(key);
      const isUsable = state === "Enabled" || state === "Disabled";
      const call = (operation: "DisableKey" | "ScheduleKeyDeletion" | "DeleteImportedKeyMaterial") =>
        OPERATIONS[operation]!({ aws, region }, { KeyId: id } as never)[0];
      if (state === "Enabled") change(`somebody disables ${id} in ${region}`, call("DisableKey"));
      if (isUsable || state === "PendingImport")
        change(`somebody schedules the deletion of ${id} in ${region}`, call("ScheduleKeyDeletion"));
      // What is rotated on demand stays refused until it is promoted back, so no update settles it.
      if (state === "Enabled" && key.role === "REPLICA" && world.sides[0]!.strategy === "manual")
        if (stateOf(keyIn(aws, key.primaryRegion, id) ?? key) === "Enabled")
          change(`somebody makes ${region} the primary Region of ${id}`, withPrimaryIn(aws, id, region));
      if (isUsable)
        change(`somebody deletes the material of ${id} in ${region}`, call("DeleteImportedKeyMaterial"));
    }
    for (const name of Object.keys(aws.regions[region]!.aliases))
      if (owners[`${region}/${name}`] === 0)
        change(
          `somebody deletes ${name} in ${region}`,
          withAlias(aws, region, name, undefined),
          `${region}/${name}`,
        );
  }
  return moves;
}

function days(world: World): Move[] {
  const { left, published, sides } = world;
  const isAnyWaiting = (published.signing ?? Number.POSITIVE_INFINITY) < sides[0]!.program.version;
  if (left.days === 0 || !isAnyWaiting) return [];
  const now = { ...world, published: { ...published, days: published.days + 1 }, isLater: true };
  return [
    { name: "a day goes by", of: 0, make: async () => ({ world: { ...now, left: spent(left, "days") } }) },
  ];
}

function windows(world: World): Move[] {
  if (world.left.windows === 0) return [];
  const aws = withoutDeleted(world.aws);
  const count = (one: Aws) => Object.values(one.regions).flatMap(({ keys }) => Object.keys(keys)).length;
  if (count(aws) === count(world.aws)) return [];
  const owners = Object.entries(world.owners).filter(([what]) => isThere(aws, what));
  return [
    {
      name: "the windows of all deletions pass",
      of: 0,
      async make() {
        const left = spent(world.left, "windows");
        return { world: { ...world, aws, owners: Object.fromEntries(owners), isDisturbed: true, left } };
      },
    },
  ];
}

function isThere({ regions }: Aws, what: string): boolean {
  const [, region, name] = /^([^/]+)\/(.*)$/.exec(what)!;
  const { keys, aliases } = regions[region!]!;
  return keys[name!] !== undefined || aliases[name!] !== undefined;
}
