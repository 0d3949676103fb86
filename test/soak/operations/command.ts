import { fine, judged, type Performed } from "../judged";
import type { Kind, Outcome } from "../outcomes";
import { nameIn, REGIONS, typeOf, type World } from "../world";
import { declaresItsKeys, guarded } from "./guard";
import type { Command, ResourceType } from "./operations";

const absent = () => fine("no such resource in the state");

/** Runs a command of the CLI, as it was drawn, with the program as it now is. */
export async function command(world: World, given: Command): Promise<Performed> {
  // A destroy shows no resource to the provider, and `--target` none but those that are named.
  const isListingDenied =
    given.run === "destroy" ||
    (given.run === "kill" && given.during === "destroy") ||
    (given.run === "target" && given.type !== "ManagedKey");
  return guarded(world, isListingDenied || !(await declaresItsKeys(world)), () => ran(world, given));
}

async function ran(world: World, given: Command): Promise<Performed> {
  switch (given.run) {
    case "up":
      return judged(await world.pulumi("up", ...yes(given.preview, given.refresh)), UP);
    case "refresh":
      return judged(await world.pulumi("refresh", ...yes(false)), []);
    case "destroy":
      return destroyed(world, yes(given.preview, given.refresh));
    case "rename stack": {
      const name = `${world.stack}-renamed`;
      const outcome = await world.pulumi("stack", "rename", name);
      if (outcome.kind === "done") world.stack = name;
      return judged(outcome, []);
    }
    case "target": {
      if (await isRenameOpen(world)) return fine("left, for the engine breaks its state by it");
      const urn = given.pattern ? `**keymgmt:${given.type}::**` : await urnOf(world, given.type);
      const dependents = given.dependents ? ["--target-dependents"] : [];
      return urn
        ? judged(await world.pulumi("up", ...yes(false), "--target", urn, ...dependents), TARGETED)
        : absent();
    }
    case "replace": {
      const urn = await urnOf(world, given.type);
      return urn ? judged(await world.pulumi("up", ...yes(false), "--replace", urn), TARGETED) : absent();
    }
    case "state delete":
      return stateDeleted(world, given.type, given.force);
    case "unprotect":
      return judged(await world.pulumi("state", "unprotect", "--all", "--yes"), []);
    case "kill":
      world.stop.arm({ victim: "all", nth: given.nth, before: !given.effect });
      return struck(world, await world.pulumi(given.during, ...yes(false)), given.during);
    case "lost answer":
      world.stop.arm({ nth: given.nth, drop: given.drop });
      return struck(world, await world.pulumi("up", ...yes(false)), "up");
  }
}

const yes = (preview: boolean, refresh = false) => [
  "--yes",
  ...(preview ? [] : ["--skip-preview"]),
  ...(refresh ? ["--refresh"] : []),
];

const UP: Kind[] = ["guarded", "protected", "lost key", "whose", "drifted"];
const TARGETED: Kind[] = [...UP, "not targetable", "dependents"];

/** A destroy of a stack whose key may not be deleted is refused. */
async function destroyed(world: World, flags: string[]): Promise<Performed> {
  const isGuarded = (await world.state()).some((each) => GUARDED.includes(typeOf(each)));
  const outcome = await world.pulumi("destroy", ...flags);
  const performed = judged(outcome, ["guarded", "protected"]);
  if (isGuarded && outcome.kind === "done") performed.violations.push("guard: a destroy was not refused");
  return performed;
}

const GUARDED = ["ManagedKey", "KeyDistribution", "KeyReplica"];

async function stateDeleted(world: World, type: ResourceType, force: boolean): Promise<Performed> {
  const urn = await urnOf(world, type);
  if (!urn) return absent();
  // Of a second key that was a mistake nothing is declared again: its KMS keys are for `keymgmt sweep`.
  if ((await world.state()).filter((each) => typeOf(each) === "ManagedKey").length > 1)
    return fine("left, for there is a second key");
  // What was lost in AWS too is lost: nobody throws away the last copy.
  if (type === "ManagedKey" && (await lacksMaterial(world)))
    return fine("left, for a material is in the state alone");
  const args = ["state", "delete", urn, "--yes", ...(force ? ["--force"] : [])];
  const outcome = await world.pulumi(...args);
  if (outcome.kind !== "dependents") return judged(outcome, ["protected"]);
  return judged(await world.pulumi(...args, "--target-dependents"), ["protected"]);
}

/** A kill leaves the stack locked, and the person does what pulumi then says. */
async function struck(world: World, outcome: Outcome, what: string): Promise<Performed> {
  const struck = world.stop.disarm();
  const performed = judged(outcome, [...UP, "killed", ...(struck ? ["unanswered" as const] : [])]);
  if (outcome.kind === "killed") await world.pulumi("cancel", "--yes");
  return { ...performed, says: `${what}, ${struck ? "struck" : "not struck"}: ${performed.says}` };
}

/**
 * Whether the program has a rename with aliases that no update has taken in. `up --target` of a renamed resource then leaves a
 * state that the engine (3.259.0) refuses as broken, with any provider, and that `state repair` does not mend.
 */
async function isRenameOpen(world: World): Promise<boolean> {
  const names = (await world.state()).map(({ urn }) => nameIn(urn));
  const { component, key, distribution } = world.programs.now;
  return [component, key, distribution].some(
    ({ name, aliases }) => aliases.length > 0 && !names.includes(name),
  );
}

async function urnOf(world: World, type: ResourceType): Promise<string | undefined> {
  const found = (await world.state()).find((each) => typeOf(each) === type && !each.delete);
  return found?.urn;
}

async function lacksMaterial(world: World): Promise<boolean> {
  const states = await Promise.all(
    REGIONS.map(async (region) => (await world.kmsKeys(region)).map(({ state }) => state)),
  );
  return states.flat().includes("PendingImport");
}
