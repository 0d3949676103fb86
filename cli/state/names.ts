/**
 * Names of a stack, `organization/project/stack`, as its KMS keys are tagged. After a rename the state has the former one until an
 * update has gone through, and another stack may be called that by then.
 */
import type { Owner } from "../../provider/lifecycle/owner.js";
import type { ManagedKeyState, StackState } from "./stack.js";

export type Names = Pick<StackState, "names" | "formerNames">;

/** As the state's resources say. The stack's own comes before those that it had, and the ManagedKeys' first: an update begins with them. */
export function namesIn(title: string | undefined, keys: ManagedKeyState[], owners: Owner[]): Names {
  const said = [...keys.map(({ stack }) => stack), ...owners.map(({ stack }) => stack)];
  const names = unique(said).sort((a, b) => Number(isNameOf(b, title)) - Number(isNameOf(a, title)));
  const former = [...keys, ...owners.map(({ key }) => key)].flatMap(({ formerStacks = [] }) => formerStacks);
  return { names, formerNames: unique(former).filter((name) => !names.includes(name)) };
}

/** Those of `names` that the stack itself no longer has: its state's URNs say another. */
export function outdatedNames({ names, title }: StackState): string[] {
  return names.filter((name) => !isNameOf(name, title));
}

/** Whether KMS keys with this name in their tags are, or were, the stack's. */
export function hasName({ names, formerNames }: Names, name: string): boolean {
  return names.includes(name) || formerNames.includes(name);
}

/** URNs do not say the organisation. */
const isNameOf = (name: string, title: string | undefined) =>
  title !== undefined && name.endsWith(`/${title}`);

const unique = (names: unknown[]) => [...new Set(names)].filter((name) => typeof name === "string");
