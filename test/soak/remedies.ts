import { followed } from "../world/awsCommands";
import { judged } from "./judged";
import { errorsIn, type Kind, type Outcome } from "./outcomes";
import { type Declared, isNamed, type Named, START } from "./program";
import { nameIn, type Stored, typeOf, type World } from "./world";

/** More commands than any mistake needs to be taken back. */
const MOST_STEPS = 8;

/**
 * The person takes the mistake back: the program is the right one again, and every refusal is followed as it says, until an
 * update is green.
 */
export async function takenBack(world: World, says: (line: string) => void): Promise<string[]> {
  const violations: string[] = [];
  world.programs = { ...world.programs, now: world.programs.right };
  let { refresh } = world.sequence.ending;
  for (let step = 1; step <= MOST_STEPS; step++) {
    const flags = [
      ...(world.sequence.ending.preview ? [] : ["--skip-preview"]),
      ...(refresh ? ["--refresh"] : []),
    ];
    const outcome = await world.pulumi("up", "--yes", ...flags);
    const performed = judged(outcome, REMEDIED);
    says(`up ${flags.join(" ")}: ${performed.says}`);
    violations.push(...performed.violations);
    if (outcome.kind === "done") {
      const goesOn = world.beside.length > 0 || world.programs.now !== world.programs.right || !refresh;
      world.beside = [];
      world.programs = { ...world.programs, now: world.programs.right };
      if (!goesOn) return violations;
      refresh = true;
      continue;
    }
    const remedy = await remedied(world, outcome);
    says(`  ${remedy}`);
    // Where a refusal names no way that is still open, a look at AWS is what is left to try.
    refresh = true;
  }
  return [...violations, `dead end: no green update after ${MOST_STEPS} commands`];
}

const REMEDIED: Kind[] = ["locked", "lost key", "whose", "drifted", "guarded", "protected", "unanswered"];

async function remedied(world: World, outcome: Outcome): Promise<string> {
  switch (outcome.kind) {
    case "locked":
      await world.pulumi("cancel", "--yes");
      return "pulumi cancel";
    case "lost key": {
      const right = { ...world.programs.right, adopt: outcome.adopt };
      world.programs = { now: right, right };
      const commands = await pasted(world, outcome);
      // What `adopt` does not name is managed by nobody from then on, as the sentence says.
      for (const [keyId] of errorsIn(outcome.text).matchAll(/mrk-[0-9a-f]{32}/g)) world.nobodys.add(keyId);
      return [`adopt ${JSON.stringify(outcome.adopt)}`, ...commands].join("; ");
    }
    case "whose":
      return (await pasted(world, outcome)).join("; ");
    case "guarded":
    case "protected":
      if (/`key` cannot change.*`adopt: \{ aliasName/.test(outcome.text)) {
        const alias = await aliasOfRight(world);
        if (alias) return aliasAdopted(world, alias);
      }
      await declareLeftOver(world);
      return `declared beside, with deletionAllowed: ${JSON.stringify(world.beside)}`;
    default:
      return "again";
  }
}

/** The alias of the right key's distribution, where the state has both. */
async function aliasOfRight(world: World): Promise<string | undefined> {
  const state = (await world.state()).filter((each) => !each.delete);
  const { right } = world.programs;
  const key = state.find((each) => typeOf(each) === "ManagedKey" && isNamed(right.key, each.urn));
  const held = state.find((each) => typeOf(each) === "KeyDistribution" && each.outputs.key?.id === key?.id);
  return key && held?.outputs.aliasName;
}

/** The KMS key in use is taken as it is: `keymgmt status` shows the alias. */
function aliasAdopted(world: World, aliasName: string): string {
  const { right } = world.programs;
  world.beside = [];
  world.programs = { right, now: { ...right, adopt: { aliasName } } };
  return `adopt ${aliasName}`;
}

const pasted = (world: World, { text }: Outcome) =>
  followed(errorsIn(text), (region) => world.clients[region]!);

/**
 * Declares keys that the state has and the right program has not, as they are in the state but with `deletionAllowed: true`. When
 * that was brought up they can be taken out.
 */
async function declareLeftOver(world: World): Promise<void> {
  const state = (await world.state()).filter((each) => !each.delete);
  const { right } = world.programs;
  const isRight = (each: Stored) => isNamed(right.component, each.parent) && isNamed(right.key, each.urn);
  const others = state.filter((each) => typeOf(each) === "ManagedKey" && !isRight(each));
  world.beside = others.map((each) => asDeclared(right.component, each, state));
  // Where a mistaken key has the right one's KeyDistribution, that is first declared as it is, too.
  const isTaken = world.beside.some(
    ({ distributed, component, distribution }) =>
      distributed &&
      component.name === right.component.name &&
      isNamed(right.distribution, `::${distribution.name}`),
  );
  if (isTaken && (await aliasOfRight(world))) {
    // The KeyDistribution is the right one's still.
    world.beside = world.beside.map((each) => ({ ...each, distributed: false, replicated: false }));
    world.programs = { right, now: { ...right, adopt: world.programs.now.adopt } };
    return;
  }
  world.programs = { right, now: { ...right, distributed: !isTaken } };
}

function asDeclared(right: Named, key: Stored, state: Stored[]): Declared {
  const { minEnabledVersion, rotationTrigger, name } = key.outputs;
  const distribution = state.find(
    (each) =>
      each.parent === key.parent && typeOf(each) === "KeyDistribution" && each.outputs.key?.id === key.id,
  );
  return {
    ...START,
    component: isNamed(right, key.parent) ? right : { name: nameIn(key.parent), aliases: [] },
    key: { name: nameIn(key.urn), aliases: [] },
    keyName: name,
    distribution: { name: nameIn(distribution?.urn), aliases: [] },
    distributed: distribution !== undefined,
    replicated: state.some(
      (each) => typeOf(each) === "KeyReplica" && each.outputs.distribution?.key?.id === key.id,
    ),
    trigger: Number(rotationTrigger),
    minEnabledVersion,
    deletionAllowed: true,
  };
}
