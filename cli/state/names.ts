/**
 * Names of a stack, `organization/project/stack`, as its KMS keys are tagged. After a rename the state has the former one until an
 * update has gone through, and another stack may be called that by then.
 */
import type { Owner } from "../../provider/lifecycle/owner.js";

export interface Names {
  /**
   * `organization/project/stack`, as its ManagedKeys and distributions say; none where it has neither. After a rename there are
   * two while an update has not gone through, the new one first.
   */
  names: string[];
  /** Former names: KMS keys may still be tagged with them. */
  formerNames: string[];
}

type Named = Partial<Pick<Owner, "stack">> & Pick<Owner["key"], "formerStacks">;

/** As the state's resources say. The present name comes before former ones, and the ManagedKeys' first: an update begins with them. */
export function namesIn(title: string | undefined, keys: Named[], owners: Owner[]): Names {
  const said = [...keys.map(({ stack }) => stack), ...owners.map(({ stack }) => stack)];
  const names = unique(said).sort((a, b) => Number(isNameOf(b, title)) - Number(isNameOf(a, title)));
  const former = [...keys, ...owners.map(({ key }) => key)].flatMap(({ formerStacks = [] }) => formerStacks);
  return { names, formerNames: unique(former).filter((name) => !names.includes(name)) };
}

/** Those of `names` that the stack itself no longer has: its state's URNs say another. */
export function outdatedNames({ names, title }: Names & { title: string }): string[] {
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
