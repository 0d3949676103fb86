/** `publishBefore` of a stack whose key signs, judged by what the state had at the end of each day, and not by what the provider notes. */
import { keyIn } from "./aws/model";
import { HOME, PUBLISH_BEFORE } from "./stack/program";
import { type Published, recordsIn, resourceIn, versionIn, type World } from "./world";

/** More than PUBLISH_BEFORE. */
export const DAY = 25 * 3_600_000;

/** @param world after a command, but for what was published before it */
export function publishedAfter(world: World, of: number): Published {
  const { days, recorded: before, signing } = world.published;
  const side = world.sides[of]!;
  const ids = Object.values(recordsIn(side, HOME)).map(({ keyId }) => keyId);
  const recorded = Object.fromEntries(ids.map((id) => [id, before[id] ?? days]));
  return { days, recorded, signing: signingIn(world, of) ?? (resourceIn(side.states, HOME) && signing) };
}

/** Which version the alias at home is on. */
function signingIn({ aws, owners }: World, of: number): number | undefined {
  const { aliases } = aws.regions[HOME]!;
  const id = Object.entries(aliases).find(([name]) => owners[`${HOME}/${name}`] === of)?.[1];
  return id === undefined ? undefined : versionIn(keyIn(aws, HOME, id)!);
}

/** The version that a command leaves the aliases on, where all goes well. */
export function signsAfter({ published, sides }: World, of: number): number {
  const { program } = sides[of]!;
  const { days, recorded, signing } = published;
  if (program.publishBefore !== PUBLISH_BEFORE || signing === undefined) return program.version;
  const isOver = ([, { keyId }]: [string, { keyId: string }]) => recorded[keyId]! < days;
  const over = Object.entries(recordsIn(sides[of]!, HOME)).filter(isOver);
  return Math.max(signing, ...over.map(([version]) => Number(version)));
}
