/** What must hold once an `up` has finished after a refresh, whatever happened before. */
import { currentOf, keyIn, stateOf } from "./aws/model";
import { signsAfter } from "./publication";
import { declares, HOME } from "./stack/program";
import { Violation } from "./watch";
import { keysOf, recordsIn, resourceIn, versionIn, type World } from "./world";

export function checkSettled(before: World, world: World, of: number): void {
  for (const region of Object.keys(world.aws.regions))
    if (declares(world.sides[of]!.program, region)) checkDeclared(world, of, region, signsAfter(before, of));
    // Where a create was cut short before the engine heard of it, and is taken out, nobody deletes what it made: see `sweep`.
    else if (resourceIn(before.sides[of]!.states, region)) checkGivenUp(world, of, region);
}

function checkDeclared(world: World, of: number, region: string, signs: number): void {
  const { aws, sides, owners } = world;
  const side = sides[of]!;
  const { version: latest, minimum } = side.program;
  const records = recordsIn(side, region);
  const aliasName = String(resourceIn(side.states, region)?.outputs.aliasName);
  const aliasIs = aws.regions[region]!.aliases[aliasName];
  if (aliasIs === undefined) throw new Violation(`there is no ${aliasName} in ${region}`);
  if (owners[`${region}/${aliasName}`] !== of)
    throw new Violation(`${aliasName} in ${region} is another stack's`);
  const shown = resourceIn(side.states, region)?.outputs;
  if (aliasIs !== records[signs]?.keyId || shown?.keyId !== aliasIs || shown?.aliasTarget !== aliasIs)
    throw new Violation(
      `the alias in ${region} points to ${aliasIs}, not to version ${signs}; the state says ${shown?.keyId}, ${shown?.aliasTarget}`,
    );
  for (let version = minimum; version <= latest; version++) {
    const id = records[version]?.keyId;
    const key = id === undefined ? undefined : keyIn(aws, region, id);
    if (!key) {
      if (side.strategy === "on-demand") continue; // one that is made later begins with the latest
      throw new Violation(`version ${version} has no KMS key in ${region}`);
    }
    if (stateOf(key) !== "Enabled")
      throw new Violation(`version ${version} in ${region}, ${id}, is ${stateOf(key)}`);
    if (records[version]!.state !== "Enabled")
      throw new Violation(
        `the state says that version ${version} in ${region} is ${records[version]!.state}`,
      );
  }
  const known = new Set(Object.values(records).map(({ keyId }) => keyId));
  for (const key of keysOf(world, of, region)) {
    const state = stateOf(key);
    const version = versionIn(key);
    const isPendingDeletion = /Deletion$/.test(state);
    if (!known.has(key.id) && !isPendingDeletion)
      throw new Violation(`${key.id} in ${region} (${state}) is missing from the state`);
    const isWanted = region === HOME || version >= minimum;
    if (world.used.includes(key.id) && isWanted && (isPendingDeletion || !known.has(key.id)))
      throw new Violation(`${key.id} in ${region} was used, and is not back: ${state}`);
    if (version < minimum && !isPendingDeletion && state === "Enabled" && side.strategy === "manual")
      throw new Violation(`version ${version} in ${region}, ${key.id}, is ${state}`);
    if (side.strategy === "on-demand" && known.has(key.id) && versionIn(key) !== latest)
      throw new Violation(`${key.id} in ${region} is not rotated: ${JSON.stringify(currentOf(key))}`);
  }
}

function checkGivenUp(world: World, of: number, region: string): void {
  const { aws, owners, sides } = world;
  for (const name of Object.keys(aws.regions[region]!.aliases))
    if (owners[`${region}/${name}`] === of) throw new Violation(`${name} in ${region} is left`);
  const known = new Set(Object.values(recordsIn(sides[of]!, region)).map(({ keyId }) => keyId));
  for (const key of keysOf(world, of, region))
    if (!/Deletion$/.test(stateOf(key)) && !known.has(key.id))
      throw new Violation(`${key.id} in ${region} (${stateOf(key)}) is left, and the state does not know it`);
}
