import { fine, judged, type Performed } from "../judged";
import { OTHER, REGIONS, type Stored, typeOf, type World } from "../world";
import { command } from "./command";
import { edited } from "./edits";
import { handsOn } from "./hands";
import type { Operation } from "./operations";

export async function perform(world: World, operation: Operation, number: number): Promise<Performed> {
  if ("edit" in operation) {
    world.programs = edited(world.programs, operation, number);
    return fine("the program is edited");
  }
  if ("hand" in operation) return fine((await handsOn(world, operation)) ?? "nothing to do it to");
  if ("clock" in operation) {
    await world.local.moveClock({ advance: `P${operation.clock}D` });
    return fine("passed");
  }
  if ("other" in operation) return other(world, operation.other);
  return command(world, operation);
}

/** The second stack goes its own way. What it encrypted is of no use once it is destroyed. */
async function other(world: World, what: "up" | "destroy"): Promise<Performed> {
  if (what === "destroy" && !world.otherIsUp) return fine("it has nothing");
  const outcome = await world.pulumiOfOther(what, "--yes", "--skip-preview");
  if (outcome.kind !== "done") return judged(outcome, []);
  if (what === "destroy") world.applications.leave(OTHER);
  else if (!world.otherIsUp) world.applications.use(OTHER, await aliasNameOf(world, OTHER), REGIONS);
  world.otherIsUp = what === "up";
  return fine("done");
}

export async function aliasNameOf(world: World, stack = world.stack): Promise<string> {
  const state: Stored[] = await world.state(stack);
  return state.find((each) => typeOf(each) === "KeyDistribution")!.outputs.aliasName;
}
