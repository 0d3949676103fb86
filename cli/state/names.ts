/**
 * Names of a stack, `organization/project/stack`, as they stand in the tags of its KMS keys. After a rename the state has the former
 * name until an update succeeds. Another stack may have taken the former name by then.
 */
import type { Owner } from "../../provider/lifecycle/owner.js";

export interface Names {
  /**
   * `organization/project/stack`, from its ManagedKeys and distributions; empty where it has neither. After a rename and an update
   * that failed there are two, the new one first.
   */
  names: string[];
  /** Former names: KMS keys may still be tagged with them. */
  formerNames: string[];
}

type Named = Partial<Pick<Owner, "stack">> & Pick<Owner["key"], "formerStacks">;

/** The names in the state's resources. The present name comes first, and those of ManagedKeys before others: an update starts with them. */
export function namesIn(title: string | undefined, keys: Named[], owners: Owner[]): Names {
  const said = [...keys.map(({ stack }) => stack), ...owners.map(({ stack }) => stack)];
  const names = unique(said).sort((a, b) => Number(isNameOf(b, title)) - Number(isNameOf(a, title)));
  const former = [...keys, ...owners.map(({ key }) => key)].flatMap(({ formerStacks = [] }) => formerStacks);
  return { names, formerNames: unique(former).filter((name) => !names.includes(name)) };
}

/** The `names` that the stack no longer has: the URNs of its state have another. */
export function outdatedNames({ names, title }: Names & { title: string }): string[] {
  return names.filter((name) => !isNameOf(name, title));
}

/** Whether this is a present or former name of the stack. */
export function hasName({ names, formerNames }: Names, name: string): boolean {
  return names.includes(name) || formerNames.includes(name);
}

/** Whether a stack of this `project/stack` may have the name: URNs do not contain the organisation. */
export const isNameOf = (name: string, title: string | undefined) =>
  title !== undefined && name.endsWith(`/${title}`);

const unique = (names: unknown[]) => [...new Set(names)].filter((name) => typeof name === "string");
