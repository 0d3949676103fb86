import { HOME } from "./program";
import { isGoing, OTHER, REGIONS, type Stored, typeOf, type World } from "./world";

const STACK = (name: string) => `organization/e2e/${name}`;

/** What must hold when the mistake is taken back and an update was green; each that does not, in words. */
export async function violated(world: World): Promise<string[]> {
  const stacks = [world.stack, ...(world.otherIsUp ? [OTHER] : [])];
  const states = await Promise.all(stacks.map((stack) => world.state(stack)));
  const unaccounted = REGIONS.map((region) => accounts(world, region, stacks, states));
  return [...(await world.applications.lost()), ...(await Promise.all(unaccounted)).flat()];
}

/** Each KMS key of a Region is in one state, enabled and with that stack's tag; each in a state is in AWS; aliases stay at home. */
async function accounts(
  world: World,
  region: string,
  stacks: string[],
  states: Stored[][],
): Promise<string[]> {
  const violations: string[] = [];
  const owners = new Map<string, string>();
  states.forEach((state, index) => {
    for (const keyId of keysOf(state, region)) {
      const first = owners.get(keyId);
      if (first)
        violations.push(`state: ${keyId} in ${region} is in the states of ${first} and ${stacks[index]}`);
      owners.set(keyId, stacks[index]!);
    }
  });
  const keys = await world.kmsKeys(region);
  for (const { id, state, tags } of keys) {
    const owner = owners.get(id);
    owners.delete(id);
    if (!owner && !isGoing(state) && !world.nobodys.has(id))
      violations.push(`KMS key: ${id} in ${region} is ${state} and in no state, ${JSON.stringify(tags)}`);
    if (owner && state !== "Enabled") violations.push(`KMS key: ${id} in ${region} of ${owner} is ${state}`);
    if (owner && tags["keymgmt:stack"] !== STACK(owner))
      violations.push(`tag: ${id} in ${region} of ${owner} is tagged ${tags["keymgmt:stack"]}`);
  }
  for (const [id, owner] of owners) violations.push(`state: ${id} of ${owner} is not in ${region}`);
  return [...violations, ...(await strayAliases(world, region, stacks, states))];
}

/** Each stack's alias points to the KMS key of the latest version. */
async function strayAliases(
  world: World,
  region: string,
  stacks: string[],
  states: Stored[][],
): Promise<string[]> {
  const aliases = await world.observers[region]!.aliases();
  return states.flatMap((state, index) =>
    holdersOf(state, region)
      .filter(({ outputs }) => aliases[outputs.aliasName] !== outputs.keyId)
      .map(
        ({ outputs: { aliasName } }) =>
          `alias: ${aliasName} of ${stacks[index]} in ${region} points to ${aliases[aliasName]}`,
      ),
  );
}

/** Resources that hold KMS keys of a Region. */
const holdersOf = (state: Stored[], region: string) =>
  state.filter((each) => typeOf(each) === (region === HOME ? "KeyDistribution" : "KeyReplica"));

function keysOf(state: Stored[], region: string): string[] {
  const records = holdersOf(state, region).flatMap(({ outputs }) => Object.values(outputs.versions ?? {}));
  return [...new Set(records.map((record) => (record as { keyId: string }).keyId))];
}
