import type { Performed } from "../judged";
import { isNamed } from "../program";
import { typeOf, type World } from "../world";

/**
 * A command in which the engine does not show that the program still declares the key takes nothing away: no alias is deleted and
 * no deletion of a KMS key scheduled. So it is with a destroy, with `--target`, and where the key has another name.
 */
export async function guarded(
  world: World,
  isGuarded: boolean,
  run: () => Promise<Performed>,
): Promise<Performed> {
  if (!isGuarded) return run();
  const before = await world.present();
  const performed = await run();
  const after = await world.present();
  const gone = before.filter((line) => !after.includes(line));
  if (gone.length > 0) performed.violations.push(["guard: taken away:", ...gone].join("\n"));
  return performed;
}

/** Whether each key of the state is in the program. The name of the component around it is not in its URN. */
export async function declaresItsKeys(world: World): Promise<boolean> {
  const { key } = world.programs.now;
  const keys = (await world.state()).filter((each) => typeOf(each) === "ManagedKey");
  return keys.every((each) => isNamed(key, each.urn));
}
